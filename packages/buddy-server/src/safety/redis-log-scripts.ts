// The scripts of the log, which Redis runs atomically, and the other commands of the log.

/** The commands that the log sends. */
export const sentCommands = [
  'EVAL',
  'HDEL',
  'HGET',
  'HSETNX',
  'HVALS',
  'MGET',
  'SADD',
  'SISMEMBER',
  'XRANGE',
] as const

/**
 * Appends an entry. A decision is appended only if it follows on the latest one.
 * KEYS: the stream, the latest decision, the measures in force, the pictures' report ids. ARGV: the node, the entry in
 * JSON, what to do in JSON, the picture. Returns the position of the entry, or false if there is another decision
 * meanwhile.
 */
export const appendScript = String.raw`
local log, head, measures, stills = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local plan = cjson.decode(ARGV[3])
if plan.hash then
  local latest = redis.call('HGET', head, 'hash')
  if latest and latest ~= plan.previousHash then return false end
  redis.call('HSET', head, 'number', plan.number, 'hash', plan.hash)
  for _, id in ipairs(plan.removed) do redis.call('HDEL', measures, id) end
  if plan.added then redis.call('HSET', measures, plan.added, plan.measure) end
end
if plan.ended then redis.call('HDEL', measures, plan.ended) end
if plan.still then
  redis.call('SET', stills .. ':' .. plan.still, ARGV[4], 'PX', plan.stillMs)
  redis.call('RPUSH', stills, plan.still)
  while redis.call('LLEN', stills) > plan.maxStills do
    redis.call('DEL', stills .. ':' .. redis.call('LPOP', stills))
  end
end
local time = redis.call('TIME')
local firstMs = math.max(0, time[1] * 1000 - plan.retentionMs)
redis.call('XTRIM', log, 'MINID', '~', string.format('%.0f', firstMs))
local id = redis.call('XADD', log, 'MAXLEN', '~', plan.maxEntries, '*', 'n', ARGV[1], 'e', ARGV[2])
redis.call('SPUBLISH', plan.channel, '')
return id
`

/**
 * Returns the number and the hash of the latest decision, and the position of the last entry. KEYS: the stream, the
 * latest decision. ARGV: the number and the hash that this node knows, which become the latest if Redis knows none, or
 * an earlier one.
 */
export const headScript = String.raw`
local log, head = KEYS[1], KEYS[2]
local known = tonumber(redis.call('HGET', head, 'number') or 0)
-- If Redis was restored from an earlier state, it has lost the decisions since then.
if known < tonumber(ARGV[1]) then redis.call('HSET', head, 'number', ARGV[1], 'hash', ARGV[2])
elseif known == 0 then return false end
local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
local latest = redis.call('HMGET', head, 'number', 'hash')
return { latest[1], latest[2], last and last[1] or '0-0' }
`
