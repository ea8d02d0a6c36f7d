/**
 * Restores rooms from before a restart of the service; see `memory/claims.ts` for the rule. `c:<session>` contains the
 * sessions whose claims wait for this one. The claim itself is in the record of the session that waits.
 */
export const claims = String.raw`
local function postLost(rec) emitChange(rec, { type = 'parted', room = '', reason = 'lost' }) end

local function claimOf(rec) return rec.cl and unpackMessage(rec.cl) end

local function setClaim(rec, claim)
  rec.cl = claim and pack(claim) or nil
  put(rec)
end

local function forgetClaim(rec, claim)
  call('SREM', B .. 'c:' .. claim.partnerId, rec.id)
  setClaim(rec, nil)
  if rec.p == 'c' then setPlace(rec, 'i') end
end

-- Ends a claim whose partner has not come back, or has not claimed the same room.
local function failClaim(rec, claim)
  local wasLeft = claim.leftFor
  forgetClaim(rec, claim)
  if not wasLeft then postLost(rec) end
end

local function restoreRoom(first, second, claim)
  local leftFor = claim.leftFor
  if leftFor then
    forgetClaim(first, claim)
    emitChange(second, { type = 'parted', room = '', reason = leftFor })
    return
  end
  if not canOpenRoom() then
    failClaim(first, claim)
    postLost(second)
    return
  end
  forgetClaim(first, claim)
  local room = {
    id = claim.roomId, ids = { first.id, second.id }, site = claim.site, lobby = claim.lobby, mode = claim.mode, at = claim.openedAtMs,
  }
  seat(room, first, second)
  for index, rec in ipairs({ first, second }) do
    local partner = index == 1 and second or first
    emitChange(rec, {
      type = 'restored', room = fieldsOf(room), profiles = profilesIn(room), seat = index - 1, partner = partner.n,
      isPartnerPresent = partner.a == nil,
    })
  end
  watchIfEmpty(room)
end

local function handleClaim(rec, claim, expiresInMs)
  rec.cp = false
  put(rec)
  if claim and textOf(claim.partnerKey) then meet(rec.k, claim.partnerKey, now) end
  local matching, matchingClaim
  for _, id in ipairs(call('SMEMBERS', B .. 'c:' .. rec.id)) do
    local waiting = find(id)
    local other = waiting and claimOf(waiting)
    if other then
      if claim and claim.roomId == other.roomId and claim.partnerId == id then
        matching, matchingClaim = waiting, other
      else failClaim(waiting, other) end
    end
  end
  if not claim then return end
  if matching then restoreRoom(matching, rec, matchingClaim) return end
  local partner = find(claim.partnerId)
  if partner and not partner.cp then postLost(rec) return end
  setClaim(rec, claim)
  setPlace(rec, 'c')
  call('SADD', B .. 'c:' .. claim.partnerId, rec.id)
  emitChange(rec, { type = 'presence', room = claim.roomId, isPresent = false })
  emit(rec, { type = 'claiming', inMs = math.max(1, expiresInMs) })
end

-- If the partner claims the room later, it receives the reason.
local function leaveClaim(rec, reason)
  if rec.p ~= 'c' then return end
  local claim = claimOf(rec)
  if claim then
    claim.leftFor = reason
    setClaim(rec, claim)
  end
  setPlace(rec, 'i')
end
`
