/**
 * The index of the waiting tickets of a pool; see `memory/ticket-index.ts` for the rule. A ticket is in one
 * list for each of its interests (and one for all who are free in interests) and each of its languages, ordered by
 * since when it waits. Tickets whose keys are parked (see `fair-share.ts`) have indexes of their own. A ticket that
 * asks for attributes, or has some, is in a list of those that are equal in both. A ticket with a region is in lists of
 * this region, and once it is free in regions, also in those without one.
 *
 * All lists of a pool are parts of one sorted set, whose members begin with the name of the list and the time, so that
 * one command adds a ticket to all of its lists. A call that has many commands for the size of the index reads it as a
 * whole, searches in memory, and writes the changes at its end.
 */
export const ticketIndex = String.raw`
local addToIndex, removeFromIndex, saveIndexes, search, callInChunks, tailFrom, tailOf
-- The nodes that stop soon; nil until the present call has read them.
local leaving
-- The number of commands of the present call.
local commandCount
-- The number of the latest search of the present call that has considered a session; negative if it was not acceptable.
local seenBy

do
local maxCompared, maxComparedInAll, maxSkipped, maxGroups = 4, 8, 64, 64
-- The whole index is read if it has at most this number of members for each command of the call.
local maxReadPerCommand = 16
-- A number costs more than a text as an argument of a command, because Redis formats it.
local texts = { '1', '2', '3', '4' }
texts[16] = '16'

local function indexKey(pool) return poolKey(pool, ':x') end

-- Returns what the call knows of the index of a pool. If it has read the whole index, lists contains the ends of the
-- members by their lists, and the changes are not written yet: added contains the lists of the new members by their
-- ends, and removed the members to remove.
local function indexOf(pool)
  local known = poolOf(pool)
  if known.lists == nil then
    local key = indexKey(pool)
    known.lists = false
    if call('ZCARD', key) <= maxReadPerCommand * commandCount then
      local lists, members = {}, call('ZRANGE', key, '0', '-1')
      for index = 1, #members do
        local member = members[index]
        local place = string.find(member, '\4', 1, true)
        local list, tail = string.sub(member, 1, place - 1), string.sub(member, place)
        local tails = lists[list]
        if tails then tails[#tails + 1] = tail else lists[list] = { tail } end
      end
      known.lists, known.added, known.removed = lists, {}, {}
    end
  end
  return known
end

-- Calls a command of sorted sets with many arguments.
function callInChunks(name, key, list)
  for from = 1, #list, 1000 do call(name, key, unpack(list, from, math.min(from + 999, #list))) end
end

local function saveMembers(pool, known)
  local scored = {}
  for tail, lists in pairs(known.added) do
    for index = 1, #lists do
      scored[#scored + 1] = '0'
      scored[#scored + 1] = lists[index] .. tail
    end
  end
  callInChunks('ZREM', indexKey(pool), known.removed)
  callInChunks('ZADD', indexKey(pool), scored)
end

local function saveKinds(pool, kinds)
  if kinds.asking == 0 and kinds.plain == 0 and kinds.spoken == 0 then call('DEL', poolKey(pool, ':k'))
  else call('HSET', poolKey(pool, ':k'), 'asking', kinds.asking, 'plain', kinds.plain, 'spoken', kinds.spoken) end
end

saveIndexes = function()
  for pool, known in pairs(pools) do
    if known.lists then saveMembers(pool, known) end
    if known.areKindsChanged then saveKinds(pool, known.kinds) end
  end
end

-- Returns the regions whose lists a ticket is in, and visits. The empty one has those that are free in regions.
local function regionsOf(w)
  if w.rg == '' then return { '' } end
  return w.fR and { w.rg, '' } or { w.rg }
end

-- Returns the first parts of the names of the lists of a ticket: one for each region and interest. The last one of a
-- region is for all interests, if the ticket is free in interests. For a ticket without languages, these parts are
-- the whole names.
local function bucketsOf(w)
  if w.buckets and w.bP == w.px and w.bI == w.fI and w.bR == w.fR then return w.buckets end
  local buckets, interests, last = {}, w.ik, #w.la == 0 and '\1-' or '\1'
  for _, region in ipairs(regionsOf(w)) do
    local prefix = (w.px or '') .. (region ~= '' and '\3' .. region or '') .. '\1'
    for index = 1, #interests do buckets[#buckets + 1] = prefix .. 'i' .. interests[index] .. last end
    if w.fI then buckets[#buckets + 1] = prefix .. 'f' .. last end
  end
  w.buckets, w.bP, w.bI, w.bR = buckets, w.px, w.fI, w.fR
  return buckets
end

-- Returns the names of all lists in which the ticket is, without those of attributes.
local function listsOf(w)
  local lists, buckets, languages = {}, bucketsOf(w), w.la
  if #languages == 0 then return buckets end
  for index = 1, #buckets do
    local bucket = buckets[index]
    lists[#lists + 1] = bucket .. '*'
    for number = 1, #languages do lists[#lists + 1] = bucket .. languages[number] end
    if w.fL then lists[#lists + 1] = bucket .. '+' end
  end
  return lists
end

-- Returns the end of the members that are the ticket of a session. The order of these texts is that of the times,
-- because all have 16 digits.
function tailFrom(since, id) return '\4' .. string.format('%016.0f', math.max(0, since) * 4096) .. id end

function tailOf(rec)
  local w = rec.w
  w.tail = w.tail or tailFrom(w.since, rec.id)
  return w.tail
end

-- Counts tickets of one kind in the list, so that a search can find all kinds.
local function countGroup(pool, list, kind, signature, by)
  local key = poolKey(pool, ':y' .. list .. '\1' .. kind)
  if call('HINCRBY', key, signature, by) <= 0 then call('HDEL', key, signature) end
end

-- Returns the numbers of tickets in the index that ask for attributes (asking), of those without languages (plain) and
-- with languages (spoken).
local function kindsOf(pool)
  local known = poolOf(pool)
  if not known.kinds then
    local v = call('HMGET', poolKey(pool, ':k'), 'asking', 'plain', 'spoken')
    known.kinds = { asking = tonumber(v[1] or 0), plain = tonumber(v[2] or 0), spoken = tonumber(v[3] or 0) }
  end
  return known.kinds
end

local function countKind(pool, kind, by)
  local kinds = kindsOf(pool)
  kinds[kind] = math.max(0, kinds[kind] + by)
  poolOf(pool).areKindsChanged = true
end

-- Returns the names of the lists that contain the ticket, and counts it by its attributes and languages.
local function countLists(w, by)
  local lists = listsOf(w)
  countKind(w.pool, #w.la == 0 and 'plain' or 'spoken', by)
  if w.ag ~= '' then countKind(w.pool, 'asking', by) end
  if w.ag == '' and w.sg == '' then return lists end
  local groups = {}
  for _, list in ipairs(lists) do
    if w.ag ~= '' then
      groups[#groups + 1] = list .. '\1a' .. w.ag
      countGroup(w.pool, list, 'A', w.ag, by)
    else
      groups[#groups + 1] = list
      groups[#groups + 1] = list .. '\1s' .. w.sg
      countGroup(w.pool, list, 'S', w.sg, by)
    end
  end
  return groups
end

local function insert(lists, list, tail)
  local tails = lists[list]
  if not tails then
    lists[list] = { tail }
    return
  end
  local place = #tails
  while place > 0 and tails[place] > tail do
    tails[place + 1] = tails[place]
    place = place - 1
  end
  tails[place + 1] = tail
end

local function withdrawFrom(lists, list, tail)
  local tails = lists[list]
  for index = 1, tails and #tails or 0 do
    if tails[index] == tail then
      if #tails == 1 then lists[list] = nil else table.remove(tails, index) end
      return
    end
  end
end

function addToIndex(rec)
  local w = rec.w
  local known, lists, tail = indexOf(w.pool), countLists(w, 1), tailOf(rec)
  w.ix = true
  if known.lists then
    for index = 1, #lists do insert(known.lists, lists[index], tail) end
    known.added[tail] = lists
    return
  end
  local scored = {}
  for index = 1, #lists do
    scored[#scored + 1] = '0'
    scored[#scored + 1] = lists[index] .. tail
    known.empty[lists[index]] = nil
  end
  callInChunks('ZADD', indexKey(w.pool), scored)
end

function removeFromIndex(rec)
  local w = rec.w
  if not w.ix then return end
  local known, lists, tail = indexOf(w.pool), countLists(w, -1), tailOf(rec)
  w.ix = nil
  local isAdded = known.lists and known.added[tail]
  if isAdded then known.added[tail] = nil end
  local members = known.lists and known.removed or {}
  for index = 1, #lists do
    if known.lists then withdrawFrom(known.lists, lists[index], tail) end
    if not isAdded then members[#members + 1] = lists[index] .. tail end
  end
  if not known.lists then callInChunks('ZREM', indexKey(w.pool), members) end
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

-- The present search: the session and its ticket, what decides whether two people may meet, what is known of the index,
-- the best session until now, the number of its common interests, and the number of those compared.
local seeker, wish, accepts, index, best, bestOverlap, compared
-- The interests of the ticket. The table is used again, because a new one would grow.
local own = {}
-- The number of the present search; see seenBy.
local searchNumber = 0

-- The list that the search visits: how many tickets it compares there, how many it has compared and skipped, and since
-- when the first one waits.
local maxChoices, choices, skipped, firstSince

-- Whether only one of the two is at a node that stops soon.
local function isApart(other) return isLeaving(other.n) ~= isLeaving(seeker.n) end

local function isPreferred(other)
  if (other.w.rg == wish.rg) ~= (best.w.rg == wish.rg) then return other.w.rg == wish.rg end
  if isApart(other) ~= isApart(best) then return isApart(best) end
  local isNear = math.abs(other.w.since - best.w.since) < cfg.nearMs
  if isNear and (other.n == seeker.n) ~= (best.n == seeker.n) then return other.n == seeker.n end
  return other.w.since < best.w.since
end

-- Remembers the session if it is acceptable, and better than those before. Returns false if it is not acceptable.
-- Whether the two people may meet is looked up only if it is better.
local function consider(id)
  if id == seeker.id then return false end
  local other = find(id)
  local w = other and other.w
  -- The member may be out of date. Then the ticket could be one for another pool.
  if not w or not w.ix or w.pool ~= wish.pool then return false end
  local interests, overlap = w.ik, 0
  for number = 1, #interests do if own[interests[number]] then overlap = overlap + 1 end end
  if not best or overlap > bestOverlap or (overlap == bestOverlap and isPreferred(other)) then
    if not accepts(other) then return false end
    best, bestOverlap = other, overlap
  end
  -- If one of the two must change its node soon, the search continues: an equally good partner may stay at its node.
  if isApart(other) then return false end
  compared = compared + 1
  return true
end

-- Visits a session in a list. Returns true if the search need not visit the rest of the list.
local function visitMember(id)
  local by = seenBy[id]
  if by ~= searchNumber and by ~= -searchNumber then
    by = consider(id) and searchNumber or -searchNumber
    seenBy[id] = by
  end
  if by ~= searchNumber then
    skipped = skipped + 1
    return skipped == maxSkipped
  end
  local since = find(id).w.since
  choices, firstSince = choices + 1, firstSince or since
  if compared >= maxComparedInAll or choices >= maxCompared then return true end
  if choices < maxChoices then return false end
  -- A ticket after the first may be equally good and of the same node.
  return best.n == seeker.n or since - firstSince >= cfg.nearMs
end

local function visitGroup(list)
  choices, skipped, firstSince = 0, 0, nil
  if index.lists then
    local tails = index.lists[list]
    for number = 1, tails and #tails or 0 do
      if visitMember(string.sub(tails[number], 18)) then return end
    end
    return
  end
  if index.empty[list] then return end
  local key, from, size = indexKey(wish.pool), '[' .. list .. '\4', maxChoices
  while true do
    local members = call('ZRANGE', key, from, '(' .. list .. '\5', 'BYLEX', 'LIMIT', '0', texts[size])
    if #members == 0 and choices == 0 and skipped == 0 then index.empty[list] = true end
    for number = 1, #members do
      if visitMember(string.sub(members[number], #list + 18)) then return end
    end
    if #members < size then return end
    from, size = '(' .. members[#members], 16
  end
end

-- Returns the id of the session that is the first in a group; nil if the group is empty.
local function firstIn(group)
  if index.lists then
    local tails = index.lists[group]
    return tails and string.sub(tails[1], 18)
  end
  local member = call('ZRANGE', indexKey(wish.pool), '[' .. group .. '\4', '(' .. group .. '\5', 'BYLEX', 'LIMIT', '0', '1')[1]
  return member and string.sub(member, #group + 18)
end

local function visitGroups(list, kind)
  local directory = poolKey(wish.pool, ':y' .. list .. '\1' .. string.upper(kind))
  local signatures
  if call('HLEN', directory) > maxGroups then signatures = call('HRANDFIELD', directory, maxGroups)
  else signatures = call('HKEYS', directory) end
  for _, signature in ipairs(signatures) do
    local group = list .. '\1' .. kind .. signature
    local first = firstIn(group)
    local other = first and find(first)
    local theirs, ours = other and other.w and restOf(other.w), restOf(wish)
    if theirs and satisfies(theirs.at, ours.as) and satisfies(ours.at, theirs.as) then visitGroup(group) end
  end
end

local function visitList(list, isAsked)
  if wish.ag == '' then visitGroup(list) else visitGroups(list, 's') end
  if isAsked then visitGroups(list, 'a') end
end

-- Returns the best partner for a ticket (which may be in the index too): the one with most common interests, then one
-- of the own region, then one who stays at its node if the session does, then the one that has waited longest. Among
-- those that have waited almost equally long, one of the own node is better, because the frames between the two then
-- stay in one process. mayMeet(candidate) returns whether the two people may meet, as far as their tickets do not
-- decide it.
function search(rec, mayMeet)
  local w = rec.w
  seeker, wish, accepts, index = rec, w, mayMeet, indexOf(w.pool)
  best, bestOverlap, compared, searchNumber = nil, -1, 0, searchNumber + 1
  local interests, languages, buckets = w.ik, w.la, bucketsOf(w)
  -- A search that has failed leaves its interests in the table.
  if next(own) then own = {} end
  for number = 1, #interests do own[interests[number]] = true end
  local kinds = kindsOf(w.pool)
  local isAsked, hasPlain, hasSpoken = kinds.asking > 0, kinds.plain > 0, kinds.spoken > 0
  local perRegion = #interests + (w.fI and 1 or 0)
  for number = 1, #buckets do
    local bucket = buckets[number]
    -- With one interest, all tickets of its bucket are equally good, and the first is the best. The same holds for the
    -- bucket of all interests.
    maxChoices = #interests > 1 and (number - 1) % perRegion < #interests and maxCompared or 1
    if #languages == 0 then
      if hasPlain then visitList(bucket, isAsked) end
      if hasSpoken then visitList(string.sub(bucket, 1, -2) .. '*', isAsked) end
    else
      if hasPlain then visitList(bucket .. '-', isAsked) end
      for language = 1, #languages do visitList(bucket .. languages[language], isAsked) end
      if w.fL then visitList(bucket .. '+', isAsked) end
    end
  end
  for number = 1, #interests do own[interests[number]] = nil end
  local found = best
  seeker, wish, accepts, index, best = nil, nil, nil, nil, nil
  return found
end
end
`
