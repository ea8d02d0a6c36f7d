/**
 * The index of the waiting tickets of a pool; see `memory/ticket-index.ts` for the rule. A ticket is in one
 * sorted set for each of its interests (and one for all who are free in interests) and each of its languages.
 * The score is since when it waits. Tickets whose keys are parked (see `fair-share.ts`) have indexes of their
 * own. A ticket that asks for attributes, or has some, is in a set of those that are equal in both.
 */
export const ticketIndex = String.raw`
local maxCompared, maxComparedInAll, maxSkipped, maxGroups = 4, 8, 64, 64

-- Calls act with the key of each list in which the ticket is.
local function eachList(w, act)
  local prefix = poolKey(w.pool, ':x' .. (w.px or '') .. '\1')
  local function inBucket(bucket)
    local list = prefix .. bucket .. '\1'
    act(list .. '*')
    if #w.la == 0 then act(list .. '-') return end
    for _, language in ipairs(w.la) do act(list .. language) end
    if w.fL then act(list .. '+') end
  end
  for _, interest in ipairs(w.ik) do inBucket('i' .. interest) end
  if w.fI then inBucket('f') end
end

-- Counts tickets of one kind in the list, so that a search can find all kinds.
local function countGroup(list, kind, signature, by)
  local key = list .. '\1' .. kind
  if call('HINCRBY', key, signature, by) <= 0 then call('HDEL', key, signature) end
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
  if w.ag ~= '' then call('HINCRBY', poolKey(w.pool, ':k'), 'asking', 1) end
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
  if w.ag ~= '' and call('HINCRBY', poolKey(w.pool, ':k'), 'asking', -1) <= 0 then
    call('HDEL', poolKey(w.pool, ':k'), 'asking')
  end
  w.ix = nil
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

-- Returns the best partner for a ticket, which may be in the index itself.
-- accepts(candidate) returns whether the two people may meet, as far as their tickets do not decide it.
local function search(rec, accepts)
  local w = rec.w
  local best, bestOverlap, compared = nil, -1, 0
  local seen, own = {}, {}
  for _, interest in ipairs(w.ik) do own[interest] = true end
  local isAsked = call('HEXISTS', poolKey(w.pool, ':k'), 'asking') == 1

  local function consider(id)
    if id == rec.id then return false end
    local other = find(id)
    if not other or not other.w or not accepts(other) then return false end
    compared = compared + 1
    local overlap = 0
    for _, interest in ipairs(other.w.ik) do if own[interest] then overlap = overlap + 1 end end
    local isBetter = not best or overlap > bestOverlap
      or (overlap == bestOverlap and other.w.since < best.w.since)
    if isBetter then best, bestOverlap = other, overlap end
    return true
  end

  local function visitGroup(key, maxChoices)
    local from, size, choices, skipped = 0, maxChoices, 0, 0
    while true do
      local ids = call('ZRANGE', key, from, from + size - 1)
      for _, id in ipairs(ids) do
        if seen[id] == nil then seen[id] = consider(id) end
        if seen[id] then
          choices = choices + 1
          if choices == maxChoices or compared >= maxComparedInAll then return end
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

  local function visitBucket(bucket, maxChoices)
    local list = poolKey(w.pool, ':x' .. (w.px or '') .. '\1') .. bucket .. '\1'
    if #w.la == 0 then visitList(list .. '*', maxChoices) return end
    visitList(list .. '-', maxChoices)
    for _, language in ipairs(w.la) do visitList(list .. language, maxChoices) end
    if w.fL then visitList(list .. '+', maxChoices) end
  end

  -- With one interest all tickets of its bucket are equal, and the first is the best.
  local maxChoices = #w.ik > 1 and maxCompared or 1
  for _, interest in ipairs(w.ik) do visitBucket('i' .. interest, maxChoices) end
  if w.fI then visitBucket('f', 1) end
  return best
end
`
