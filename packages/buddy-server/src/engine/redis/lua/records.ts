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
-- Set by each call, because Redis has no such functions while it loads a library.
local call, pack, unpackMessage
-- The first part of each key, the present time in milliseconds, and the settings. Set by each call.
local B, now, cfg
-- The sessions that the present command has read, its events, and the pairs that it has added.
local recs, out, pairsOut = {}, {}, {}

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

-- Returns a session; nil if there is none.
local function find(id)
  local known = recs[id]
  if known ~= nil then return known or nil end
  local v = call('HMGET', sessionKey(id), 'n', 'e', 'g', 'p', 'a', 'k', 'w', 'rm', 'vp', 'cp', 'cl')
  if not v[2] then
    recs[id] = false
    return nil
  end
  local rec = {
    id = id, n = v[1], e = tonumber(v[2]), g = tonumber(v[3]), p = v[4], a = numberOf(v[5]), k = v[6],
    rm = textOf(v[8]), vp = textOf(v[9]), cp = v[10] == '1', cl = textOf(v[11]),
  }
  if textOf(v[7]) then rec.w = unpackMessage(v[7]) end
  recs[id] = rec
  return rec
end

local function saveWish(rec)
  if rec.w then call('HSET', sessionKey(rec.id), 'w', pack(rec.w))
  else call('HDEL', sessionKey(rec.id), 'w') end
end

local function setPlace(rec, place, room)
  rec.p, rec.rm = place, room
  call('HSET', sessionKey(rec.id), 'p', place, 'rm', room or '')
end

local function emit(rec, event)
  event.s, event.n, event.g = rec.id, rec.n, rec.g
  out[#out + 1] = event
end

-- Emits an event about the session's place. The number orders such events, whichever node sends them.
local function emitChange(rec, event)
  event.v = call('HINCRBY', sessionKey(rec.id), 'v', 1)
  emit(rec, event)
end

local function count(name, by) return call('HINCRBY', B .. 'counts', name, by) end
local function countOf(name) return tonumber(call('HGET', B .. 'counts', name) or 0) end

-- A place in an order: the time, and among equal times the order of the calls.
local function ordered(atMs)
  local number = call('INCR', B .. 'order')
  return math.floor(atMs) + (number % 4096) / 4096
end

-- Changes the pool in which a present session is counted.
local function visit(rec, pool)
  if rec.vp == pool then return end
  if rec.vp then
    local key = poolKey(rec.vp, ':on')
    if call('HINCRBY', key, rec.n, -1) <= 0 then call('HDEL', key, rec.n) end
  end
  if pool then call('HINCRBY', poolKey(pool, ':on'), rec.n, 1) end
  rec.vp = pool
  call('HSET', sessionKey(rec.id), 'vp', pool or '')
end

local function onlineIn(pool)
  local total = 0
  for _, value in ipairs(call('HVALS', poolKey(pool, ':on'))) do total = total + tonumber(value) end
  return total
end

local function peopleIn(pool) return call('HLEN', poolKey(pool, ':pe')) end

local function addPerson(pool, person) call('HINCRBY', poolKey(pool, ':pe'), person, 1) end

-- Returns whether the last place of the person in this pool was removed.
local function removePerson(pool, person)
  local key = poolKey(pool, ':pe')
  local left = tonumber(call('HGET', key, person) or 0) - 1
  if left == -1 then return false end
  if left > 0 then call('HSET', key, person, left) return false end
  call('HDEL', key, person)
  return true
end
`
