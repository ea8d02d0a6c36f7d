import { enterFields } from '../stored-ticket.ts'

/**
 * The commands of nodes. One call contains several, which are handled in order. Each answer is a list: what went wrong
 * or false, the events, the pairs, and the result.
 */
export const commands = String.raw`

-- Admits a new session, or a session of this node to another address, unless the site or the address has too many
-- sessions. Returns which of the two is full, and by how many sessions.
function commands.admit(command)
  local rec, profile = find(command.s), command.f
  local site, addressKey = profile[1], profile[2]
  if rec and rec.n ~= command.n then
    if rec.e >= command.e then error({ code = 'fenced' }) end
    -- A former node has stated the session after a loss of data. The session counts already, and its join
    -- displaces the statement of that node.
    return
  end
  local former = rec and profileOf(rec.id)
  local siteExcess = excessAt('sites', site, command.maxOfSite)
  if not former and siteExcess >= 0 then return { full = 'site', excess = siteExcess } end
  local excess = excessAt('addresses', addressKey, command.maxOfAddress)
  local _, formerAddressKey
  if former then _, formerAddressKey = unpackMessage(former) end
  if addressKey ~= formerAddressKey and excess >= 0 then
    return { full = 'address', excess = excess }
  end
  if not rec then
    rec = create(command.s, command.n, command.e)
    call('SADD', B .. 'n:' .. rec.n, rec.id)
    rec.k = command.k
    put(rec)
    setGeneration(rec, command.g)
  end
  setProfile(rec, profile)
end

-- Gives back the place of a session that was admitted and did not join.
function commands.cancel(command)
  local rec = find(command.s)
  if not rec or rec.n ~= command.n then return end
  endSession(rec, 'lost')
  -- It was in no room, so no report needs its profile.
  call('DEL', profileKey(command.s))
end

function commands.join(command)
  local rec = find(command.s)
  -- A session that the node has taken over keeps its place: its room or its claim.
  local isOwn = rec and rec.n == command.n and rec.e == command.e
  if rec and not isOwn and (command.isAdopted or rec.n ~= command.n) then
    -- Another node has taken it over meanwhile, and the session keeps its place there.
    if rec.e >= command.e then error({ code = 'fenced' }) end
    -- Redis had lost its data, and a former node of the session has stated it first.
    leave(rec, 'lost')
    visit(rec, nil)
    displace(rec)
    call('HDEL', extraKey(rec.id), 'ws', 'wc')
  elseif rec and rec.e < command.e then
    -- The session has left this shard and comes back, and Redis has not received the command by which it left.
    leave(rec, 'lost')
    visit(rec, nil)
    call('HDEL', extraKey(rec.id), 'ws')
  end
  local isTaken = command.isAdopted and isOwn
  if isTaken then
    rec.a = nil
    put(rec)
    joinTaken(rec, command.taken or 0)
  else
    rec = create(command.s, command.n, command.e)
    rec.a = nil
    call('SADD', B .. 'n:' .. rec.n, rec.id)
  end
  rec.k, rec.cp = command.k, isTaken or command.isRestored or false
  put(rec)
  setGeneration(rec, command.g)
  setProfile(rec, command.f)
end

function commands.enter(command)
  local rec = own(command)
  -- The node sends a command again if its answer was lost. This one was handled before.
  if rec.g >= command.g then return end
  leave(rec, 'next')
  dropFrames(rec)
  setGeneration(rec, command.g)
  local w = command.w
  w.since0 = now
  w.since = ordered(now)
  regainPlace(rec, w)
  rec.w = w
  setPlace(rec, 'q')
  if rec.a then put(rec) else queue(rec, command.isOffered) end
end

function commands.change(command)
  local rec = own(command)
  local former = rec.w
  if rec.p ~= 'q' or not former then return end
  local w = command.w
  if not former.isQueued then
    w.since, w.since0 = former.since, former.since0
    rec.w = w
    put(rec)
    return
  end
  local wasIndexed, hasSameKeys = former.ix, table.concat(former.fk, '\1') == table.concat(w.fk, '\1')
  removeFromIndex(rec)
  if not hasSameKeys then removeFairKeys(rec) end
  for _, name in ipairs({ 'since', 'since0', 'isQueued', 'held', 'hu', 'rf', 'us', 'fw', 'px' }) do w[name] = former[name] end
  w.iS = table.concat(former.ik, '\1') == table.concat(w.ik, '\1') and former.iS or now
  w.lS = table.concat(former.la, '\1') == table.concat(w.la, '\1') and former.lS or now
  w.fI, w.fL, w.fR = widen(w)
  rec.w = w
  if not hasSameKeys then
    addFairKeys(rec)
    w.px = parkedKeysOf(w, rec.id)
  end
  -- Makes report emit the state of the search, even if the change has no effect on it.
  w.told = ''
  if wasIndexed then
    addToIndex(rec)
    searchOrWait(rec)
  else wait(rec) end
end

function commands.leave(command)
  local rec = own(command)
  if rec.g >= command.g then return end
  leave(rec, command.reason)
  visit(rec, nil)
  setGeneration(rec, command.g)
end

function commands.away(command)
  local rec = own(command)
  rec.a = now
  put(rec)
  withdraw(rec)
  visit(rec, nil)
  changePresence(rec, false)
end

function commands.back(command)
  local rec = own(command)
  -- The node has written them to the new connection.
  removeFrames(rec, true)
  rec.a = nil
  put(rec)
  if command.f then setProfile(rec, command.f) end
  changePresence(rec, true)
  local room = rec.p == 'r' and roomOf(rec.rm)
  if room and room.pool then visit(rec, room.pool) end
  if rec.p == 'q' and rec.w then queue(rec) end
end

function commands.claim(command)
  local rec = own(command)
  setGeneration(rec, command.g)
  if command.isAdopted then
    rec.cp = false
    put(rec)
    continueRoom(rec, command.claim, takeFrames(rec))
  elseif not rejoinRoom(rec, command.claim) then handleClaim(rec, command.claim, command.inMs) end
end

-- The session leaves a room that Redis has in its record, because its node has dropped the match after a loss of data,
-- or has left the room since it sent the statement of the session.
function commands.decline(command) leaveFormer(own(command), command.left) end

-- A client resumes the session at the node, so the node has the latest state of the session.
function commands.resumed(command) call('HDEL', extraKey(own(command).id), 'ws') end

-- The client has received the welcome with this number, so older resume tokens are out of date.
function commands.welcomed(command) call('HSET', extraKey(own(command).id), 'wc', command.welcomes) end

function commands.failClaim(command)
  local rec = own(command)
  local claim = claimOf(rec)
  if claim and claim.roomId == command.room then failClaim(rec, claim) end
end

-- Blocks the partner of a former or present room. Returns the latest profile of the partner, if it is known. A block
-- concerns two people, not a session, so it is accepted even if another node has the session now.
function commands.block(command)
  if textOf(command.partnerKey) then block(command.k, command.partnerKey, now + cfg.blockMs) end
  return profileTextOf(command.partner)
end

-- Does nothing. Its answer shows the node that all earlier commands were handled.
function commands.nothing() return nil end

commands['end'] = function(command)
  local rec = find(command.s)
  -- The node sends the command again if its answer was lost.
  if not rec and command.left then leaveFormer({ id = command.s }, command.left) return end
  -- The node has stated the session again, and has not received the answer with the new epoch.
  local isRestated = rec and rec.n == command.n and rec.e == command.e + 2
  endSession(isRestated and rec or own(command), command.reason)
end

function commands.due(command)
  local rec = own(command)
  local w = rec.w
  if rec.p ~= 'q' or not w or not w.isQueued then return end
  w.iM, w.lM, w.rM = unpack(command.schedule)
  for _, key in ipairs(fairKeysOf(w)) do checkParked(w.pool, key, searchOrWait) end
  if rec.p ~= 'q' or not rec.w then return end
  local isNew = not w.ix and now - w.since0 >= w.delay
  local isWider = applyWidening(rec)
  if isNew then
    w.px = parkedKeysOf(w, rec.id)
    addToIndex(rec)
  end
  if isNew or isWider or w.held then searchOrWait(rec) else wait(rec) end
end

function commands.abandon(command) abandonIfDue(command.room) end

function commands.freed() return handleRoomFreed() end

-- Ends rooms whose sessions have both been away for some time. Returns the number of rooms that were due.
function commands.sweep(command)
  local rooms = call('ZRANGEBYSCORE', B .. 'emptied', '-inf', now - command.awayMs, 'LIMIT', 0, 64)
  for _, id in ipairs(call('ZRANGEBYSCORE', B .. 'abandoned', '-inf', now - command.awayMs, 'LIMIT', 0, 64)) do
    rooms[#rooms + 1] = id
  end
  for _, id in ipairs(rooms) do
    local room = roomOf(id)
    if room then dissolve(room) else keepRoom(id) end
  end
  return #rooms
end

function commands.pair(command)
  local untilMs = command.untilMs
  if command.kind == 'blocked' then block(command.one, command.other, untilMs)
  elseif untilMs > now then meet(command.one, command.other, untilMs - cfg.avoidMs) end
  pairsOut = {}
end

-- Adds the people whom a person has met in other shards, when the person's session moves to this one.
function commands.met(command)
  for _, pair in ipairs(command.met) do
    local other, untilMs = unpack(pair)
    if untilMs > now then meet(command.k, other, untilMs - cfg.avoidMs) end
  end
  pairsOut = {}
end

-- The commands in which room is an existing room. In all others it is the id for a room that the command may open.
local namesRoom = { abandon = true, failClaim = true, hold = true }

-- Writes what the call has changed.
local function saveAll()
  saveMeetings()
  saveSessions()
  saveRooms()
  savePeople()
  saveIndexes()
  saveFairKeys()
  saveFairStates()
  saveWaits()
  if areTotalsChanged then
    call('HSET', B .. 'counts', 'waiting', totals.waiting, 'rooms', totals.rooms, 'abandoned', totals.abandoned, 'order', totals.order, 'users', totals.users)
  end
end

-- Reads what most commands need, by few commands of Redis. values contains the tickets and the fields of enter, by their
-- numbers plus 1; see packCall.
local function readAhead(list, values)
  local ids, wishes = {}, {}
  for index = 1, #list do
    local command = list[index]
    if type(command) == 'number' then
      command = { c = 'enter', ${enterFields.map((name, index) => `${name} = values[command + ${index + 1}]`).join(', ')}, w = command + ${enterFields.length} }
      list[index] = command
    end
    ids[#ids + 1] = command.s
    if command.w then
      command.w = ticketFrom(values[1 + command.w])
      wishes[#wishes + 1] = command.w
    end
  end
  readSessions(ids)
  readRooms(ids)
  if #wishes > 0 then readBlocks(ids) end
  readFairStates(wishes)
end

local function handle(keys, args)
  call, pack, unpackMessage = redis.call, cmsgpack.pack, cmsgpack.unpack
  B = keys[1]
  -- The tickets of the commands follow the rest.
  local values = { unpackMessage(args[1]) }
  local batch = values[1]
  leaving, dissolved, commandCount, seenBy, unblocked = nil, 0, #batch.commands, {}, {}
  cfg = batch.cfg
  if batch.now then now = batch.now
  else
    local time = call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  nowText = string.format('%.17g', now)
  recs, rooms, changed, pools, fairStates, waitsOfKinds, meetings, changedRooms = {}, {}, {}, {}, {}, {}, {}, {}
  readTotals()
  readAhead(batch.commands, values)
  local answers = {}
  for index, command in ipairs(batch.commands) do
    out, pairsOut = {}, {}
    roomId, nextRoom = not namesRoom[command.c] and command.room or (batch.fresh or '') .. '-' .. index, 0
    local isDone, result = pcall(commands[command.c], command)
    local failure = false
    if not isDone then
      failure = type(result) == 'table' and (result.code or result.err) or tostring(result)
      result = nil
    end
    answers[index] = { failure, out, pairsOut, result or false }
  end
  saveAll()
  return pack({ { totals.waiting, totals.rooms, totals.users, totals.since > 0 and totals.since or false }, answers })
end
`
