/**
 * How many sessions each site and each address has, at all nodes together: in the hashes `sites` and `addresses`. A
 * session counts under the site and the address of its profile, from `admit` or `join` until it ends.
 * So it counts once, whichever node has it, and a dead node leaves no count behind.
 */
export const places = String.raw`
local function countAt(name, key, by)
  if call('HINCRBY', B .. name, key, by) <= 0 then call('HDEL', B .. name, key) end
end

local function changePlace(profile, by)
  countAt('sites', profile.site, by)
  countAt('addresses', profile.addressKey, by)
  count('users', by)
end

-- Stores the profile of a session, which counts under it, and no longer under the former one.
local function setProfile(rec, profile)
  local former = not rec.isNew and profileOf(rec.id) or nil
  rec.isNew = nil
  if not former or former.site ~= profile.site or former.addressKey ~= profile.addressKey then
    if former then changePlace(former, -1) end
    changePlace(profile, 1)
  end
  rec.f = pack(profile)
  put(rec, 'f', rec.f)
end

local function excessAt(name, key, max)
  if not max then return -1 end
  return (numberOf(call('HGET', B .. name, key)) or 0) - max
end
`
