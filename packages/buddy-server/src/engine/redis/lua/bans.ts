/**
 * The bans, which each node also has in its memory. `bans` contains the keys that are refused, with the end of
 * each ban, and `lifted` those whose ban was lifted before its end, with the time until which that is remembered.
 * `banlog` contains both, with the number of the latest change, so that a node reads only what has changed since it
 * last asked. `ban` contains the latest number (`v`), the highest number of a forgotten lift (`floor`), and an id,
 * by which nodes recognise that Redis has lost its data.
 */
export const bans = String.raw`
local banVersion

do
local maxBans, maxBanChanges, liftedMs = 100000, 256, 3600000

local function forgetBan(key)
  local number = numberOf(call('ZSCORE', B .. 'banlog', key)) or 0
  if call('ZREM', B .. 'lifted', key) == 1 and number > (numberOf(call('HGET', B .. 'ban', 'floor')) or 0) then
    call('HSET', B .. 'ban', 'floor', number)
  end
  call('ZREM', B .. 'bans', key)
  call('ZREM', B .. 'banlog', key)
end

-- Forgets bans and lifts that are over, and the oldest if there are too many.
local function forgetOldBans()
  for _, name in ipairs({ 'bans', 'lifted' }) do
    for _, key in ipairs(call('ZRANGEBYSCORE', B .. name, '-inf', now, 'LIMIT', 0, maxBanChanges)) do forgetBan(key) end
  end
  local excess = call('ZCARD', B .. 'banlog') - maxBans
  if excess <= 0 then return end
  for _, key in ipairs(call('ZRANGE', B .. 'banlog', 0, math.min(excess, maxBanChanges) - 1)) do forgetBan(key) end
end

local function noteBanChange(key)
  call('ZADD', B .. 'banlog', call('HINCRBY', B .. 'ban', 'v', 1), key)
end

-- Bans a key for some time, or lifts its ban if the time is 0.
local function changeBan(key, leftMs)
  local endsAt = numberOf(call('ZSCORE', B .. 'bans', key))
  if leftMs > 0 then
    if endsAt and endsAt >= now + leftMs then return end
    call('ZREM', B .. 'lifted', key)
    call('ZADD', B .. 'bans', now + leftMs, key)
    noteBanChange(key)
  elseif endsAt then
    call('ZREM', B .. 'bans', key)
    call('ZADD', B .. 'lifted', now + liftedMs, key)
    noteBanChange(key)
  end
end

-- Returns the id of the list of bans, and the number of its latest change.
function banVersion()
  local v = call('HMGET', B .. 'ban', 'id', 'v')
  return v[1] or '', numberOf(v[2]) or 0
end

-- Applies the changes of a node, and returns those that it does not know: the keys with the time that is left, which
-- is 0 for a lifted ban.
function commands.bans(command)
  call('HSETNX', B .. 'ban', 'id', command.n .. ' ' .. string.format('%.0f', now))
  forgetOldBans()
  for _, change in ipairs(command.changes) do changeBan(change[1], change[2]) end
  local id = banVersion()
  local floor = numberOf(call('HGET', B .. 'ban', 'floor')) or 0
  local isOther = command.id ~= id
  local isBehind = command.v < floor and not command.isPaging
  local from = (isOther or isBehind) and 0 or command.v
  local found = call('ZRANGEBYSCORE', B .. 'banlog', '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, maxBanChanges)
  local changes, latest = {}, from
  for index = 1, #found, 2 do
    local endsAt = numberOf(call('ZSCORE', B .. 'bans', found[index]))
    changes[#changes + 1] = { found[index], endsAt and math.max(0, endsAt - now) or 0 }
    latest = tonumber(found[index + 1])
  end
  -- The numbers between were given to keys that have changed again since.
  local isMore = #changes == maxBanChanges
  if not isMore then latest = math.max(latest, floor) end
  return { id = id, v = latest, isReset = from < command.v, changes = changes, isMore = isMore }
end
end
`
