/**
 * How many sessions each site and each address has, at all nodes together: in the hashes `sites` and `addresses`. A
 * session counts under the site and the address of its profile, from `admit` or `join` until it ends.
 * So it counts once, whichever node has it, and a dead node leaves no count behind.
 */
export const places = String.raw`
local function countAt(name, key, by)
  if call('HINCRBY', B .. name, key, by) <= 0 then call('HDEL', B .. name, key) end
end

local function changePlace(site, addressKey, by)
  countAt('sites', site, by)
  countAt('addresses', addressKey, by)
  count('users', by)
end

-- Stores the profile of a session, which counts under it, and no longer under the former one. A profile is a list of
-- the site, the address, and the text that other nodes receive.
local function setProfile(rec, profile)
  local former = not rec.isNew and profileOf(rec.id) or nil
  rec.isNew = nil
  local site, addressKey, text = unpack(profile)
  local formerSite, formerAddressKey
  if former then formerSite, formerAddressKey = unpackMessage(former) end
  if site ~= formerSite or addressKey ~= formerAddressKey then
    if former then changePlace(formerSite, formerAddressKey, -1) end
    changePlace(site, addressKey, 1)
  end
  rec.f = pack(site, addressKey, text)
  put(rec)
end

local function excessAt(name, key, max)
  if not max then return -1 end
  return (numberOf(call('HGET', B .. name, key)) or 0) - max
end
`
