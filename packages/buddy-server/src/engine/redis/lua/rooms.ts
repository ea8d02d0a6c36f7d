/**
 * The open rooms. `r:<id>` contains, in MessagePack, the ids of both sessions, the fields of the room, its pool, and
 * the facts of its match. `emptied` contains the rooms in which both sessions are away, with the time since when, and
 * `abandoned` those for which that is too long.
 */
export const rooms = String.raw`
local abandonedAfterMs = 5000
-- For how long Redis remembers the end of a room that a node may still state, in milliseconds.
local overMs = 120000
local roomId -- the id of the next room, which the node has created
local nextRoom = 0

local function newRoomId()
  nextRoom = nextRoom + 1
  return nextRoom == 1 and roomId or roomId .. '-' .. nextRoom
end

local function roomKey(id) return B .. 'r:' .. id end

-- The rooms that the present call has opened or ended.
local changedRooms
-- The number of rooms that the present call has ended to make space for others.
local dissolved

local function roomFromStored(id, stored)
  if not stored then return false end
  local one, two, site, lobby, mode, at, pool, facts = unpackMessage(stored)
  return { id = id, ids = { one, two }, site = site, lobby = lobby, mode = mode, at = at, pool = pool or nil, packed = facts or nil }
end

local function roomOf(id)
  local known = rooms[id]
  if known == nil then
    known = roomFromStored(id, call('GET', roomKey(id)))
    rooms[id] = known
  end
  return known or nil
end

-- Reads the rooms of sessions, and the partners there, by one command each, so that roomOf and find know them.
local function readRooms(sessionIds)
  local ids, keys = {}, {}
  for _, sessionId in ipairs(sessionIds) do
    local rec = find(sessionId)
    local id = rec and rec.p == 'r' and rec.rm
    if id and rooms[id] == nil then
      rooms[id] = false
      ids[#ids + 1], keys[#keys + 1] = id, roomKey(id)
    end
  end
  if #keys == 0 then return end
  local members = {}
  for index, stored in ipairs(call('MGET', unpack(keys))) do
    local room = roomFromStored(ids[index], stored)
    rooms[ids[index]] = room
    if room then members[#members + 1], members[#members + 2] = room.ids[1], room.ids[2] end
  end
  readSessions(members)
end

-- Returns what a node stores of a room.
local function fieldsOf(room)
  return { id = room.id, ids = room.ids, site = room.site, lobby = room.lobby, mode = room.mode, openedAtMs = room.at }
end

-- Returns the profiles of both sessions. One is empty if Redis has lost its data, and the node of that session has not
-- stated it again.
local function profilesIn(room)
  return { profileTextOf(room.ids[1]) or '', profileTextOf(room.ids[2]) or '' }
end

-- Returns a room from what a node stores of it.
local function roomFrom(fields)
  return { id = fields.id, ids = fields.ids, site = fields.site, lobby = fields.lobby, mode = fields.mode, at = fields.openedAtMs }
end

local function openNewRoom(room)
  rooms[room.id], changedRooms[room.id] = room, true
  count('rooms', 1)
end

local function saveRooms()
  local opened, ended = {}, {}
  for id in pairs(changedRooms) do
    local room = rooms[id]
    if room then
      local ids = room.ids
      opened[#opened + 1] = roomKey(id)
      opened[#opened + 1] = packAll({ ids[1], ids[2], room.site, room.lobby, room.mode, room.at, room.pool or false, room.packed or false })
    else ended[#ended + 1] = roomKey(id) end
  end
  saveValues(opened)
  for from = 1, #ended, 1000 do call('DEL', unpack(ended, from, math.min(from + 999, #ended))) end
end

local function partnerIn(room, rec)
  return find(room.ids[1] == rec.id and room.ids[2] or room.ids[1])
end

local function keepRoom(id)
  call('ZREM', B .. 'emptied', id)
  if call('ZREM', B .. 'abandoned', id) == 1 then count('abandoned', -1) end
end

-- Notes that a room has ended, if Redis does not know that one of its sessions was in it: Redis has lost its data, and
-- the node of that session may state the room later.
local function noteOver(id, reason) call('SET', B .. 'over:' .. id, reason, 'PX', overMs) end

local function reasonOfEnd(id) return call('GET', B .. 'over:' .. id) or nil end

-- Ends a room. The recipients who are in it receive parted.
local function endRoom(room, leaver, reason, recipients)
  local wasFull = not canOpenRoom()
  rooms[room.id], changedRooms[room.id] = false, true
  count('rooms', -1)
  local members, isIn, isEmpty = {}, {}, true
  for _, id in ipairs(room.ids) do
    local member = find(id)
    if member and member.p == 'r' and member.rm == room.id then
      members[#members + 1], isIn[id] = member, true
      if not member.a then isEmpty = false end
    end
  end
  if isEmpty then keepRoom(room.id) end
  if #members == 2 then meet(members[1].k, members[2].k, now, members[1], members[2])
  else noteOver(room.id, reason) end
  for _, member in ipairs(members) do
    setPlace(member, 'i')
    if room.pool then leavePool(room.pool, member.k) end
  end
  for _, member in ipairs(recipients) do
    if isIn[member.id] then
      -- The node that takes the session over will need the reason.
      if member.n == '' or member.cp then call('HSET', extraKey(member.id), 'lr', reason) end
      emitChange(member, { type = 'parted', room = room.id, reason = reason })
    end
  end
  local first = find(room.ids[1])
  if first then
    emit(first, { type = 'ended', room = room.id, leaver = leaver, reason = reason, durationMs = now - room.at })
  end
  if wasFull then handleRoomFreed() end
end

local function dissolve(room)
  local members = {}
  for _, id in ipairs(room.ids) do members[#members + 1] = find(id) end
  endRoom(room, room.ids[1], 'lost', members)
end

-- Ends abandoned rooms, so that there is a place for a room. Many may be above a limit that was lowered. One call ends
-- only some of them, so that it does not occupy Redis for long. The next ones, or a sweep, end the others.
local function makeSpace()
  while countOf('rooms') >= cfg.maxRooms and dissolved < 32 do
    dissolved = dissolved + 1
    local id = call('ZRANGE', B .. 'abandoned', 0, 0)[1]
    local room = id and roomOf(id)
    if not room then return end
    dissolve(room)
  end
end

-- Puts two sessions into a room.
local function seat(room, one, two)
  makeSpace()
  openNewRoom(room)
  setPlace(one, 'r', room.id)
  setPlace(two, 'r', room.id)
end

local function watchIfEmpty(room)
  for _, id in ipairs(room.ids) do
    local member = find(id)
    if member and not member.a then return end
  end
  if call('ZSCORE', B .. 'abandoned', room.id) then return end
  call('ZADD', B .. 'emptied', 'NX', now, room.id)
  local first = find(room.ids[1])
  if first then emit(first, { type = 'emptied', room = room.id, inMs = abandonedAfterMs }) end
end

-- Emits that a session was matched, in case its node has missed the event. index is 1 for the session that waited.
local function emitMatched(room, rec, index)
  local interests, otherInterests, languages, otherLanguages, isRematch, waitMs, otherWaitMs
  if room.packed then
    interests, otherInterests, languages, otherLanguages, isRematch, waitMs, otherWaitMs = unpackMessage(room.packed)
  end
  if index == 2 then interests, languages = otherInterests, otherLanguages end
  local partner = partnerIn(room, rec)
  emitChange(rec, {
    type = 'matched', room = fieldsOf(room), profiles = profilesIn(room),
    seat = index - 1, partner = partner and partner.n or '', isOffered = false, isRematch = isRematch or false,
    interests = interests or {}, languages = languages or {}, waitsMs = { waitMs or 0, otherWaitMs or 0 },
  })
end

do
-- Returns those of the values whose keys, at the same places in keys, are also in others.
local function common(keys, others, values)
  local list = {}
  if #keys == 0 or #others == 0 then return list end
  local has = {}
  for index = 1, #others do has[others[index]] = true end
  for index = 1, #keys do if has[keys[index]] then list[#list + 1] = values[index] end end
  return list
end

local function changeOf(rec)
  rec.v = rec.v + 1
  put(rec)
  return rec.v
end

openRoom = function(match, isOffered)
  local one, two, a, b = match.waited, match.arrived, match.one, match.two
  local rest, others, id = restOf(b), restOf(a), newRoomId()
  local interests, otherInterests = common(a.ik, b.ik, others.il), common(b.ik, a.ik, rest.il)
  local languages, otherLanguages = common(a.la, b.la, a.la), common(b.la, a.la, b.la)
  local waitMs, otherWaitMs = now - a.since0, now - b.since0
  local room = {
    id = id, ids = { one.id, two.id }, site = rest.site, lobby = rest.lobby, mode = rest.mode, at = now, pool = b.pool,
    packed = packAll({ interests, otherInterests, languages, otherLanguages, match.isRematch, waitMs, otherWaitMs }),
  }
  seat(room, one, two)
  meet(one.k, two.k, now, one, two)
  -- One event for both; see MatchEvent in wire.ts.
  out[#out + 1] = {
    'match', id, rest.site, rest.lobby, rest.mode, now, isOffered or false, match.isRematch, waitMs, otherWaitMs,
    profileTextOf(one.id) or false, profileTextOf(two.id) or false,
    one.id, one.n, one.g, changeOf(one), interests, languages,
    two.id, two.n, two.g, changeOf(two), otherInterests, otherLanguages,
  }
end
end

-- Ends the session's room. Returns false if it is in none.
local function leaveRoom(rec, reason)
  if rec.p ~= 'r' then return false end
  local room = roomOf(rec.rm)
  if not room then
    setPlace(rec, 'i')
    return false
  end
  local partner = partnerIn(room, rec)
  endRoom(room, rec.id, reason, partner and { partner } or {})
  return true
end

local function changePresence(rec, isPresent)
  if rec.p ~= 'r' then return end
  local room = roomOf(rec.rm)
  if not room then return end
  if isPresent then keepRoom(room.id) end
  local partner = partnerIn(room, rec)
  if partner then emitChange(partner, { type = 'presence', room = room.id, isPresent = isPresent, node = rec.n }) end
  if not isPresent then watchIfEmpty(room) end
end

-- Tells the node of the partner that no node has the session now.
local function announceMove(rec)
  local room = rec.p == 'r' and roomOf(rec.rm)
  local partner = room and partnerIn(room, rec)
  if partner then emitChange(partner, { type = 'moved', room = room.id, node = rec.n }) end
end

local function abandonIfDue(id)
  local at = numberOf(call('ZSCORE', B .. 'emptied', id))
  if not at or at + abandonedAfterMs > now then return end
  local room = roomOf(id)
  call('ZREM', B .. 'emptied', id)
  if not room then return end
  for _, member in ipairs(room.ids) do
    local rec = find(member)
    if rec then emit(rec, { type = 'abandoned', room = id }) end
  end
  local wasFull = not canOpenRoom()
  call('ZADD', B .. 'abandoned', at, id)
  count('abandoned', 1)
  if wasFull and canOpenRoom() then handleRoomFreed() end
end
`
