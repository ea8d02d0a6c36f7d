/**
 * Sessions and what they are in. `s:<id>` contains a session, in MessagePack: the values below in this order. `f:<id>`
 * contains the profile of a session that has ended in this shard, for reports, its last epoch and node, the number of
 * changes of its place, and whether it continues in another shard. The hash `e:<id>` contains what few sessions have:
 * frames and counts from a former node, the place in the queue, why the room has ended, and how many welcomes the session
 * has had (`ws`, as the node has stated after a loss of data) and the client has received (`wc`).
 *
 * - `n`: the node that has the session; `e`: its epoch, which increases each time another node takes the
 *   session, and with each move to another shard
 * - `g`: the generation of the latest command
 * - `p`: the place: `i` none, `q` the queue, `r` a room, `c` a claim
 * - `a`: since when it is away; `k`: the key of the person
 * - `rm`: the room; `vp`: the pool where it is present
 * - `cp`: whether its claim was not handled yet; `cl`: the claim, in MessagePack
 * - `v`: the number of changes of its place, which events carry
 * - `mx`: until when Redis keeps whom the person has met; `mc`: the meetings since the oldest were forgotten
 * - `f`: the profile, and `w`: the ticket and the state of its search, in MessagePack
 * - `j`: the epoch with which it came to this shard, if it is not 1
 */
