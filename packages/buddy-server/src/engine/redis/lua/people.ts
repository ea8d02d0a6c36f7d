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
-- A search that compares more people than this reads all whom the person remembers at once.
local maxSingleReads = 8
-- The meetings of the present call that are not written yet, by person: times, by the other person, and isLate.
local meetings

local function meetOne(person, other, atMs, isLate)
  local pending = meetings[person]
  if not pending then
    pending = { times = {}, isLate = false }
    meetings[person] = pending
  end
  pending.times[other] = math.max(atMs, pending.times[other] or atMs)
  pending.isLate = pending.isLate or isLate
end

local function saveMeetingsOf(person)
  local pending = meetings[person]
  if not pending then return end
  meetings[person] = nil
  local key, list = B .. 'm:' .. person, {}
  for other, atMs in pairs(pending.times) do
    list[#list + 1] = atMs
    list[#list + 1] = other
  end
  local isNew = call('ZADD', key, 'GT', unpack(list)) > 0
  if isNew then call('ZREMRANGEBYRANK', key, 0, -1 - math.max(1, cfg.avoidCount)) end
  -- The key expires later than needed, so that its expiry need not be set again at the end of a short room.
  if isNew or pending.isLate then call('PEXPIRE', key, math.max(1, math.ceil(cfg.avoidMs * 1.25))) end
end

local function saveMeetings()
  for person in pairs(meetings) do saveMeetingsOf(person) end
end

-- Returns when a person has met the other; nil if the person does not remember it.
local function metAt(person, other)
  local key, pending = B .. 'm:' .. person, meetings[person]
  local at = numberOf(call('ZSCORE', key, other))
  if not pending or not (at or pending.times[other]) then return at end
  -- What is written now may replace what the person remembers.
  saveMeetingsOf(person)
  return numberOf(call('ZSCORE', key, other))
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

-- Returns what a search knows of the recent partners and blocks of a person. met is nil until all partners were read.
local function acquaintancesOf(person)
  return { hasBlocks = call('EXISTS', B .. 'b:' .. person) == 1, reads = 0, met = nil }
end

local function metByOne(one, other, known)
  if known.met then return known.met[other] end
  known.reads = known.reads + 1
  if known.reads <= maxSingleReads then return metAt(one, other) end
  saveMeetingsOf(one)
  known.met = {}
  local met = call('ZRANGE', B .. 'm:' .. one, 0, -1, 'WITHSCORES')
  for index = 1, #met, 2 do known.met[met[index]] = tonumber(met[index + 1]) end
  return known.met[other]
end

-- Returns 'blocked', or 'recent' and when they have met, or nil. known are the acquaintances of one.
local function relationOf(one, other, known)
  if known.hasBlocks then
    local untilMs = numberOf(call('ZSCORE', B .. 'b:' .. one, other))
    if untilMs and untilMs > now then return 'blocked' end
  end
  local at = math.max(metByOne(one, other, known) or -1, metAt(other, one) or -1)
  if at >= 0 and at + cfg.avoidMs > now then return 'recent', at end
end

-- Returns whether everybody else in the pool is somebody whom this person avoids.
local function avoidsAll(person, pool)
  if hasMorePeople(pool, maxOthers + 1) or peopleIn(pool) > maxOthers + 1 then return false end
  local known = acquaintancesOf(person)
  for _, other in ipairs(call('HKEYS', poolKey(pool, ':pe'))) do
    if other ~= person and not relationOf(person, other, known) then return false end
  end
  return true
end
`
