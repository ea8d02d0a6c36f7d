/**
 * The index of the waiting tickets of a pool; see `memory/ticket-index.ts` for the rule. A ticket is in one
 * sorted set for each of its interests (and one for all who are free in interests) and each of its languages.
 * The score is since when it waits. Tickets whose keys are parked (see `fair-share.ts`) have indexes of their
 * own. A ticket that asks for attributes, or has some, is in a set of those that are equal in both. A ticket with a
 * region is in sets of this region, and once it is free in regions, also in those without one.
 */
export const ticketIndex = String.raw`
local maxCompared, maxComparedInAll, maxSkipped, maxGroups = 4, 8, 64, 64

local function indexPrefix(w, region)
  return poolKey(w.pool, ':x' .. (w.px or '') .. (region ~= '' and '\3' .. region or '') .. '\1')
end

-- Returns the regions whose lists a ticket is in, and visits. The empty one has those that are free in regions.
local function regionsOf(w)
  if w.rg == '' then return { '' } end
  return w.fR and { w.rg, '' } or { w.rg }
end

-- Calls act with the key of each list in which the ticket is.
local function eachList(w, act)
  local prefix
  local function inBucket(bucket)
    local list = prefix .. bucket .. '\1'
    act(list .. '*')
    if #w.la == 0 then act(list .. '-') return end
    for _, language in ipairs(w.la) do act(list .. language) end
    if w.fL then act(list .. '+') end
  end
  for _, region in ipairs(regionsOf(w)) do
    prefix = indexPrefix(w, region)
    for _, interest in ipairs(w.ik) do inBucket('i' .. interest) end
    if w.fI then inBucket('f') end
  end
end

-- Counts tickets of one kind in the list, so that a search can find all kinds.
local function countGroup(list, kind, signature, by)
  local key = list .. '\1' .. kind
  if call('HINCRBY', key, signature, by) <= 0 then call('HDEL', key, signature) end
end

-- Counts the tickets in the index that ask for attributes (asking) and those without languages (plain).
local function countKind(pool, kind, by)
  local key = poolKey(pool, ':k')
  local left = call('HINCRBY', key, kind, by)
  if left <= 0 then call('HDEL', key, kind) end
  poolOf(pool)[kind] = left > 0
end

-- Returns whether there are tickets of this kind in the index.
local function hasKind(pool, kind)
  local known = poolOf(pool)
  if known[kind] == nil then
    local v = call('HMGET', poolKey(pool, ':k'), 'asking', 'plain')
    known.asking, known.plain = v[1] ~= false, v[2] ~= false
  end
  return known[kind]
end

local function addToIndex(rec)
  local w, id = rec.w, rec.id
  eachList(w, function(list)
    if w.ag ~= '' then
      call('ZADD', list .. '\1a' .. w.ag, w.since, id)
      countGroup(list, 'A', w.ag, 1)
      return
    end
    call('ZADD', list, w.since, id)
    if w.sg == '' then return end
    call('ZADD', list .. '\1s' .. w.sg, w.since, id)
    countGroup(list, 'S', w.sg, 1)
  end)
  if w.ag ~= '' then countKind(w.pool, 'asking', 1) end
  if #w.la == 0 then countKind(w.pool, 'plain', 1) end
  w.ix = true
end

local function removeFromIndex(rec)
  local w, id = rec.w, rec.id
  if not w.ix then return end
  eachList(w, function(list)
    if w.ag ~= '' then
      call('ZREM', list .. '\1a' .. w.ag, id)
      countGroup(list, 'A', w.ag, -1)
      return
    end
    call('ZREM', list, id)
    if w.sg == '' then return end
    call('ZREM', list .. '\1s' .. w.sg, id)
    countGroup(list, 'S', w.sg, -1)
  end)
  if w.ag ~= '' then countKind(w.pool, 'asking', -1) end
  if #w.la == 0 then countKind(w.pool, 'plain', -1) end
  w.ix = nil
end

-- The nodes that stop soon; nil until the present call has read them.
local leaving

local function isLeaving(node)
  if not leaving then
    leaving = {}
    for _, id in ipairs(call('SMEMBERS', B .. 'leaving')) do leaving[id] = true end
  end
  return leaving[node] or false
end

local function satisfies(attributes, asks)
  for _, ask in ipairs(asks) do
    local value = attributes[ask.attribute]
    local isFound = false
    for _, wanted in ipairs(ask.values) do if wanted == value then isFound = true end end
    if value == nil or not isFound then return false end
  end
  return true
end

-- Returns the best partner for a ticket (which may be in the index too): the one with most common interests, then
-- one of the own region, then one who stays at its node if the session does, then the one that has waited longest.
-- Among those that have waited almost equally long, one of the own node is better, because the frames between the two
-- then stay in one process.
-- accepts(candidate) returns whether the two people may meet, as far as their tickets do not decide it.
local function search(rec, accepts)
  local w = rec.w
  local best, bestOverlap, compared = nil, -1, 0
  local seen, own = {}, {}
  for _, interest in ipairs(w.ik) do own[interest] = true end
  local isAsked, hasPlain = hasKind(w.pool, 'asking'), hasKind(w.pool, 'plain')

  -- Whether only one of the two is at a node that stops soon.
  local function isApart(other) return isLeaving(other.n) ~= isLeaving(rec.n) end

  local function isPreferred(other)
    if (other.w.rg == w.rg) ~= (best.w.rg == w.rg) then return other.w.rg == w.rg end
    if isApart(other) ~= isApart(best) then return isApart(best) end
    local isNear = math.abs(other.w.since - best.w.since) < cfg.nearMs
    if isNear and (other.n == rec.n) ~= (best.n == rec.n) then return other.n == rec.n end
    return other.w.since < best.w.since
  end

  local function consider(id)
    if id == rec.id then return false end
    local other = find(id)
    if not other or not other.w or not accepts(other) then return false end
    local isSecond = isApart(other)
    if not isSecond then compared = compared + 1 end
    local overlap = 0
    for _, interest in ipairs(other.w.ik) do if own[interest] then overlap = overlap + 1 end end
    local isBetter = not best or overlap > bestOverlap or (overlap == bestOverlap and isPreferred(other))
    if isBetter then best, bestOverlap = other, overlap end
    -- If one of the two must change its node soon, the search continues: an equally good partner may stay at its node.
    return not isSecond
  end

  local function visitGroup(key, maxChoices)
    local from, size, choices, skipped = 0, maxChoices, 0, 0
    local firstSince
    -- A ticket after the first may be equally good and of the same node.
    local function isDone(other)
      if compared >= maxComparedInAll or choices >= maxCompared then return true end
      if choices < maxChoices then return false end
      return best.n == rec.n or other.w.since - firstSince >= cfg.nearMs
    end
    while true do
      local ids = call('ZRANGE', key, from, from + size - 1)
      for _, id in ipairs(ids) do
        if seen[id] == nil then seen[id] = consider(id) end
        if seen[id] then
          local other = find(id)
          choices, firstSince = choices + 1, firstSince or other.w.since
          if isDone(other) then return end
        else
          skipped = skipped + 1
          if skipped == maxSkipped then return end
        end
      end
      if #ids < size then return end
      from, size = from + size, 16
    end
  end

  local function visitGroups(list, kind, maxChoices)
    local directory = list .. '\1' .. string.upper(kind)
    local signatures
    if call('HLEN', directory) > maxGroups then signatures = call('HRANDFIELD', directory, maxGroups)
    else signatures = call('HKEYS', directory) end
    for _, signature in ipairs(signatures) do
      local key = list .. '\1' .. kind .. signature
      local first = call('ZRANGE', key, 0, 0)[1]
      local other = first and find(first)
      if other and other.w and satisfies(other.w.at, w.as) and satisfies(w.at, other.w.as) then
        visitGroup(key, maxChoices)
      end
    end
  end

  local function visitList(list, maxChoices)
    if #w.as == 0 then visitGroup(list, maxChoices)
    else visitGroups(list, 's', maxChoices) end
    if isAsked then visitGroups(list, 'a', maxChoices) end
  end

  local prefix
  local function visitBucket(bucket, maxChoices)
    local list = prefix .. bucket .. '\1'
    if #w.la == 0 then visitList(list .. '*', maxChoices) return end
    if hasPlain then visitList(list .. '-', maxChoices) end
    for _, language in ipairs(w.la) do visitList(list .. language, maxChoices) end
    if w.fL then visitList(list .. '+', maxChoices) end
  end

  -- With one interest all tickets of its bucket are equal, and the first is the best.
  local maxChoices = #w.ik > 1 and maxCompared or 1
  for _, region in ipairs(regionsOf(w)) do
    prefix = indexPrefix(w, region)
    for _, interest in ipairs(w.ik) do visitBucket('i' .. interest, maxChoices) end
    if w.fI then visitBucket('f', 1) end
  end
  return best
end
`