export const records = String.raw`
-- Set by each call, because these functions of Redis do not exist while it loads a library.
local call, pack, unpackMessage
-- The first part of each key, the present time in milliseconds, and the settings. Set by each call.
local B, now, nowText, cfg
-- What the present call has read and changed. saveAll writes it at the end of the call.
local recs, rooms, changed, totals, areTotalsChanged, pools
-- The events of the present command, and the pairs that it has added.
local out, pairsOut

local function sessionKey(id) return B .. 's:' .. id end
local function profileKey(id) return B .. 'f:' .. id end
local function extraKey(id) return B .. 'e:' .. id end
local function poolKey(pool, suffix) return B .. 'p:' .. pool .. suffix end

local function numberOf(value)
  if not value or value == '' then return nil end
  return tonumber(value)
end

local function textOf(value)
  if not value or value == '' then return nil end
  return value
end

-- Encodes the values of a list one after the other. The result is that of pack with these arguments, but pack makes a
-- text of each value first.
local function packAll(list)
  -- The text of the list begins with its type and the number of its values, in 1 or 3 bytes.
  return string.sub(pack(list), #list < 16 and 2 or 4)
end

local ticketFrom, storedTicket -- see tickets

local function sessionFrom(id, stored)
  if not stored then return false end
  local n, e, g, p, a, k, rm, vp, cp, cl, change, mx, mc, f, w, j = unpackMessage(stored)
  local rec = {
    id = id, n = n, e = e, g = g, p = p, k = k, v = change, rm = rm or nil, vp = vp or nil, mx = mx or nil, mc = mc or nil, f = f or nil,
    isChanged = false,
  }
  -- Few sessions have these fields. A smaller table is faster.
  if a then rec.a = a end
  if cp then rec.cp = cp end
  if cl then rec.cl = cl end
  if w then rec.w = ticketFrom(unpackMessage(w)) end
  if j then rec.j = j end
  return rec
end

-- Returns a session; nil if there is none. What changes the result calls put.
local function find(id)
  local known = recs[id]
  if known == nil then
    known = sessionFrom(id, call('GET', sessionKey(id)))
    recs[id] = known
  end
  return known or nil
end

-- Reads several sessions by one command, so that find knows them.
local function readSessions(ids)
  local unknown, keys = {}, {}
  for _, id in ipairs(ids) do
    if recs[id] == nil then
      recs[id] = false
      unknown[#unknown + 1], keys[#keys + 1] = id, sessionKey(id)
    end
  end
  if #keys == 0 then return end
  local stored = call('MGET', unpack(keys))
  for index, id in ipairs(unknown) do recs[id] = sessionFrom(id, stored[index]) end
end

-- Writes a session at the end of the call.
local function put(rec)
  if rec.isChanged then return end
  rec.isChanged = true
  changed[#changed + 1] = rec
end

local function storedSession(rec)
  return packAll({
    rec.n, rec.e, rec.g or 0, rec.p, rec.a or false, rec.k or '', rec.rm or false, rec.vp or false, rec.cp or false, rec.cl or false,
    rec.v, rec.mx or false, rec.mc or false, rec.f or false, rec.w and storedTicket(rec.w) or false, rec.j or false,
  })
end

-- Writes several values by one command. list contains keys and values.
local function saveValues(list)
  for from = 1, #list, 1000 do call('MSET', unpack(list, from, math.min(from + 999, #list))) end
end

local function saveSessions()
  local list = {}
  for _, rec in ipairs(changed) do
    if rec.isChanged then
      list[#list + 1] = sessionKey(rec.id)
      list[#list + 1] = storedSession(rec)
      rec.isChanged = false
    end
  end
  saveValues(list)
  changed = {}
end

-- Returns the stored profile of a session, which may have ended; nil if it is not known.
local function profileOf(id)
  local rec = find(id)
  if rec then return rec.f end
  return call('GET', profileKey(id)) or nil
end

-- Returns the text of this profile, which only nodes read.
local function profileTextOf(id)
  local stored = profileOf(id)
  if not stored then return nil end
  local _, _, text = unpackMessage(stored)
  return text
end

local function setGeneration(rec, generation)
  rec.g = generation
  put(rec)
end

local function setPlace(rec, place, room)
  rec.p, rec.rm = place, room
  put(rec)
end

-- Returns the number of changes of the place of a session that was in this shard before, so that a late
-- event of the former stay does not make new events look out of date.
local function formerChanges(id)
  local stored = call('GET', profileKey(id))
  if not stored then return 0 end
  local _, _, _, _, _, change = unpackMessage(stored)
  return change or 0
end

-- Creates the record of a session of this node, which is in no place. A former record is replaced.
local function create(id, node, epoch)
  local rec = find(id)
  if not rec then
    -- Without isNew, the profile of an ended session would be taken for its own.
    rec = { id = id, v = 0, isNew = true }
    if epoch ~= 1 then rec.v, rec.j = formerChanges(id), epoch end
    recs[id] = rec
  end
  rec.n, rec.e = node, epoch
  setPlace(rec, 'i')
  return rec
end

local function emit(rec, event)
  event.s, event.n, event.g = rec.id, rec.n, rec.g
  out[#out + 1] = event
end

-- Emits an event about the session's place. The number orders such events, whichever node sends them.
local function emitChange(rec, event)
  rec.v = rec.v + 1
  put(rec)
  event.v = rec.v
  emit(rec, event)
end

-- The numbers of the whole crowd: waiting, rooms, abandoned, users, and order, which increases with each ticket; and
-- since when Redis has its present data.
local function readTotals()
  local v = call('HMGET', B .. 'counts', 'waiting', 'rooms', 'abandoned', 'order', 'users', 'since')
  totals = { waiting = tonumber(v[1] or 0), rooms = tonumber(v[2] or 0), abandoned = tonumber(v[3] or 0), order = tonumber(v[4] or 0), users = tonumber(v[5] or 0), since = tonumber(v[6] or 0) }
  areTotalsChanged = false
end

local function count(name, by)
  totals[name] = totals[name] + by
  areTotalsChanged = true
end

local function countOf(name) return totals[name] end

-- A place in an order: the time, and among equal times the order of the calls.
local function ordered(atMs)
  count('order', 1)
  totals.order = totals.order % 4096
  return math.floor(atMs) + totals.order / 4096
end

-- What is known of a pool. people contains the changes of the numbers of places of persons that are not written yet,
-- and pending the number of these persons. empty contains the lists of the index that are empty, kinds the numbers of
-- tickets in it by their kind, and lists the index if the call has read all of it; see ticket-index.
-- stateKeys contains the names of keys, and fair the changes of waiting tickets; see fair-share.
local function poolOf(pool)
  local known = pools[pool]
  if not known then
    known = { people = {}, pending = 0, empty = {}, kinds = nil, areKindsChanged = false, stateKeys = {} }
    pools[pool] = known
  end
  return known
end

local visit, onlineIn, peopleIn, hasMorePeople, addPerson, removePerson, isPersonIn, savePeople

do
-- Writes the changes of the people in a pool.
local function savePeopleOf(pool)
  local known = poolOf(pool)
  if known.pending == 0 then return end
  local persons, added, removed = {}, {}, {}
  for person, by in pairs(known.people) do if by ~= 0 then persons[#persons + 1] = person end end
  if #persons > 0 then
    local stored = call('HMGET', poolKey(pool, ':pe'), unpack(persons))
    for index, person in ipairs(persons) do
      local former = tonumber(stored[index] or 0)
      local places = math.max(0, former + known.people[person])
      if places > 0 then
        added[#added + 1] = person
        added[#added + 1] = places
      else removed[#removed + 1] = person end
      if known.size then known.size = known.size + (places > 0 and 1 or 0) - (former > 0 and 1 or 0) end
    end
  end
  known.people, known.pending = {}, 0
  if #added > 0 then call('HSET', poolKey(pool, ':pe'), unpack(added)) end
  if #removed > 0 then call('HDEL', poolKey(pool, ':pe'), unpack(removed)) end
end

-- Returns the number of people in a pool before the changes that are not written yet.
local function sizeOf(pool)
  local known = poolOf(pool)
  known.size = known.size or call('HLEN', poolKey(pool, ':pe'))
  return known.size
end

-- Changes the pool in which a present session is counted.
function visit(rec, pool)
  if rec.vp == pool then return end
  if rec.vp then
    local key, known = poolKey(rec.vp, ':on'), poolOf(rec.vp)
    if call('HINCRBY', key, rec.n, -1) <= 0 then call('HDEL', key, rec.n) end
    if known.online then known.online = known.online - 1 end
  end
  if pool then
    local known = poolOf(pool)
    call('HINCRBY', poolKey(pool, ':on'), rec.n, 1)
    if known.online then known.online = known.online + 1 end
  end
  rec.vp = pool
  put(rec)
end

function onlineIn(pool)
  local known = poolOf(pool)
  if not known.online then
    known.online = 0
    for _, value in ipairs(call('HVALS', poolKey(pool, ':on'))) do known.online = known.online + tonumber(value) end
  end
  return known.online
end

-- Returns the number of people in a pool.
function peopleIn(pool)
  savePeopleOf(pool)
  return sizeOf(pool)
end

-- Returns whether a pool certainly has more people than this.
function hasMorePeople(pool, size)
  return sizeOf(pool) - poolOf(pool).pending > size
end

local function changePerson(pool, person, by)
  local known = poolOf(pool)
  if not known.people[person] then known.pending = known.pending + 1 end
  known.people[person] = (known.people[person] or 0) + by
end

function addPerson(pool, person) changePerson(pool, person, 1) end

function removePerson(pool, person) changePerson(pool, person, -1) end

-- Returns whether the person has a place in this pool.
function isPersonIn(pool, person)
  savePeopleOf(pool)
  return call('HGET', poolKey(pool, ':pe'), person) ~= false
end

function savePeople()
  for pool in pairs(pools) do savePeopleOf(pool) end
end
end
`
