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

-- Returns how many sessions an address has in this shard.
function commands.sessionsAt(command) return numberOf(call('HGET', B .. 'addresses', command.address)) or 0 end
`
