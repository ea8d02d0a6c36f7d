/**
 * Sessions and what they are in. A session is a hash `s:<id>` with these fields. A field that does not exist
 * is empty.
 *
 * - `n`: the node that has the session; `e`: its epoch, which increases each time another node takes the session
 * - `g`: the generation of the latest command; `v`: the number of changes of its place, which events carry
 * - `p`: the place: `i` none, `q` the queue, `r` a room, `c` a claim
 * - `a`: since when it is away; `k`: the key of the person; `f`: the profile, in MessagePack
 * - `w`: the ticket and the state of its search, in MessagePack; `rm`: the room; `vp`: the pool where it is present
 * - `cp`: 1 if its claim was not handled yet; `cl`: the claim, in MessagePack
 */
export const records = String.raw`
-- Set by each call, because these functions of Redis do not exist while it loads a library.
local call, pack, unpackMessage
-- The first part of each key, the present time in milliseconds, and the settings. Set by each call.
local B, now, cfg
-- What the present call has read and changed. saveAll writes it at the end of the call.
local recs, changed, totals, areTotalsChanged, pools
-- The events of the present command, and the pairs that it has added.
local out, pairsOut

local function sessionKey(id) return B .. 's:' .. id end
local function poolKey(pool, suffix) return B .. 'p:' .. pool .. suffix end

local function numberOf(value)
  if not value or value == '' then return nil end
  return tonumber(value)
end

local function textOf(value)
  if not value or value == '' then return nil end
  return value
end

-- Returns a session; nil if there is none. The fields of the result are written only by put and saveWish.
local function find(id)
  local known = recs[id]
  if known ~= nil then return known or nil end
  local v = call('HMGET', sessionKey(id), 'n', 'e', 'g', 'p', 'a', 'k', 'w', 'rm', 'vp', 'cp', 'cl', 'v')
  if not v[2] then
    recs[id] = false
    return nil
  end
  local rec = {
    id = id, n = v[1], e = tonumber(v[2]), g = tonumber(v[3]), p = v[4], a = numberOf(v[5]), k = v[6],
    rm = textOf(v[8]), vp = textOf(v[9]), cp = v[10] == '1', cl = textOf(v[11]), v = numberOf(v[12]) or 0,
  }
  if textOf(v[7]) then rec.w = unpackMessage(v[7]) end
  recs[id] = rec
  return rec
end

-- Writes a field of a session, at the end of the call. An empty value is the same as none.
local function put(rec, field, value)
  local fields = rec.changes
  if not fields then
    fields = {}
    rec.changes = fields
    changed[#changed + 1] = rec
  end
  fields[field] = value == nil and '' or value
end

-- Writes the ticket in the state that it has at the end of the call.
local function saveWish(rec) put(rec, 'w', '') end

local function saveSessions()
  for _, rec in ipairs(changed) do
    local fields = rec.changes
    if fields then
      rec.changes = nil
      if fields.w and rec.w then fields.w = pack(rec.w) end
      local list = {}
      for field, value in pairs(fields) do
        list[#list + 1] = field
        list[#list + 1] = value
      end
      call('HSET', sessionKey(rec.id), unpack(list))
    end
  end
  changed = {}
end

-- Returns the profile of a session, which may have ended; nil if it is not known.
local function profileOf(id)
  local rec = find(id)
  if rec and rec.f then return unpackMessage(rec.f) end
  local profile = call('HGET', sessionKey(id), 'f')
  if not profile then return nil end
  if rec then rec.f = profile end
  return unpackMessage(profile)
end

local function setGeneration(rec, generation)
  rec.g = generation
  put(rec, 'g', generation)
end

local function setPlace(rec, place, room)
  rec.p, rec.rm = place, room
  put(rec, 'p', place)
  put(rec, 'rm', room)
end

-- Creates the record of a session of this node, which is in no place. A former record is replaced.
local function create(id, node, epoch)
  local rec = find(id)
  if not rec then
    -- Without isNew, the profile of an ended session would be taken for its own.
    rec = { id = id, v = 0, isNew = true }
    recs[id] = rec
    call('PERSIST', sessionKey(id))
  end
  rec.n, rec.e = node, epoch
  put(rec, 'n', node)
  put(rec, 'e', epoch)
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
  put(rec, 'v', rec.v)
  event.v = rec.v
  emit(rec, event)
end

-- The numbers of the whole crowd: waiting, rooms, abandoned, users, and order, which increases with each ticket.
local function readTotals()
  local v = call('HMGET', B .. 'counts', 'waiting', 'rooms', 'abandoned', 'order', 'users')
  totals = { waiting = tonumber(v[1] or 0), rooms = tonumber(v[2] or 0), abandoned = tonumber(v[3] or 0), order = tonumber(v[4] or 0), users = tonumber(v[5] or 0) }
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

-- What is known of a pool. people contains the numbers of places of persons, by person.
local function poolOf(pool)
  local known = pools[pool]
  if not known then
    known = { people = {} }
    pools[pool] = known
  end
  return known
end

-- Changes the pool in which a present session is counted.
local function visit(rec, pool)
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
  put(rec, 'vp', pool)
end

local function onlineIn(pool)
  local known = poolOf(pool)
  if not known.online then
    known.online = 0
    for _, value in ipairs(call('HVALS', poolKey(pool, ':on'))) do known.online = known.online + tonumber(value) end
  end
  return known.online
end

local function peopleIn(pool)
  local known = poolOf(pool)
  if not known.size then
    known.size = call('HLEN', poolKey(pool, ':pe'))
    -- The numbers that were changed before are not written yet.
    for _, place in pairs(known.people) do known.size = known.size + (place.now > 0 and 1 or 0) - (place.stored > 0 and 1 or 0) end
  end
  return known.size
end

local function placesOf(pool, person)
  local known = poolOf(pool)
  local places = known.people[person]
  if not places then
    local stored = tonumber(call('HGET', poolKey(pool, ':pe'), person) or 0)
    places = { stored = stored, now = stored }
    known.people[person] = places
  end
  return places, known
end

local function addPerson(pool, person)
  local places, known = placesOf(pool, person)
  places.now = places.now + 1
  if places.now == 1 and known.size then known.size = known.size + 1 end
end

-- Returns whether the last place of the person in this pool was removed.
local function removePerson(pool, person)
  local places, known = placesOf(pool, person)
  if places.now == 0 then return false end
  places.now = places.now - 1
  if places.now > 0 then return false end
  if known.size then known.size = known.size - 1 end
  return true
end

local function savePeople()
  for pool, known in pairs(pools) do
    local added, removed = {}, {}
    for person, places in pairs(known.people) do
      if places.now ~= places.stored then
        if places.now > 0 then
          added[#added + 1] = person
          added[#added + 1] = places.now
        else removed[#removed + 1] = person end
        places.stored = places.now
      end
    end
    if #added > 0 then call('HSET', poolKey(pool, ':pe'), unpack(added)) end
    if #removed > 0 then call('HDEL', poolKey(pool, ':pe'), unpack(removed)) end
  end
end
`
