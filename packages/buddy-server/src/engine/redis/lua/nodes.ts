/**
 * Which nodes are alive, and what happens to the sessions of dead nodes. `nodes` contains the time of each node's
 * latest beat, `info` what each node has reported, `lost` the nodes that have died, with the time of their latest beat,
 * `dying` the nodes whose sessions are being released, `n:<node>` the sessions of a node, and `orphans`
 * the sessions without a node, with the time at which they end. `k:<session>` contains frames that are kept for a
 * client: each is a list of its number (0 if it is not known), its bytes, and the epoch of its sender if it has no
 * number. `t:<session>` contains the epoch of the session and the frames without a number that its node has taken, and
 * `h:<frame>` says that a frame is kept already; both for two minutes.
 */
export const nodes = String.raw`
-- If Redis has received no beat of any node for this time, Redis itself was unreachable. Then no node is declared dead
-- until all have had the time to send a beat.
local pauseMs, maxReaped, maxOrphans = 1500, 64, 32
-- After Redis has lost its data, all nodes have restated their sessions within this time. A node that has seen no other
-- one for some time is alone.
local restatingMs, aloneMs = 3000, 1000
-- How long the report of a lost node is kept, and of how many lost nodes at most.
local lostMs, maxLost = 600000, 64

-- Takes a session from its node. Its ticket leaves the queue, but its next ticket gets the same place if it arrives
-- soon. Its room continues. If the node has released the session, the partner's node is notified, and sends frames for
-- it to Redis from now on. If the node is dead, the partner's node is not notified: it must first send Redis the frames
-- that the dead node has not received, so that the frames stay in order.
local function orphan(rec, graceMs, isReleased)
  if rec.p == 'q' then
    withdraw(rec)
    notePlace(rec)
    rec.w = nil
    put(rec)
    setPlace(rec, 'i')
  elseif rec.p == 'c' then leaveClaim(rec, 'lost') end
  visit(rec, nil)
  if not rec.a then
    rec.a = now
    put(rec)
    changePresence(rec, false)
  end
  call('SREM', B .. 'n:' .. rec.n, rec.id)
  rec.n, rec.e = '', rec.e + 1
  put(rec)
  if isReleased then announceMove(rec) end
  call('ZADD', B .. 'orphans', now + graceMs, rec.id)
end

local function endOrphans()
  for _, id in ipairs(call('ZRANGEBYSCORE', B .. 'orphans', '-inf', now, 'LIMIT', 0, maxOrphans)) do
    call('ZREM', B .. 'orphans', id)
    local rec = find(id)
    if rec and rec.n == '' then endSession(rec, 'lost') end
  end
end

-- Releases some sessions of a node that has died.
local function reap(node, graceMs)
  local ids = call('SRANDMEMBER', B .. 'n:' .. node, maxReaped)
  for _, id in ipairs(ids) do
    local rec = find(id)
    if rec and rec.n == node then orphan(rec, graceMs) else call('SREM', B .. 'n:' .. node, id) end
  end
  if #ids < maxReaped then call('ZREM', B .. 'dying', node) end
end

local function forgetNode(node)
  call('ZREM', B .. 'lost', node)
  call('HDEL', B .. 'info', node)
end

-- Stores what a node reports. Returns what all have reported, and the number of users of each site.
local function exchangeReports(node, report)
  call('HSET', B .. 'info', node, pack(report))
  local old = call('ZRANGEBYSCORE', B .. 'lost', '-inf', now - lostMs)
  for _, other in ipairs(call('ZRANGE', B .. 'lost', 0, -1 - maxLost)) do old[#old + 1] = other end
  for _, other in ipairs(old) do forgetNode(other) end
  local list, sites, info = {}, {}, call('HGETALL', B .. 'info')
  for index = 1, #info, 2 do
    local other = info[index]
    local beatAt = numberOf(call('ZSCORE', B .. 'nodes', other))
    local at = beatAt or numberOf(call('ZSCORE', B .. 'lost', other)) or now
    list[#list + 1] = { id = other, ago = now - at, isLost = not beatAt, report = unpackMessage(info[index + 1]) }
  end
  local users = call('HGETALL', B .. 'sites')
  for index = 1, #users, 2 do sites[#sites + 1] = { users[index], tonumber(users[index + 1]) } end
  return { nodes = list, sites = sites }
end

-- A node sends this twice a second. Declares nodes dead that have sent none for deadMs. Returns whether the node must
-- send the next beat at once, how many nodes have been declared dead, the state of the bans, and, if the beat has a
-- report, the reports of all nodes.
function commands.beat(command)
  local isKnown = call('ZSCORE', B .. 'nodes', command.n)
  if command.isKnown and not isKnown then error({ code = 'fenced' }) end
  local latest = numberOf(call('GET', B .. 'beat'))
  if latest and now - latest > pauseMs then call('SET', B .. 'calm', now + command.deadMs) end
  call('SET', B .. 'beat', now)
  call('ZADD', B .. 'nodes', now, command.n)
  call('ZREM', B .. 'lost', command.n)
  if (numberOf(call('GET', B .. 'calm')) or 0) <= now then
    for _, node in ipairs(call('ZRANGEBYSCORE', B .. 'nodes', '-inf', now - command.deadMs)) do
      call('HINCRBY', B .. 'counts', 'deaths', 1)
      call('ZADD', B .. 'lost', call('ZSCORE', B .. 'nodes', node), node)
      call('ZREM', B .. 'nodes', node)
      call('SREM', B .. 'leaving', node)
      call('ZADD', B .. 'dying', now, node)
    end
  end
  local dying = call('ZRANGE', B .. 'dying', 0, 0)[1]
  if dying then reap(dying, command.graceMs) end
  endOrphans()
  local isMore = call('EXISTS', B .. 'dying') == 1
    or #call('ZRANGEBYSCORE', B .. 'orphans', '-inf', now, 'LIMIT', 0, 1) > 0
  -- The first node stores an id. If a node receives another id than before, Redis has lost its data.
  if call('SET', B .. 'boot', command.boot .. ' ' .. string.format('%.0f', now), 'NX') then
    call('HSET', B .. 'counts', 'since', now)
  end
  local banId, banNumber = banVersion()
  local boot = call('GET', B .. 'boot')
  local list = command.report and exchangeReports(command.n, command.report)
  local deaths = numberOf(call('HGET', B .. 'counts', 'deaths')) or 0
  return {
    now = now, isMore = isMore, boot = boot, deaths = deaths, banId = banId, bans = banNumber, list = list or nil,
  }
end

-- The node will stop soon. Matches then prefer other nodes, see ticket-index.
function commands.drain(command) call('SADD', B .. 'leaving', command.n) end

-- The node stops, and has released its sessions.
function commands.bye(command)
  call('ZREM', B .. 'nodes', command.n)
  forgetNode(command.n)
  call('SREM', B .. 'leaving', command.n)
  if call('EXISTS', B .. 'n:' .. command.n) == 1 then call('ZADD', B .. 'dying', now, command.n) end
end

-- Returns why Redis does not know a session. After it has lost its data, or was started, the nodes need some time to
-- restate theirs (unsettled). Then the session may have been lost with its node (lost). Otherwise it has ended
-- (unknown).
local function stateOfUnknown(id, graceMs)
  if call('EXISTS', profileKey(id)) == 1 then return 'unknown' end
  local boot = call('GET', B .. 'boot')
  local at = boot and numberOf(string.match(boot, ' (%d+)$'))
  if boot and not at then return 'unknown' end
  local ageMs = at and now - at or 0
  local neededMs = call('ZCARD', B .. 'nodes') > 1 and restatingMs or aloneMs
  if ageMs < neededMs then return 'unsettled' end
  return ageMs < graceMs and 'lost' or 'unknown'
end

-- Returns whether the client has received a later welcome since it sent the request, so that it is elsewhere.
local function isOutOfDate(rec, command)
  return (numberOf(call('HGET', extraKey(rec.id), 'wc')) or 0) > command.welcomes
end

-- Returns whether Redis has lost its data, and a former node of the session has stated the session since, but not the
-- latest node.
local function isStale(rec, command)
  return (numberOf(call('HGET', extraKey(rec.id), 'ws')) or math.huge) < command.welcomes
end

-- Takes a session over. Returns unknown if there is none, elsewhere if another node has it, outOfDate if the client has
-- received a later welcome than it says, or taken.
function commands.adopt(command)
  -- The command has waited on its way, for example because Redis hung. The client has been refused meanwhile.
  if command.by and now > command.by then return { state = 'unsettled' } end
  local rec = find(command.s)
  if rec and isOutOfDate(rec, command) then return { state = 'outOfDate' } end
  -- The time is higher than any epoch of a node that restates the session too late, and later ones are higher still.
  if not rec or isStale(rec, command) then return { state = stateOfUnknown(command.s, command.graceMs), epoch = now } end
  if rec.n ~= '' and not command.isForced then
    if call('ZSCORE', B .. 'nodes', rec.n) then
      emit(rec, { type = 'release', to = command.n, welcomes = command.welcomes })
      return { state = 'elsewhere', epoch = rec.e }
    end
  end
  -- Another node has taken it over meanwhile, because the client went there.
  if command.isForced and rec.n ~= '' and rec.e ~= (command.e or rec.e) then return { state = 'unsettled' } end
  if rec.n ~= '' then
    -- The former node may not have received the request to release the session.
    emit(rec, { type = 'displaced', epoch = rec.e })
    orphan(rec, command.graceMs)
  end
  rec.n, rec.e = command.n, rec.e + 1
  -- Frames for the session are kept until it has claimed its room at the new node.
  rec.cp = true
  -- The new node counts its commands from 0 on. Its statement must not be taken for one of the former node.
  setGeneration(rec, -1)
  call('SADD', B .. 'n:' .. rec.n, rec.id)
  call('ZREM', B .. 'orphans', rec.id)
  -- The frames are deleted only when the session joins, because its client may lose the connection before.
  local kept, received = framesOf(rec), call('HGET', extraKey(rec.id), 'rc')
  return { state = 'taken', epoch = rec.e, frames = kept, received = received and tonumber(received) or nil }
end

-- Keeps frames for a session's client. epoch is that of their sender, if they have no numbers yet. Returns false if
-- they exceed the limit.
local function keepFrames(rec, first, frames, maxBytes, epoch)
  local key, bytes = B .. 'k:' .. rec.id, 0
  for index, frame in ipairs(frames) do
    local number = first > 0 and first + index - 1 or 0
    call('RPUSH', key, epoch and pack(number, frame, epoch) or pack(number, frame))
    bytes = bytes + #frame
  end
  call('PEXPIRE', key, endedMs)
  return call('HINCRBY', extraKey(rec.id), 'kb', bytes) <= maxBytes
end

-- The node gives the session up, because another node takes it over, or because this node stops.
function commands.release(command)
  local rec = own(command)
  -- A session that has not joined at the node has no handover. Then the frames that Redis keeps for it stay.
  if command.received then
    call('DEL', B .. 'k:' .. rec.id)
    call('HDEL', extraKey(rec.id), 'kb')
    if #command.frames > 0 then keepFrames(rec, command.first, command.frames, math.huge) end
    call('HSET', extraKey(rec.id), 'rc', command.received)
  end
  orphan(rec, command.graceMs, true)
end

-- The node has not received the answer to adopt. If it has the session, which has not joined, it gives it up.
function commands.disown(command)
  local rec = find(command.s)
  if rec and rec.n == command.n and rec.cp and rec.g == -1 then orphan(rec, command.graceMs, true) end
end

-- Keeps frames for a session that is away, in case its node dies.
function commands.keep(command)
  keepFrames(own(command), command.first, command.frames, math.huge)
end

-- Handles frames that the node of the session partner did not receive. Returns the node that has that session now, if
-- the frames must be sent there. Otherwise keeps them.
function commands.hold(command)
  local rec = find(command.partner)
  if not rec then
    -- Its node may state the session again soon. Then the frames are sent again.
    return stateOfUnknown(command.partner, 0) == 'unsettled' and command.to or nil
  end
  if rec.p ~= 'r' or rec.rm ~= command.room then return nil end
  -- The node sends the command again if the answer was lost.
  local handledKey = B .. 'h:' .. command.id
  if call('GET', handledKey) then return nil end
  -- A node that is alive receives the frames later. If the session has not claimed its room yet, the frames are kept
  -- here.
  local isAlive = rec.n ~= '' and (rec.n ~= command.to or call('ZSCORE', B .. 'nodes', rec.n))
  if isAlive and not rec.cp then return rec.n end
  call('SET', handledKey, '1', 'PX', takenMs)
  if not keepFrames(rec, 0, command.frames, command.maxBytes, command.epoch) then leaveRoom(rec, 'lost') end
end
`
