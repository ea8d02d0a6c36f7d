/**
 * The index of the waiting tickets of a pool; see `memory/ticket-index.ts` for the rule. A ticket is in one
 * list for each of its interests (and one for all who are free in interests) and each of its languages, ordered by
 * since when it waits. Tickets whose keys are parked (see `fair-share.ts`) have indexes of their own. A ticket that
 * asks for attributes, or has some, is in a list of those that are equal in both. A ticket with a region is in lists of
 * this region, and once it is free in regions, also in those without one.
 *
 * All lists of a pool are parts of one sorted set, whose members begin with the name of the list and the time, so that
 * one command adds a ticket to all of its lists.
 */
export const ticketIndex = String.raw`
local addToIndex, removeFromIndex, saveKinds, search
-- The nodes that stop soon; nil until the present call has read them.
local leaving

do
local maxCompared, maxComparedInAll, maxSkipped, maxGroups = 4, 8, 64, 64
-- A number costs more than a text as an argument of a command, because Redis formats it.
local texts = { '1', '2', '3', '4' }
texts[16] = '16'

local function indexKey(pool) return poolKey(pool, ':x') end

local function indexPrefix(w, region)
  return (w.px or '') .. (region ~= '' and '\3' .. region or '') .. '\1'
end

-- Returns the regions whose lists a ticket is in, and visits. The empty one has those that are free in regions.
local function regionsOf(w)
  if w.rg == '' then return { '' } end
  return w.fR and { w.rg, '' } or { w.rg }
end

-- Returns the names of all lists in which the ticket is, without those of attributes.
local function listsOf(w)
  local lists, languages = {}, w.la
  local prefix
  local function addBucket(bucket)
    local list = prefix .. bucket .. '\1'
    lists[#lists + 1] = list .. '*'
    if #languages == 0 then
      lists[#lists + 1] = list .. '-'
      return
    end
    for _, language in ipairs(languages) do lists[#lists + 1] = list .. language end
    if w.fL then lists[#lists + 1] = list .. '+' end
  end
  for _, region in ipairs(regionsOf(w)) do
    prefix = indexPrefix(w, region)
    for _, interest in ipairs(w.ik) do addBucket('i' .. interest) end
    if w.fI then addBucket('f') end
  end
  return lists
end

-- Counts tickets of one kind in the list, so that a search can find all kinds.
local function countGroup(pool, list, kind, signature, by)
  local key = poolKey(pool, ':y' .. list .. '\1' .. kind)
  if call('HINCRBY', key, signature, by) <= 0 then call('HDEL', key, signature) end
end

-- Returns the numbers of tickets in the index that ask for attributes (asking) and of those without languages (plain).
local function kindsOf(pool)
  local known = poolOf(pool)
  if not known.kinds then
    local v = call('HMGET', poolKey(pool, ':k'), 'asking', 'plain')
    known.kinds = { asking = tonumber(v[1] or 0), plain = tonumber(v[2] or 0) }
  end
  return known.kinds
end

local function countKind(pool, kind, by)
  local kinds = kindsOf(pool)
  kinds[kind] = math.max(0, kinds[kind] + by)
  poolOf(pool).areKindsChanged = true
end

saveKinds = function()
  for pool, known in pairs(pools) do
    if known.areKindsChanged then
      for kind, number in pairs(known.kinds) do
        if number > 0 then call('HSET', poolKey(pool, ':k'), kind, number) else call('HDEL', poolKey(pool, ':k'), kind) end
      end
    end
  end
end

-- Returns the members of the sorted set that are the ticket, and counts it by its attributes.
local function membersOf(rec, by)
  local w = rec.w
  -- The order of these texts is that of the times, because all have 16 digits.
  local tail = '\4' .. string.format('%016.0f', math.max(0, w.since) * 4096) .. rec.id
  local lists, members = listsOf(w), {}
  for _, list in ipairs(lists) do
    if w.ag ~= '' then
      members[#members + 1] = list .. '\1a' .. w.ag .. tail
      countGroup(w.pool, list, 'A', w.ag, by)
    else
      members[#members + 1] = list .. tail
      if w.sg ~= '' then
        members[#members + 1] = list .. '\1s' .. w.sg .. tail
        countGroup(w.pool, list, 'S', w.sg, by)
      end
    end
  end
  if w.ag ~= '' then countKind(w.pool, 'asking', by) end
  if #w.la == 0 then countKind(w.pool, 'plain', by) end
  return members, lists
end

function addToIndex(rec)
  local w, empty = rec.w, poolOf(rec.w.pool).empty
  local members, lists = membersOf(rec, 1)
  local scored = {}
  for index, member in ipairs(members) do scored[2 * index - 1], scored[2 * index] = '0', member end
  if #scored > 0 then call('ZADD', indexKey(w.pool), unpack(scored)) end
  if w.ag == '' and w.sg == '' then for _, list in ipairs(lists) do empty[list] = nil end
  else poolOf(w.pool).empty = {} end
  w.ix = true
end

function removeFromIndex(rec)
  local w = rec.w
  if not w.ix then return end
  local members = membersOf(rec, -1)
  if #members > 0 then call('ZREM', indexKey(w.pool), unpack(members)) end
  w.ix = nil
end

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

-- Returns the best partner for a ticket (which may be in the index too): the one with most common interests, then one
-- of the own region, then one who stays at its node if the session does, then the one that has waited longest. Among
-- those that have waited almost equally long, one of the own node is better, because the frames between the two then
-- stay in one process. accepts(candidate) returns whether the two people may meet, as far as their tickets do not
-- decide it.
function search(rec, accepts)
  local w = rec.w
  local best, bestOverlap, compared = nil, -1, 0
  local seen, own = {}, {}
  for _, interest in ipairs(w.ik) do own[interest] = true end
  local kinds = kindsOf(w.pool)
  local isAsked, hasPlain = kinds.asking > 0, kinds.plain > 0
  local key, empty = indexKey(w.pool), poolOf(w.pool).empty

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
    -- The member may be out of date. Then the ticket could be one for another pool.
    local isFound = other and other.w and other.w.ix and other.w.pool == w.pool
    if not isFound or not accepts(other) then return false end
    local isSecond = isApart(other)
    if not isSecond then compared = compared + 1 end
    local overlap = 0
    for _, interest in ipairs(other.w.ik) do if own[interest] then overlap = overlap + 1 end end
    local isBetter = not best or overlap > bestOverlap or (overlap == bestOverlap and isPreferred(other))
    if isBetter then best, bestOverlap = other, overlap end
    -- If one of the two must change its node soon, the search continues: an equally good partner may stay at its node.
    return not isSecond
  end

  local function visitGroup(list, maxChoices)
    if empty[list] then return end
    local from, size, choices, skipped = '[' .. list .. '\4', maxChoices, 0, 0
    local firstSince
    -- A ticket after the first may be equally good and of the same node.
    local function isDone(other)
      if compared >= maxComparedInAll or choices >= maxCompared then return true end
      if choices < maxChoices then return false end
      return best.n == rec.n or other.w.since - firstSince >= cfg.nearMs
    end
    while true do
      local members = call('ZRANGE', key, from, '(' .. list .. '\5', 'BYLEX', 'LIMIT', '0', texts[size])
      if #members == 0 and not firstSince and skipped == 0 then empty[list] = true end
      for _, member in ipairs(members) do
        local id = string.sub(member, #list + 18)
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
      if #members < size then return end
      from, size = '(' .. members[#members], 16
    end
  end

  local function visitGroups(list, kind, maxChoices)
    local directory = poolKey(w.pool, ':y' .. list .. '\1' .. string.upper(kind))
    local signatures
    if call('HLEN', directory) > maxGroups then signatures = call('HRANDFIELD', directory, maxGroups)
    else signatures = call('HKEYS', directory) end
    for _, signature in ipairs(signatures) do
      local group = list .. '\1' .. kind .. signature
      local first = call('ZRANGE', key, '[' .. group .. '\4', '(' .. group .. '\5', 'BYLEX', 'LIMIT', '0', '1')[1]
      local other = first and find(string.sub(first, #group + 18))
      if other and other.w and satisfies(other.w.at, w.as) and satisfies(w.at, other.w.as) then
        visitGroup(group, maxChoices)
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
end
`
