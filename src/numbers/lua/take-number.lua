-- What becomes of a number's slot with its next lease; put between choose-number.lua and grant-lease-7.lua, whose ARGV it
-- reads.

-- The number goes to this visit. `isOwn`: from an earlier one of its visitor, which shares it; nothing of it gets shorter.
local function take(id, slot, isOwn, now)
  local hearing, dropped = { ARGV[2] }, {}
  for at, visit in ipairs(words(slot[visits])) do
    if isOwn and at <= 4 then hearing[at + 1] = visit else dropped[#dropped + 1] = visit end
  end
  if #dropped > 0 then redis.call('HDEL', pool, unpack(dropped)) end
  slot[visits] = table.concat(hearing, ' ')
  if not isOwn then
    remember_holder(id, slot)
    slot[expiresAt], slot[freeAt], slot[back], slot[address], slot[trait] = 0, 0, 0, ARGV[11], ARGV[9]
  end
  slot[expiresAt] = math.max(slot[expiresAt], tonumber(ARGV[6]))
  slot[freeAt] = math.max(slot[freeAt], slot[expiresAt] + tonumber(ARGV[7]))
  slot[generation], slot[lease], slot[holder], slot[visitor] = slot[generation] + 1, ARGV[3], ARGV[2], ARGV[4]
  slot[grantedAt], slot[holdUntil] = now, tonumber(ARGV[5])
  slot[beatAt], slot[engaged], slot[pages] = 0, 0, 1
end
