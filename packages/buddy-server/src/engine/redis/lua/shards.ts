/**
 * What concerns a service with several shards; see `sharded-engine.ts`. `shards` contains the number of shards
 * (`count`), and when it was last set (`at`).
 */
export const shards = String.raw`
-- For how long the number holds after the last server that uses it has stopped without a farewell.
local numberKeptMs = 10000

-- Returns whether a server uses this shard. Each of them beats.
local function hasLiveNodes()
  return #call('ZRANGEBYSCORE', B .. 'nodes', now - numberKeptMs, '+inf', 'LIMIT', 0, 1) > 0
end

-- Returns the number of shards that the servers of the service use. If none uses any, it is the one of the command.
function commands.shards(command)
  local key = B .. 'shards'
  local v = call('HMGET', key, 'count', 'at')
  local at = numberOf(v[2])
  local isUsed = at ~= nil and at + numberKeptMs > now or hasLiveNodes()
  -- After a loss of data the number is not stored, although servers use it. The first one that asks stores its own again.
  local number = isUsed and numberOf(v[1]) or command.count
  if number == command.count and not command.isQuestion then call('HSET', key, 'count', number, 'at', now) end
  return number
end

-- Removes the number, unless a server uses it.
function commands.withdrawShards()
  if not hasLiveNodes() then call('DEL', B .. 'shards') end
end

-- Returns how many sessions an address and a site have in this shard.
function commands.sessionsAt(command)
  local ofAddress = numberOf(call('HGET', B .. 'addresses', command.address)) or 0
  local ofSite = numberOf(call('HGET', B .. 'sites', command.site)) or 0
  return { ofAddress = ofAddress, ofSite = ofSite }
end

-- Returns whether this shard has the session, and if not, why; see stateOfUnknown. For a client that has received a later
-- welcome than it says, the request is out of date.
function commands.locate(command)
  local rec = find(command.s)
  if rec and isOutOfDate(rec, command) then return { state = 'outOfDate' } end
  if rec and not isStale(rec, command) then return { state = 'here', epoch = rec.e } end
  local stored = call('GET', profileKey(command.s))
  if not stored then return { state = stateOfUnknown(command.s, command.graceMs) } end
  local _, _, _, _, _, _, hasMoved = unpackMessage(stored)
  return { state = hasMoved and 'unknown' or 'ended' }
end

-- Notes that a session whose node was declared dead, and that has ended here, continues in another shard.
local function noteMoved(command)
  local stored = call('GET', profileKey(command.s))
  if not stored then return end
  local site, addressKey, text, epoch, node, change = unpackMessage(stored)
  -- With a higher epoch, the session has come back to this shard since, and has ended here.
  if epoch and epoch <= command.e + 2 then
    call('SET', profileKey(command.s), pack(site, addressKey, text, epoch, node, change, true), 'KEEPTTL')
  end
end

-- The session continues in another shard, at the same node. Fails as fenced if another node has it, or had it and has
-- moved it elsewhere. Then this node has lost it. Nodes send the command again if they have not received the answer.
function commands.depart(command)
  local rec = find(command.s)
  if not rec then
    if wasTaken(command.s, command.n, command.e) then error({ code = 'fenced' }) end
    -- Redis has lost its data, and the partner's node may state the room again.
    if command.left then leaveFormer({ id = command.s, p = 'i' }, command.left) end
    noteMoved(command)
    return
  end
  -- Other nodes have declared this one dead, and no node has had the session since.
  local isOrphan = rec.n == '' and rec.e == command.e + 1
  -- The node has stated the session again, and has not received the answer with the new epoch.
  local isOwn = rec.n == command.n and (rec.e == command.e or rec.e == command.e + 2)
  if isOrphan or isOwn then
    call('ZREM', B .. 'orphans', rec.id)
    rec.n = command.n
    endSession(rec, command.reason, rec)
  elseif rec.n ~= command.n and rec.e > command.e then error({ code = 'fenced' })
  elseif rec.n ~= command.n and rec.e < command.e then
    -- Redis has lost its data, and a former node of the session has stated it.
    displace(rec)
    endSession(rec, 'lost', command)
  end
end

-- Ends a session that this node has taken over in another shard, where it has this higher epoch: its former node has
-- died while the session moved.
function commands.evict(command)
  local rec = find(command.s)
  if not rec or rec.e >= command.e then return end
  call('ZREM', B .. 'orphans', rec.id)
  -- The former node may still live, and state the session again. The higher epoch refuses it.
  endSession(rec, 'lost', command)
end

-- A restored session claims no room of this shard.
function commands.disclaim(command)
  for _, id in ipairs(call('SMEMBERS', B .. 'c:' .. command.s)) do
    local waiting = find(id)
    local claim = waiting and claimOf(waiting)
    if claim then failClaim(waiting, claim) end
  end
end
`
