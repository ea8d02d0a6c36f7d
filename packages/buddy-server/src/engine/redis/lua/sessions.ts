/** What a session's commands share: who may send them, how a session leaves its place, and how it ends. */
export const sessions = String.raw`
local endedMs, movedMs = 3600000, 600000
-- For how long a session without a node keeps its place in the queue.
local placeKeptMs = 15000
-- For how long the frames that a node has taken are kept for it, in case it does not receive the answer.
local takenMs = 120000
local commands = {}

-- Returns the session, if the node still has it.
local function own(command)
  local rec = find(command.s)
  if not rec then error({ code = 'unknown' }) end
  if rec.n ~= command.n or rec.e ~= command.e then error({ code = 'fenced' }) end
  return rec
end

-- Removes a session from its present node, because another node has had the session since, and the present one has not
-- noticed that.
local function displace(rec)
  if rec.n ~= '' then
    emit(rec, { type = 'displaced', epoch = rec.e })
    call('SREM', B .. 'n:' .. rec.n, rec.id)
  end
  call('ZREM', B .. 'orphans', rec.id)
end

local function leave(rec, reason)
  if rec.p == 'q' then
    withdraw(rec)
    rec.w = nil
    put(rec)
    setPlace(rec, 'i')
  elseif not leaveRoom(rec, reason) then leaveClaim(rec, reason) end
end

-- Stores the profile of a session that ends in this shard, its epoch and node, the number of changes of its place, and
-- whether it continues in another shard. Most sessions begin in one shard and continue in another one before they have
-- met anyone, so nobody will report them here. Then what late commands need is stored without the profile, and for a
-- shorter time.
local function noteEnded(rec, epoch, node, hasMoved)
  local hadNoRoom = hasMoved and rec.v == 0
  local site, addressKey, text = '', '', ''
  if not hadNoRoom then site, addressKey, text = unpackMessage(rec.f) end
  local value = pack(site, addressKey, text, epoch, node, rec.v, hasMoved)
  call('SET', profileKey(rec.id), value, 'PX', hadNoRoom and movedMs or endedMs)
end

-- Returns whether another node had a session after a node with this epoch, and the session has ended here since. If no
-- node has had it after this one, its epoch has increased by one, because the node was declared dead.
local function wasTaken(id, node, epoch)
  local stored = call('GET', profileKey(id))
  if not stored then return false end
  local _, _, _, endedEpoch, endedNode = unpackMessage(stored)
  return endedEpoch ~= nil and endedEpoch > epoch and endedNode ~= node and not (endedNode == '' and endedEpoch == epoch + 1)
end

-- moved contains the epoch and the node with which the session continues in another shard; nil if it ends.
local function endSession(rec, reason, moved)
  leave(rec, reason)
  visit(rec, nil)
  -- A partner that waits for the claim of this session receives parted.
  if rec.cp then handleClaim(rec, nil) end
  if rec.n ~= '' then call('SREM', B .. 'n:' .. rec.n, rec.id) end
  local profile = rec.f
  local claim = claimOf(rec)
  if claim then call('SREM', B .. 'c:' .. claim.partnerId, rec.id) end
  if profile then
    local site, addressKey = unpackMessage(profile)
    changePlace(site, addressKey, -1)
  end
  call('DEL', sessionKey(rec.id), extraKey(rec.id), B .. 'k:' .. rec.id)
  -- Reports still need the profile, and late commands find out who had the session.
  if profile and moved then noteEnded(rec, moved.e, moved.n, true)
  elseif profile then noteEnded(rec, rec.e, rec.n, false) end
  recs[rec.id], rec.isChanged = false, false
end

-- Stores the place of the session's ticket in the queue, for its next ticket, which it sends at another node.
local function notePlace(rec)
  local w = rec.w
  if w then call('HSET', extraKey(rec.id), 'qp', pack(w.pool, w.since0, w.since, now)) end
end

-- Gives a new ticket the place in the queue that the session had at another node a short time ago.
local function regainPlace(rec, w)
  local stored = rec.e ~= (rec.j or 1) and call('HGET', extraKey(rec.id), 'qp')
  if not stored then return end
  call('HDEL', extraKey(rec.id), 'qp')
  local pool, since0, since, notedAt = unpackMessage(stored)
  if pool == w.pool and now - notedAt <= placeKeptMs then w.since0, w.since = since0, since end
end

-- Returns the frames that are kept for a session.
local function framesOf(rec)
  local kept = call('LRANGE', B .. 'k:' .. rec.id, 0, -1)
  for index, value in ipairs(kept) do kept[index] = { unpackMessage(value) } end
  return kept
end

-- Removes the kept frames that have a number, or those that have none, and returns them.
local function removeFrames(rec, areNumbered)
  local key, removed, left = B .. 'k:' .. rec.id, {}, {}
  for _, value in ipairs(call('LRANGE', key, 0, -1)) do
    local frame = { unpackMessage(value) }
    local list = (frame[1] > 0) == areNumbered and removed or left
    list[#list + 1] = list == removed and frame or value
  end
  if #removed == 0 then return removed end
  call('DEL', key)
  call('HDEL', extraKey(rec.id), 'kb')
  for _, value in ipairs(left) do call('RPUSH', key, value) end
  if #left > 0 then call('PEXPIRE', key, endedMs) end
  return removed
end

-- Returns the frames that no node has yet. Those with a number are kept, in case the node that has them dies. If the
-- node has not received the answer to an earlier command, of this epoch or a later one, the frames in that answer come
-- first.
local function takeFrames(rec, lostEpoch)
  local key, taken = B .. 't:' .. rec.id, {}
  local stored = lostEpoch and call('GET', key)
  if stored then
    local epoch, frames = unpackMessage(stored)
    if epoch >= lostEpoch then taken = frames end
  end
  for _, frame in ipairs(removeFrames(rec, false)) do taken[#taken + 1] = frame end
  if #taken > 0 then call('SET', key, pack(rec.e, taken), 'PX', takenMs) end
  return taken
end

-- Drops frames that were sent in a former room, before the session can be in another one. Only a session that was
-- without a node can have some.
local function dropFrames(rec)
  if rec.e == (rec.j or 1) then return end
  removeFrames(rec, false)
  call('DEL', B .. 't:' .. rec.id)
end

-- A session joins the node that has taken it over. The node has read some of the kept frames, and the count.
local function joinTaken(rec, taken)
  call('HDEL', extraKey(rec.id), 'rc')
  call('LTRIM', B .. 'k:' .. rec.id, taken, -1)
end

-- Continues the room of a session that another node had. frames are those that the node has not received.
local function continueRoom(rec, claim, frames)
  local room = rec.p == 'r' and roomOf(rec.rm)
  if room and claim and claim.roomId == room.id then
    local partner = partnerIn(room, rec)
    local seatIndex = room.ids[1] == rec.id and 0 or 1
    local isPresent = rec.a == nil
    if isPresent then keepRoom(room.id) end
    emitChange(rec, {
      type = 'restored', room = fieldsOf(room), profiles = profilesIn(room), seat = seatIndex, isContinued = true,
      frames = frames, isWaiting = not partner or partner.rm ~= room.id,
      partner = partner and not partner.cp and partner.n or '', isPartnerPresent = partner ~= nil and partner.a == nil,
    })
    if room.pool and isPresent then visit(rec, room.pool) end
    if partner then
      emitChange(partner, { type = 'presence', room = room.id, isPresent = isPresent, node = rec.n })
    end
    return
  end
  if room then leaveRoom(rec, 'lost') end
  if claim then
    local reason = call('HGET', extraKey(rec.id), 'lr')
    emitChange(rec, { type = 'parted', room = claim.roomId, reason = reason or 'lost' })
  end
end

-- Puts a session into the room that it claims, if the partner is in that room. Redis has lost its data, and only the
-- partner's node has stated the room again. If the partner has left it meanwhile, the session receives the reason.
-- Returns false if Redis knows neither the partner in that room nor the end of the room.
local function rejoinRoom(rec, claim)
  local reason = claim and reasonOfEnd(claim.roomId)
  if reason then
    handleClaim(rec, nil)
    emitChange(rec, { type = 'parted', room = claim.roomId, reason = reason })
    return true
  end
  local room = claim and roomOf(claim.roomId)
  if not room or (room.ids[1] ~= rec.id and room.ids[2] ~= rec.id) then return false end
  local partner = partnerIn(room, rec)
  if not partner or partner.rm ~= room.id then return false end
  if textOf(claim.partnerKey) then meet(rec.k, claim.partnerKey, now) end
  rec.cp = false
  setPlace(rec, 'r', room.id)
  continueRoom(rec, claim, takeFrames(rec))
  return true
end
`
