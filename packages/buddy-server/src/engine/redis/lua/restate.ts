/**
 * The command `restate`, by which Redis and a node agree about a session again: after lost messages, a lost connection,
 * or when Redis has lost its data. The node sends all that it knows of the session, and receives what it has missed.
 */
export const restate = String.raw`
-- Ends a room that the session has left while Redis did not answer.
local function leaveFormer(rec, left)
  if rec.p == 'r' and rec.rm == left.id then leaveRoom(rec, left.reason) return end
  local room = roomOf(left.id)
  if room and (room.ids[1] == rec.id or room.ids[2] == rec.id) then
    local partner = partnerIn(room, rec)
    endRoom(room, rec.id, left.reason, partner and { partner } or {})
  else
    noteOver(left.id, left.reason)
    -- If Redis has ended the room, and its answer was lost, the event for the partner was lost too.
    local partner = left.partnerId and find(left.partnerId)
    if partner then emitChange(partner, { type = 'parted', room = left.id, reason = left.reason, isRepeated = true }) end
  end
end

-- Creates a room again that Redis has lost, or puts the session into it if its partner's node has created it. Returns
-- whether the partner's node has not restated the partner yet.
local function seatAgain(rec, fields)
  local reason = reasonOfEnd(fields.id)
  if reason then
    emitChange(rec, { type = 'parted', room = fields.id, reason = reason })
    return false
  end
  if not roomOf(fields.id) then openNewRoom(roomFrom(fields)) end
  setPlace(rec, 'r', fields.id)
  local partner = partnerIn(roomOf(fields.id), rec)
  local claim = partner and claimOf(partner)
  if claim and not claim.leftFor and claim.roomId == fields.id then
    -- The partner has come from a node that had not stated it again, and waits.
    forgetClaim(partner, claim)
    rejoinRoom(partner, claim)
    return false
  end
  if not partner or partner.rm ~= fields.id then return true end
  emitChange(rec, { type = 'presence', room = fields.id, isPresent = partner.a == nil, node = partner.n })
  changePresence(rec, rec.a == nil)
  return false
end

-- The number of welcomes is of use only since Redis has lost its data: otherwise no former node of the session can have
-- stated it as its own.
local function noteWelcomes(command, isNew)
  local key, confirmed = extraKey(command.s), command.confirmedWelcomes
  if isNew or call('HGET', key, 'ws') then call('HSET', key, 'ws', command.welcomes) end
  if confirmed > (numberOf(call('HGET', key, 'wc')) or 0) then call('HSET', key, 'wc', confirmed) end
end

local function enterAgain(rec, command)
  dropFrames(rec)
  local w = command.w
  w.since0 = now - command.waitedMs
  w.since = ordered(w.since0)
  rec.w = w
  setPlace(rec, 'q')
  if rec.a then put(rec) else queue(rec) end
end

local function restatePresence(rec, isAway)
  if isAway == (rec.a ~= nil) then return end
  if isAway then
    rec.a = now
    put(rec)
    withdraw(rec)
    visit(rec, nil)
    changePresence(rec, false)
    return
  end
  rec.a = nil
  put(rec)
  changePresence(rec, true)
  local room = rec.p == 'r' and roomOf(rec.rm)
  if room and room.pool then visit(rec, room.pool) end
  if rec.p == 'q' and rec.w then queue(rec) end
end

-- Emits the events that the node has missed. Redis and the node have the same generation, so no command was lost.
-- Returns whether the partner is not in the session's room, because its node has not restated it yet, and the number of
-- the latest change if the node must wait for the events about it.
local function catchUp(rec, command)
  local at = command.at
  if rec.p == 'r' then
    local room = roomOf(rec.rm)
    local partner = room and partnerIn(room, rec)
    if not room then
      setPlace(rec, 'i')
      if at then emitChange(rec, { type = 'parted', room = at.id, reason = 'lost' }) end
    elseif at and at.id == room.id then
      local isPresent = partner ~= nil and partner.a == nil
      emitChange(rec, { type = 'presence', room = room.id, isPresent = isPresent, node = partner and partner.n or '' })
    elseif command.claim and command.claim.roomId == room.id then
      -- The node has claimed the room, and Redis has not received the claim, or the node not the answer.
      rec.cp = false
      put(rec)
      continueRoom(rec, command.claim, takeFrames(rec))
    else
      -- The partner's node may have missed the match too.
      for index, id in ipairs(room.ids) do
        local member = find(id)
        if member and member.rm == room.id then emitMatched(room, member, index) end
      end
    end
  elseif at then
    local reason = call('HGET', extraKey(rec.id), 'lr')
    emitChange(rec, { type = 'parted', room = at.id, reason = reason or 'lost' })
  elseif rec.p == 'i' and command.w then
    -- If the session was matched, and its room has ended, the node may receive these events soon. The user has not asked
    -- for another partner then.
    if command.v < rec.v and command.awaited ~= rec.v then return false, rec.v end
    enterAgain(rec, command)
  -- The node may have missed when it must send due.
  elseif rec.w and rec.w.isQueued then wait(rec) end
  if rec.p ~= 'r' then return false end
  local partner = partnerIn(roomOf(rec.rm), rec)
  return not partner or partner.rm ~= rec.rm
end

function commands.restate(command)
  local rec, kept = find(command.s), {}
  local isNew = not rec
  -- A node that has taken the session over, and may not have received the answer to its claim, claims the room again.
  local isContinued, isTaking, lostEpoch = command.claim and command.isAdopted, false, nil
  if not rec then
    -- Another node has had the session since. The session has ended, or continues in another shard.
    if wasTaken(command.s, command.n, command.e) then error({ code = 'fenced' }) end
    isContinued = false
    rec = create(command.s, command.n, command.e)
    setGeneration(rec, -1)
    rec.k = command.k
  elseif rec.n == '' and rec.e == command.e + 1 then
    -- The other nodes had declared this one dead, and no node has had the session since.
    rec.n, rec.e = command.n, rec.e + 1
    put(rec)
    call('ZREM', B .. 'orphans', rec.id)
    isTaking = true
  elseif rec.n == command.n and rec.e == command.e + 2 then
    -- It was stated in the same way before, and the node has not received the answer.
    isTaking, lostEpoch = true, rec.e
  elseif rec.e < command.e then
    isContinued = false
    -- Redis had lost its data, and a former node of the session has stated it first.
    displace(rec)
    call('HDEL', extraKey(rec.id), 'wc')
    rec.n, rec.e = command.n, command.e
    put(rec)
    setGeneration(rec, -1)
  elseif rec.n ~= command.n or rec.e ~= command.e then error({ code = 'fenced' }) end
  -- After a loss of data, Redis may know fewer changes than the node, which drops events about changes that it knows.
  rec.v = math.max(rec.v, command.v)
  put(rec)
  noteWelcomes(command, isNew)
  -- Redis has not received the command join.
  if command.taken and rec.g == -1 and rec.cp then joinTaken(rec, command.taken) end
  if isTaking or isContinued then kept = takeFrames(rec, isContinued and command.e or lostEpoch) end
  setProfile(rec, command.f)
  call('SADD', B .. 'n:' .. rec.n, rec.id)
  if command.left then leaveFormer(rec, command.left) end
  restatePresence(rec, command.isAway)
  local isWaiting, awaited = false, nil
  if isContinued and rec.p ~= 'c' and rec.g <= command.g then
    rec.cp = false
    setGeneration(rec, command.g)
    -- The event contains the frames.
    continueRoom(rec, command.claim, kept)
    kept = {}
  elseif rec.g < command.g then
    if rec.cp and not command.claim then handleClaim(rec, nil) end
    -- A former node of the session may have stated its present room first.
    if not (command.at and rec.p == 'r' and rec.rm == command.at.id) then
      leave(rec, command.reason)
      -- The frames belong to the room that the session has left.
      kept = {}
      dropFrames(rec)
    end
    setGeneration(rec, command.g)
    if command.at then isWaiting = seatAgain(rec, command.at)
    elseif command.w then enterAgain(rec, command)
    elseif command.claim and not rejoinRoom(rec, command.claim) then handleClaim(rec, command.claim, command.inMs) end
  else isWaiting, awaited = catchUp(rec, command) end
  return { epoch = rec.e, frames = kept, isWaiting = isWaiting, awaited = awaited }
end

-- Returns the sessions of a node that have changes of which it has not received an event: for each the place in its
-- list, from 0 on, and the number of the latest change.
function commands.compare(command)
  local missed, ids = {}, {}
  for index, known in ipairs(command.sessions) do ids[index] = known[1] end
  readSessions(ids)
  for index, known in ipairs(command.sessions) do
    local rec = find(known[1])
    if rec and rec.n == command.n and rec.e == known[2] and rec.v > known[3] then
      missed[#missed + 1] = { index - 1, rec.v }
    end
  end
  return missed
end

-- Ends a room whose partner has not come back after Redis had lost its data.
function commands.expectPartner(command)
  local rec = own(command)
  if rec.p ~= 'r' or rec.rm ~= command.at then return end
  local room = roomOf(rec.rm)
  local partner = room and partnerIn(room, rec)
  if room and not (partner and partner.rm == room.id) then
    endRoom(room, room.ids[1] == rec.id and room.ids[2] or room.ids[1], 'lost', { rec })
  end
end
`
