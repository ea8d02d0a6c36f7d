/**
 * How much of a pool one address or identity may have; see `memory/fair-share.ts` and `memory/parking.ts` for the
 * rule. `f<key>` contains the decaying number of matches of a key, the time of that number, and when to check the key
 * if it is parked, in MessagePack. `fw` contains the waiting tickets of all keys of the pool: its members begin with the
 * key and the time. `fr<key>` contains the tickets of a parked key that are released. A ticket that is matched when it
 * arrives is in neither, unless its key is parked.
 */
export const fairShare = String.raw`
local fairKeysOf, hasParkedKey, addFairKeys, removeFairKeys, parkedKeysOf, countFair, checkParked, parkedDueMs, readFairStates, saveFairStates, saveFairKeys
-- The keys that the present call has read.
local fairStates

do
local halfLifeMs, checkIntervalMs, maxReleased, maxMoved = 60000, 250, 8, 64

local function releasedKey(pool, key) return poolKey(pool, ':fr\1' .. key) end

-- Returns the name in Redis under which the state of a key is stored.
local function stateKey(pool, key)
  local names = poolOf(pool).stateKeys
  local name = names[key]
  if not name then
    name = poolKey(pool, ':f\1' .. key)
    names[key] = name
  end
  return name
end

-- Returns the key under which the number of all matches of a pool is stored.
local function allKey(pool)
  local known = poolOf(pool)
  known.allKey = known.allKey or poolKey(pool, ':all')
  return known.allKey
end

-- Returns the state of a key: v matches at the time t, and, if the key is parked, when to check it (p).
local function fairStateFrom(stored)
  local v, t, p = 0, 0, false
  if stored then v, t, p = unpackMessage(stored) end
  return { v = v, t = t, p = p or nil, isChanged = false }
end

local function fairStateOf(key)
  local state = fairStates[key]
  if not state then
    state = fairStateFrom(call('GET', key))
    fairStates[key] = state
  end
  return state
end

-- Reads what is known of the keys of tickets by one command.
function readFairStates(list)
  local keys, isListed = {}, {}
  for _, w in ipairs(list) do
    for _, key in ipairs(w.fk) do
      local field = stateKey(w.pool, key)
      if not isListed[field] then
        isListed[field] = true
        keys[#keys + 1] = field
      end
    end
  end
  if #keys == 0 or cfg.sharePercent >= 100 then return end
  for index, stored in ipairs(call('MGET', unpack(keys))) do fairStates[keys[index]] = fairStateFrom(stored) end
end

local function decayed(key)
  local state = fairStateOf(key)
  if state.v == 0 then return 0 end
  return state.v * 2 ^ ((state.t - now) / halfLifeMs)
end

local function countMatch(key)
  local state = fairStateOf(key)
  state.v, state.t = decayed(key) + 1, now
  state.isChanged = true
end

-- Sets when a parked key must be checked; nil if it is not parked any more.
local function setCheck(key, atMs)
  local state = fairStateOf(key)
  state.p, state.isChanged = atMs, true
end

function saveFairStates()
  for key, state in pairs(fairStates) do
    if state.isChanged then
      state.isChanged = false
      -- A count is kept for ten minutes after the last match.
      call('SET', key, pack(state.v, state.t, state.p or false), 'PX', '600000')
    end
  end
end

local function isOver(pool, key)
  if cfg.sharePercent >= 100 then return false end
  local own = decayed(stateKey(pool, key))
  local perMinute = own * math.log(2) * 60000 / halfLifeMs
  return perMinute > cfg.matchesPerMinute
    and own * 100 > decayed(allKey(pool)) * cfg.sharePercent
end

local function isParked(pool, key) return fairStateOf(stateKey(pool, key)).p ~= nil end

function fairKeysOf(w) return cfg.sharePercent < 100 and w.fk or {} end

-- Returns the parked keys of a ticket that are not released, as one text.
function parkedKeysOf(w, id)
  local keys = {}
  for _, key in ipairs(fairKeysOf(w)) do
    if isParked(w.pool, key) and not call('ZSCORE', releasedKey(w.pool, key), id) then
      keys[#keys + 1] = key
    end
  end
  if #keys == 0 then return nil end
  table.sort(keys)
  -- Only one \4 may be in a member of the index.
  return (string.gsub(table.concat(keys, '\2'), '\4', '\5'))
end

-- Writes which tickets wait in a pool.
local function saveFairKeysOf(pool, known)
  local changes = known.fair
  if not changes then return end
  known.fair = nil
  local scored, removed = {}, {}
  for member, isAdded in pairs(changes) do
    if isAdded then
      scored[#scored + 1] = '0'
      scored[#scored + 1] = member
    else removed[#removed + 1] = member end
  end
  callInChunks('ZREM', poolKey(pool, ':fw'), removed)
  callInChunks('ZADD', poolKey(pool, ':fw'), scored)
end

function saveFairKeys()
  for pool, known in pairs(pools) do saveFairKeysOf(pool, known) end
end

-- Changes whether a ticket waits under a key. A member that is added and removed by the same call is not written.
local function noteFairKey(pool, member, isAdded)
  local known = poolOf(pool)
  local changes = known.fair or {}
  known.fair = changes
  if changes[member] == not isAdded then changes[member] = nil else changes[member] = isAdded end
end

-- Returns the members of the tickets that wait under a key, those that have waited longest first.
local function waitingUnder(pool, key, max)
  saveFairKeysOf(pool, poolOf(pool))
  return call('ZRANGE', poolKey(pool, ':fw'), '[' .. key .. '\4', '(' .. key .. '\5', 'BYLEX', 'LIMIT', 0, max)
end

local function idIn(member, key) return string.sub(member, #key + 18) end

function addFairKeys(rec)
  local w = rec.w
  if w.fw or cfg.sharePercent >= 100 then return end
  w.fw = true
  for _, key in ipairs(w.fk) do noteFairKey(w.pool, key .. tailOf(rec), true) end
end

function hasParkedKey(w)
  for _, key in ipairs(fairKeysOf(w)) do if isParked(w.pool, key) then return true end end
  return false
end

function removeFairKeys(rec)
  local w = rec.w
  if not w.fw then return end
  w.fw = nil
  for _, key in ipairs(w.fk) do
    noteFairKey(w.pool, key .. tailOf(rec), false)
    if isParked(w.pool, key) then call('ZREM', releasedKey(w.pool, key), rec.id) end
  end
end

-- Puts the ticket into the index for its parked keys.
local function move(rec)
  local w = rec.w
  local px = parkedKeysOf(w, rec.id)
  if w.ix and px == w.px then return end
  local wasIndexed = w.ix
  removeFromIndex(rec)
  w.px = px
  addToIndex(rec)
  -- A ticket with several keys may find tickets of other sessions in the new index, so it searches again soon.
  if wasIndexed and #w.fk > 1 then emit(rec, { type = 'again', inMs = 1 }) end
  put(rec)
end

local function moveAll(pool, key)
  for _, member in ipairs(waitingUnder(pool, key, maxMoved)) do
    local rec = find(idIn(member, key))
    if rec and rec.w and rec.w.ix then move(rec) end
  end
end

local function returnReleased(pool, key)
  local released = call('ZRANGE', releasedKey(pool, key), 0, -1, 'WITHSCORES')
  if #released == 0 then return end
  for index = 1, #released, 2 do
    noteFairKey(pool, key .. tailFrom(tonumber(released[index + 1]), released[index]), true)
  end
  call('DEL', releasedKey(pool, key))
end

local function park(pool, key)
  if isParked(pool, key) then returnReleased(pool, key)
  else
    setCheck(stateKey(pool, key), now + checkIntervalMs)
    -- The node that has the first ticket checks the key.
    local first = waitingUnder(pool, key, 1)[1]
    local rec = first and find(idIn(first, key))
    if rec then emit(rec, { type = 'again', inMs = checkIntervalMs }) end
  end
  moveAll(pool, key)
end

-- Counts a match. Only matches between users without a common key count.
function countFair(pool, one, other)
  if cfg.sharePercent >= 100 then return end
  for _, key in ipairs(one.fk) do
    for _, same in ipairs(other.fk) do if key == same then return end end
  end
  countMatch(allKey(pool))
  for _, keys in ipairs({ one.fk, other.fk }) do
    for _, key in ipairs(keys) do countMatch(stateKey(pool, key)) end
  end
  for _, keys in ipairs({ one.fk, other.fk }) do
    for _, key in ipairs(keys) do if isOver(pool, key) then park(pool, key) end end
  end
end

-- Releases tickets of a parked key that is below its share again. Calls searchAgain with each of them.
function checkParked(pool, key, searchAgain)
  local field = stateKey(pool, key)
  local checkAt = fairStateOf(field).p
  if not checkAt or checkAt > now then return end
  for _ = 1, maxReleased do
    if isOver(pool, key) then break end
    local member = waitingUnder(pool, key, 1)[1]
    if not member then
      setCheck(field, nil)
      returnReleased(pool, key)
      return
    end
    call('ZREM', poolKey(pool, ':fw'), member)
    local first = idIn(member, key)
    local rec = find(first)
    if rec and rec.w then
      call('ZADD', releasedKey(pool, key), rec.w.since, first)
      if rec.w.ix then
        move(rec)
        searchAgain(rec)
      end
    end
  end
  setCheck(field, now + checkIntervalMs)
end

-- Returns when the parked keys of a ticket must be checked for it; infinity if it has none.
function parkedDueMs(rec)
  local w, due = rec.w, math.huge
  if not w.px then return due end
  for _, key in ipairs(fairKeysOf(w)) do
    local checkAt = fairStateOf(stateKey(w.pool, key)).p
    if checkAt then
      saveFairKeysOf(w.pool, poolOf(w.pool))
      local all, member = poolKey(w.pool, ':fw'), key .. tailOf(rec)
      if call('ZSCORE', all, member) then
        local rank = call('ZLEXCOUNT', all, '[' .. key .. '\4', '(' .. member)
        due = math.min(due, checkAt + checkIntervalMs * math.floor(rank / maxReleased))
      end
    end
  end
  return due
end
end
`
