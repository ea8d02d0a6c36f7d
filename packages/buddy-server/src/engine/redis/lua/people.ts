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

local function meetOne(person, other, atMs, isLate)
  local key = B .. 'm:' .. person
  local isNew = call('ZADD', key, 'GT', atMs, other) == 1
  if isNew then call('ZREMRANGEBYRANK', key, 0, -1 - math.max(1, cfg.avoidCount)) end
  -- The key expires later than needed, so that its expiry need not be set again at the end of a short room.
  if isNew or isLate then call('PEXPIRE', key, math.max(1, math.ceil(cfg.avoidMs * 1.25))) end
end

-- roomMs is how long the two were in the room that ends now; nil if it begins now.
local function meet(one, other, atMs, roomMs)
  if one == other or cfg.avoidMs <= 0 then return end
  local isLate = not roomMs or roomMs > cfg.avoidMs / 4
  meetOne(one, other, atMs, isLate)
  meetOne(other, one, atMs, isLate)
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

-- Returns the recent partners of a person, and whether the person has blocks. It is read once for each search, which
-- compares the person with many others.
local function acquaintancesOf(person)
  local known = { met = {}, hasBlocks = call('EXISTS', B .. 'b:' .. person) == 1 }
  local met = call('ZRANGE', B .. 'm:' .. person, 0, -1, 'WITHSCORES')
  for index = 1, #met, 2 do known.met[met[index]] = tonumber(met[index + 1]) end
  return known
end

-- Returns 'blocked', or 'recent' and when they have met, or nil. known are the acquaintances of one.
local function relationOf(one, other, known)
  if known.hasBlocks then
    local untilMs = numberOf(call('ZSCORE', B .. 'b:' .. one, other))
    if untilMs and untilMs > now then return 'blocked' end
  end
  local at = math.max(known.met[other] or -1, numberOf(call('ZSCORE', B .. 'm:' .. other, one)) or -1)
  if at >= 0 and at + cfg.avoidMs > now then return 'recent', at end
end

-- Returns whether everybody else in the pool is somebody whom this person avoids.
local function avoidsAll(person, pool)
  if peopleIn(pool) > maxOthers + 1 then return false end
  savePeople()
  local known = acquaintancesOf(person)
  for _, other in ipairs(call('HKEYS', poolKey(pool, ':pe'))) do
    if other ~= person and not relationOf(person, other, known) then return false end
  end
  return true
end
`
