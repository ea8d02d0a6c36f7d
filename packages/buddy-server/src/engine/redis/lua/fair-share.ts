/**
 * How much of a pool one address or identity may have; see `memory/fair-share.ts` and `memory/parking.ts` for the
 * rule. `f<key>` contains the decaying number of matches of a key, the time of that number, and when to check the key
 * if it is parked, in MessagePack. `fw<key>` contains its waiting tickets, and `fr<key>` those of a parked key that are
 * released. A ticket that is matched when it arrives is in neither, unless its key is parked.
 */
export const fairShare = String.raw`
local fairKeysOf, hasParkedKey, addFairKeys, removeFairKeys, parkedKeysOf, countFair, checkParked, parkedDueMs, readFairStates, saveFairStates
-- The keys that the present call has read.
local fairStates

do
local halfLifeMs, checkIntervalMs, maxReleased, maxMoved = 60000, 250, 8, 64

local function fairKey(pool, kind, key) return poolKey(pool, ':' .. kind .. '\1' .. key) end

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
      local field = fairKey(w.pool, 'f', key)
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
  local own = decayed(fairKey(pool, 'f', key))
  local perMinute = own * math.log(2) * 60000 / halfLifeMs
  return perMinute > cfg.matchesPerMinute
    and own * 100 > decayed(poolKey(pool, ':all')) * cfg.sharePercent
end

local function isParked(pool, key) return fairStateOf(fairKey(pool, 'f', key)).p ~= nil end

function fairKeysOf(w) return cfg.sharePercent < 100 and w.fk or {} end

-- Returns the parked keys of a ticket that are not released, as one text.
function parkedKeysOf(w, id)
  local keys = {}
  for _, key in ipairs(fairKeysOf(w)) do
    if isParked(w.pool, key) and not call('ZSCORE', fairKey(w.pool, 'fr', key), id) then
      keys[#keys + 1] = key
    end
  end
  if #keys == 0 then return nil end
  table.sort(keys)
  return table.concat(keys, '\2')
end

function addFairKeys(rec)
  local w = rec.w
  if w.fw or cfg.sharePercent >= 100 then return end
  w.fw = true
  for _, key in ipairs(w.fk) do call('ZADD', fairKey(w.pool, 'fw', key), w.since, rec.id) end
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
    call('ZREM', fairKey(w.pool, 'fw', key), rec.id)
    if isParked(w.pool, key) then call('ZREM', fairKey(w.pool, 'fr', key), rec.id) end
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

local function moveAll(pool, kind, key)
  for _, id in ipairs(call('ZRANGE', fairKey(pool, kind, key), 0, maxMoved - 1)) do
    local rec = find(id)
    if rec and rec.w and rec.w.ix then move(rec) end
  end
end

local function returnReleased(pool, key)
  local waiting, released = fairKey(pool, 'fw', key), fairKey(pool, 'fr', key)
  if call('EXISTS', released) == 1 then
    call('ZUNIONSTORE', waiting, 2, waiting, released, 'AGGREGATE', 'MIN')
    call('DEL', released)
  end
end

local function park(pool, key)
  local field = fairKey(pool, 'f', key)
  if isParked(pool, key) then
    returnReleased(pool, key)
  else
    setCheck(field, now + checkIntervalMs)
    -- The node that has the first ticket checks the key.
    local first = call('ZRANGE', fairKey(pool, 'fw', key), 0, 0)[1]
    local rec = first and find(first)
    if rec then emit(rec, { type = 'again', inMs = checkIntervalMs }) end
  end
  moveAll(pool, 'fw', key)
end

-- Counts a match. Only matches between users without a common key count.
function countFair(pool, one, other)
  if cfg.sharePercent >= 100 then return end
  for _, key in ipairs(one.fk) do
    for _, same in ipairs(other.fk) do if key == same then return end end
  end
  countMatch(poolKey(pool, ':all'))
  for _, keys in ipairs({ one.fk, other.fk }) do
    for _, key in ipairs(keys) do countMatch(fairKey(pool, 'f', key)) end
  end
  for _, keys in ipairs({ one.fk, other.fk }) do
    for _, key in ipairs(keys) do if isOver(pool, key) then park(pool, key) end end
  end
end

-- Releases tickets of a parked key that is below its share again. Calls searchAgain with each of them.
function checkParked(pool, key, searchAgain)
  local field = fairKey(pool, 'f', key)
  local checkAt = fairStateOf(field).p
  if not checkAt or checkAt > now then return end
  for _ = 1, maxReleased do
    if isOver(pool, key) then break end
    local first = call('ZRANGE', fairKey(pool, 'fw', key), 0, 0)[1]
    if not first then
      setCheck(field, nil)
      local released = call('ZRANGE', fairKey(pool, 'fr', key), 0, maxMoved - 1)
      returnReleased(pool, key)
      return
    end
    call('ZREM', fairKey(pool, 'fw', key), first)
    local rec = find(first)
    if rec and rec.w then
      call('ZADD', fairKey(pool, 'fr', key), rec.w.since, first)
      if rec.w.ix then
        move(rec)
        searchAgain(rec)
      end
    end
  end
  setCheck(field, now + checkIntervalMs)
end

-- Returns when the parked keys of a ticket must be checked for it; infinity if it has none.
function parkedDueMs(w, id)
  local due = math.huge
  if w.px then
    for _, key in ipairs(fairKeysOf(w)) do
      local checkAt = fairStateOf(fairKey(w.pool, 'f', key)).p
      local rank = checkAt and call('ZRANK', fairKey(w.pool, 'fw', key), id)
      if rank then due = math.min(due, checkAt + checkIntervalMs * math.floor(rank / maxReleased)) end
    end
  end
  return due
end
end
`
