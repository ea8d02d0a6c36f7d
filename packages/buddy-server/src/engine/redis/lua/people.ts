/**
 * Who has met whom recently, and who may never meet. `m:<person>` contains the people that a person remembers,
 * with the time of the meeting, and `b:<person>` those whom the person may not meet, with the end of the block.
 * Two people avoid each other if one of the two remembers the other.
 */
export const people = String.raw`
local saveMeetings, meet, block, readBlocks, acquaintancesOf, relationOf, avoidsAll
-- Recent partners meet again only if there are at most this number of other people to compare.
local maxOthers = 64
-- The meetings of the present call that are not written yet, by person: the session, and the times by the other person.
local meetings
-- The people without blocks, as far as the present call has read them.
local unblocked

do
-- If a person has more pairs than this, the oldest are deleted.
local maxPairs = 1000
-- A search that compares more people than this reads all whom the person remembers at once.
local maxSingleReads = 8
-- The oldest of more partners than a person remembers are forgotten after this number of meetings.
local trimAfter = 8

local function meetOne(person, other, atMs, rec)
  local pending = meetings[person]
  if not pending then
    pending = { times = {}, rec = nil }
    meetings[person] = pending
  end
  pending.times[other] = math.max(atMs, pending.times[other] or atMs)
  pending.rec = rec or pending.rec
end

local function rememberedCount() return math.max(1, cfg.avoidCount) end

local function saveMeetingsOf(person)
  local pending = meetings[person]
  if not pending then return end
  meetings[person] = nil
  local key, list = B .. 'm:' .. person, {}
  for other, atMs in pairs(pending.times) do
    list[#list + 1] = atMs == now and nowText or atMs
    list[#list + 1] = other
  end
  local added = call('ZADD', key, 'GT', unpack(list))
  -- What the session knows of the key. It may have ended.
  local rec = pending.rec
  if rec and recs[rec.id] ~= rec then rec = nil end
  local meetingCount = (rec and rec.mc or trimAfter) + added
  if meetingCount > trimAfter then
    call('ZREMRANGEBYRANK', key, 0, -1 - rememberedCount())
    meetingCount = 0
  end
  local keptUntil = rec and rec.mx or 0
  -- The key expires later than needed, so that few meetings change its expiry.
  if keptUntil < now + cfg.avoidMs or keptUntil > now + 2 * cfg.avoidMs then
    keptUntil = now + 2 * cfg.avoidMs
    call('PEXPIRE', key, math.max(1, math.ceil(2 * cfg.avoidMs)))
  end
  if rec and (rec.mc ~= meetingCount or rec.mx ~= keptUntil) then
    rec.mc, rec.mx = meetingCount, keptUntil
    put(rec)
  end
end

function saveMeetings()
  for person in pairs(meetings) do saveMeetingsOf(person) end
end

-- Returns when a person has met the other; nil if the person does not remember it.
local function metAt(person, other)
  local key, pending = B .. 'm:' .. person, meetings[person]
  local at = numberOf(call('ZSCORE', key, other))
  if not at and not (pending and pending.times[other]) then return nil end
  -- What is written now may be newer, and replace older meetings.
  saveMeetingsOf(person)
  local rank = call('ZREVRANK', key, other)
  return rank and rank < rememberedCount() and numberOf(call('ZSCORE', key, other)) or nil
end

-- oneRec and otherRec are sessions of the two people, if they are known.
function meet(one, other, atMs, oneRec, otherRec)
  if one == other or cfg.avoidMs <= 0 then return end
  meetOne(one, other, atMs, oneRec)
  meetOne(other, one, atMs, otherRec)
  pairsOut[#pairsOut + 1] = { 'met', one, other, atMs + cfg.avoidMs }
end

local function blockOne(person, other, untilMs)
  unblocked[person] = nil
  local key = B .. 'b:' .. person
  call('ZADD', key, 'GT', untilMs, other)
  call('ZREMRANGEBYRANK', key, 0, -1 - maxPairs)
  local last = call('ZRANGE', key, -1, -1, 'WITHSCORES')
  call('PEXPIRE', key, math.max(1, math.ceil(tonumber(last[2]) - now)))
end

function block(one, other, untilMs)
  if one == other then return end
  blockOne(one, other, untilMs)
  blockOne(other, one, untilMs)
  pairsOut[#pairsOut + 1] = { 'blocked', one, other, untilMs }
end

-- Finds out by one command whether any of the sessions belongs to a person with blocks. Few do.
function readBlocks(ids)
  local keys, persons = {}, {}
  for index = 1, #ids do
    local rec = recs[ids[index]]
    if rec then
      persons[#persons + 1] = rec.k
      keys[#keys + 1] = B .. 'b:' .. rec.k
    end
  end
  if #keys == 0 or call('EXISTS', unpack(keys)) > 0 then return end
  for index = 1, #persons do unblocked[persons[index]] = true end
end

-- Returns what a search knows of the recent partners and blocks of a person. met is nil until all partners were read.
function acquaintancesOf(person)
  return { hasBlocks = not unblocked[person] and call('EXISTS', B .. 'b:' .. person) == 1, reads = 0, met = nil }
end

local function metByOne(one, other, known)
  if known.met then return known.met[other] end
  known.reads = known.reads + 1
  if known.reads <= maxSingleReads then return metAt(one, other) end
  saveMeetingsOf(one)
  known.met = {}
  local met = call('ZRANGE', B .. 'm:' .. one, -rememberedCount(), -1, 'WITHSCORES')
  for index = 1, #met, 2 do known.met[met[index]] = tonumber(met[index + 1]) end
  return known.met[other]
end

-- Returns 'blocked', or 'recent' and when they have met, or nil. known are the acquaintances of one.
function relationOf(one, other, known)
  if known.hasBlocks then
    local untilMs = numberOf(call('ZSCORE', B .. 'b:' .. one, other))
    if untilMs and untilMs > now then return 'blocked' end
  end
  local at = math.max(metByOne(one, other, known) or -1, metAt(other, one) or -1)
  if at >= 0 and at + cfg.avoidMs > now then return 'recent', at end
end

-- Returns whether everybody else in the pool is somebody whom this person avoids.
function avoidsAll(person, pool)
  if hasMorePeople(pool, maxOthers + 1) or peopleIn(pool) > maxOthers + 1 then return false end
  local known = acquaintancesOf(person)
  for _, other in ipairs(call('HKEYS', poolKey(pool, ':pe'))) do
    if other ~= person and not relationOf(person, other, known) then return false end
  end
  return true
end
end
`
