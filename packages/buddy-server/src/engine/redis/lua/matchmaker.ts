/**
 * Matches tickets on arrival; see `memory/matchmaker.ts` for the rules. Redis runs no timers. So each answer about a
 * ticket tells its node when to send the command `due`, for example when the search widens.
 */
export const matchmaker = String.raw`
local canOpenRoom, wait, widen, applyWidening, searchOrWait, queue, leavePool, withdraw, handleRoomFreed, saveWaits
local openRoom -- see rooms
-- The latest waits of each kind of ticket that the present call has read: in the order of their ends, and sorted.
local waitsOfKinds

do
local refreshMs, heldIntervalMs, maxHeldSearches, maxWaits, minWaits = 15000, 100, 8, 32, 5

function canOpenRoom() return countOf('rooms') - countOf('abandoned') < cfg.maxRooms end

local function waitsKey(w)
  local kind = (#w.ik > 0 and 1 or 0) + (w.ag ~= '' and 2 or 0)
  return poolKey(w.pool, ':w' .. kind)
end

local function waitsOf(w)
  local key = waitsKey(w)
  local waits = waitsOfKinds[key]
  if not waits then
    local stored = call('GET', key)
    local list = stored and { unpackMessage(stored) } or {}
    local sorted = { unpack(list) }
    table.sort(sorted)
    waits = { list = list, sorted = sorted }
    waitsOfKinds[key] = waits
  end
  return waits
end

local function estimateOf(w)
  local sorted = waitsOf(w).sorted
  if #sorted < minWaits then return nil end
  return math.floor(sorted[math.floor(#sorted / 2) + 1] + 0.5)
end

local function noteWait(w)
  local waits, waitMs = waitsOf(w), now - w.since0
  local list, sorted = waits.list, waits.sorted
  waits.isChanged = true
  list[#list + 1] = waitMs
  local place = #list
  if place > maxWaits then
    local oldest, last = table.remove(list, 1), maxWaits
    -- The new value replaces the oldest one, which is between place and last.
    place = 1
    while place < last do
      local middle = math.floor((place + last) / 2)
      if sorted[middle] < oldest then place = middle + 1 else last = middle end
    end
  end
  while place > 1 and sorted[place - 1] > waitMs do
    sorted[place] = sorted[place - 1]
    place = place - 1
  end
  while place < #sorted and sorted[place + 1] < waitMs do
    sorted[place] = sorted[place + 1]
    place = place + 1
  end
  sorted[place] = waitMs
end

function saveWaits()
  for key, waits in pairs(waitsOfKinds) do
    if waits.isChanged then call('SET', key, pack(unpack(waits.list)), 'PX', '3600000') end
  end
end

local function widensAt(isFree, keeps, sinceMs, afterMs)
  if isFree or keeps then return math.huge end
  return sinceMs + afterMs
end

local function interestsAt(w) return widensAt(w.fI, w.kI, w.iS, w.iM) end
local function languagesAt(w) return widensAt(w.fL, w.kL, w.lS, w.lM) end
local function regionAt(w) return widensAt(w.fR, false, w.since0, w.rM) end

-- Emits the state of the search, if it differs from what was emitted last.
local function report(rec)
  local w = rec.w
  w.rf = now + refreshMs
  local obstacle = w.held and 'known-people' or ((hasMorePeople(w.pool, 1) or peopleIn(w.pool) > 1) and 'none' or 'few-people')
  local online, estimate = onlineIn(w.pool), estimateOf(w)
  local told = online .. ' ' .. tostring(estimate) .. tostring(w.fI) .. tostring(w.fL) .. obstacle
  if told == w.told then return end
  local widens = math.min(interestsAt(w), languagesAt(w))
  emit(rec, {
    type = 'searching', isFirst = w.told == nil, online = online, estimateMs = estimate, obstacle = obstacle,
    interests = not w.fI and restOf(w).il or nil, languages = not w.fL and w.la or nil,
    widensInMs = widens ~= math.huge and math.max(0, math.ceil(widens - now)) or nil,
  })
  w.told = told
end

-- Emits when the node must send due for the ticket.
local function schedule(rec)
  local w = rec.w
  local due = math.min(interestsAt(w), languagesAt(w), regionAt(w), w.hu or math.huge, w.rf, parkedDueMs(rec))
  if not w.ix then due = math.min(due, w.since0 + w.delay) end
  emit(rec, { type = 'due', inMs = math.max(1, math.ceil(due - now)) })
end

function wait(rec)
  report(rec)
  schedule(rec)
  put(rec)
end

function widen(w)
  local fI = #w.ik == 0 or (not w.kI and now - w.iS >= w.iM)
  local fL = #w.la == 0 or (not w.kL and now - w.lS >= w.lM)
  local fR = w.rg == '' or now - w.since0 >= w.rM
  return fI, fL, fR
end

-- Widens the search of the ticket, if it has searched long enough. Returns whether the ticket accepts more partners
-- now.
function applyWidening(rec)
  local w = rec.w
  local fI, fL, fR = widen(w)
  if fI == (w.fI or false) and fL == (w.fL or false) and fR == (w.fR or false) then return false end
  local wasIndexed = w.ix
  removeFromIndex(rec)
  w.fI, w.fL, w.fR = fI, fL, fR
  if wasIndexed then addToIndex(rec) end
  return true
end

-- Returns whether two people may meet. If not, adds the other session to skipped, and stores in w.hu when they may
-- meet.
local function accepts(rec, other, known, skipped)
  local w = rec.w
  if rec.k == other.k then return peopleIn(w.pool) == 1 end
  local relation, at = relationOf(rec.k, other.k, known)
  if not relation then return true end
  known.recent = known.recent or {}
  known.recent[other.id] = relation == 'recent'
  if relation == 'recent' then
    local relaxesAt = math.min(w.since0, other.w.since0) + cfg.rematchMs
    if relaxesAt > now then w.hu = math.min(w.hu or math.huge, relaxesAt)
    elseif avoidsAll(rec.k, w.pool) and avoidsAll(other.k, w.pool) then return true end
    w.hu = math.min(w.hu or math.huge, at + cfg.avoidMs)
  end
  skipped[#skipped + 1] = other
  return false
end

local function setHeld(rec, isHeld)
  rec.w.held = isHeld or nil
  local key = poolKey(rec.w.pool, ':h')
  if isHeld then call('ZADD', key, rec.w.since, rec.id) else call('ZREM', key, rec.id) end
end

-- Stores whether the ticket could not search because the maximum number of rooms was open.
local function setUnsearched(rec, isUnsearched)
  local w = rec.w
  if isUnsearched then call('ZADD', B .. 'unsearched', w.since, rec.id)
  elseif w.us then call('ZREM', B .. 'unsearched', rec.id) end
  w.us = isUnsearched or nil
end

-- Removes the ticket from the queue. Its person stays in the pool.
local function takeOut(rec)
  local w = rec.w
  if not w then return end
  removeFromIndex(rec)
  setUnsearched(rec, false)
  if w.held then setHeld(rec, false) end
  removeFairKeys(rec)
  if w.isQueued then count('waiting', -1) end
  rec.w = nil
  put(rec)
end

local function matchOf(rec, other, known)
  local isRematch = known.recent ~= nil and known.recent[other.id] or false
  local one, two = other.w, rec.w
  for _, each in ipairs({ other, rec }) do
    if each.w.told then noteWait(each.w) end
  end
  takeOut(other)
  takeOut(rec)
  countFair(two.pool, one, two)
  return { waited = other, arrived = rec, one = one, two = two, isRematch = isRematch }
end

-- Searches for a partner, and opens a room with it. Returns whether there was one.
local function searchFor(rec, isOffered)
  local w = rec.w
  if not canOpenRoom() then
    setUnsearched(rec, true)
    return false
  end
  setUnsearched(rec, false)
  if w.held then setHeld(rec, false) end
  w.hu = nil
  local skipped, known = {}, nil
  local partner = search(rec, function(other)
    known = known or acquaintancesOf(rec.k)
    return accepts(rec, other, known, skipped)
  end)
  if partner then
    openRoom(matchOf(rec, partner, known), isOffered)
    return true
  end
  if #skipped > 0 then
    setHeld(rec, true)
    for _, other in ipairs(skipped) do
      if not other.w.held then
        setHeld(other, true)
        put(other)
        if other.w.told then wait(other) end
      end
    end
  end
  return false
end

function searchOrWait(rec)
  if not searchFor(rec) then wait(rec) end
end

-- Puts the session's ticket into the queue, or matches it at once.
function queue(rec, isOffered)
  local w = rec.w
  w.ix, w.told, w.held, w.hu, w.px, w.us, w.fw, w.fI, w.fL = nil, nil, nil, nil, nil, nil, nil, false, false
  w.iS, w.lS, w.isQueued = w.since0, w.since0, true
  count('waiting', 1)
  addPerson(w.pool, rec.k)
  visit(rec, w.pool)
  if hasParkedKey(w) then addFairKeys(rec) end
  w.fI, w.fL, w.fR = widen(w)
  for _, key in ipairs(fairKeysOf(w)) do checkParked(w.pool, key, searchOrWait) end
  if now - w.since0 >= w.delay then
    w.px = parkedKeysOf(w, rec.id)
    if searchFor(rec, isOffered) then return end
    addToIndex(rec)
  end
  addFairKeys(rec)
  wait(rec)
end

-- Call this when a session has left the queue without a match, or its room.
function leavePool(pool, person)
  removePerson(pool, person)
  -- Held tickets found only partners that they avoid. If nobody else is left in the pool, they may meet again. A larger
  -- pool is not checked, because somebody else is there.
  if hasMorePeople(pool, maxOthers + 1) or isPersonIn(pool, person) or peopleIn(pool) > maxOthers + 1 then return end
  local waiting = call('ZRANGE', poolKey(pool, ':h'), 0, maxHeldSearches - 1)
  if #waiting == 0 then return end
  local key = poolKey(pool, ':hs')
  local searchesAt = numberOf(call('GET', key)) or -math.huge
  -- All held tickets search at the same time, at most once per interval.
  local isPlanned = searchesAt > now
  local inMs = math.max(1, math.ceil((isPlanned and searchesAt or searchesAt + heldIntervalMs) - now))
  for _, id in ipairs(waiting) do
    local rec = find(id)
    if rec and rec.w then emit(rec, { type = 'again', inMs = inMs }) end
  end
  if not isPlanned then call('SET', key, now + inMs, 'PX', 60000) end
end

function withdraw(rec)
  if not rec.w or not rec.w.isQueued then return end
  local w = rec.w
  takeOut(rec)
  rec.w = w
  w.isQueued, w.told = nil, nil
  put(rec)
  leavePool(w.pool, rec.k)
end

-- Searches for the tickets that could not search because the maximum number of rooms was open. Returns whether others
-- may be left, because one call handles only some.
function handleRoomFreed()
  for _ = 1, 32 do
    if not canOpenRoom() then return false end
    local id = call('ZRANGE', B .. 'unsearched', 0, 0)[1]
    if not id then return false end
    local rec = find(id)
    if rec and rec.w and rec.w.us then searchOrWait(rec) else call('ZREM', B .. 'unsearched', id) end
  end
  return true
end
end
`
