/**
 * Who has met whom recently, and who may never meet. `m:<person>` contains the people that a person remembers,
 * with the time of the meeting, and `b:<person>` those whom the person may not meet, with the end of the block.
 * Two people avoid each other if one of the two remembers the other.
 */
export const people = String.raw`
-- A person with more pairs than this loses the oldest.
local maxPairs = 1000
-- Recent partners meet again only if there are at most this number of other people to compare.
local maxOthers = 64

local function meetOne(person, other, atMs)
  local key = B .. 'm:' .. person
  call('ZADD', key, 'GT', atMs, other)
  call('ZREMRANGEBYRANK', key, 0, -1 - math.max(1, cfg.avoidCount))
  call('PEXPIRE', key, math.max(1, math.ceil(cfg.avoidMs)))
end

local function meet(one, other, atMs)
  if one == other or cfg.avoidMs <= 0 then return end
  meetOne(one, other, atMs)
  meetOne(other, one, atMs)
  pairsOut[#pairsOut + 1] = { 'met', one, other, atMs + cfg.avoidMs }
end

local function blockOne(person, other, untilMs)
  local key = B .. 'b:' .. person
  call('ZADD', key, 'GT', untilMs, other)
  call('ZREMRANGEBYRANK', key, 0, -1 - maxPairs)
  local last = call('ZRANGE', key, -1, -1, 'WITHSCORES')
  call('PEXPIRE', key, math.max(1, math.ceil(tonumber(last[2]) - now)))
end

local function block(one, other, untilMs)
  if one == other then return end
  blockOne(one, other, untilMs)
  blockOne(other, one, untilMs)
  pairsOut[#pairsOut + 1] = { 'blocked', one, other, untilMs }
end

-- Returns when two people have met, if one of them remembers it.
local function metAt(one, other)
  local a = numberOf(call('ZSCORE', B .. 'm:' .. one, other))
  local b = numberOf(call('ZSCORE', B .. 'm:' .. other, one))
  local at = math.max(a or -1, b or -1)
  if at >= 0 and at + cfg.avoidMs > now then return at end
end

-- Returns 'blocked', or 'recent' and when they have met, or nil.
local function relationOf(one, other)
  local untilMs = numberOf(call('ZSCORE', B .. 'b:' .. one, other))
  if untilMs and untilMs > now then return 'blocked' end
  local at = metAt(one, other)
  if at then return 'recent', at end
end

-- Returns whether everybody else in the pool is somebody whom this person avoids.
local function avoidsAll(person, pool)
  if peopleIn(pool) > maxOthers + 1 then return false end
  for _, other in ipairs(call('HKEYS', poolKey(pool, ':pe'))) do
    if other ~= person and not relationOf(person, other) then return false end
  end
  return true
end
`
