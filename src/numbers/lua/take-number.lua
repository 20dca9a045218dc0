-- What becomes of a number's slot with its next lease; put between choose-number.lua and grant-leases-n.lua.

-- The number goes to this visit. `isOwn`: from an earlier one of its visitor, which shares it; nothing of it gets shorter.
local function take(ask, id, slot, isOwn, now)
  local hearing = { ask.visit }
  for at, visit in ipairs(words(slot[visits])) do
    if isOwn and at <= 4 then hearing[at + 1] = visit else fields[visit] = false end
  end
  fields[ask.visit] = id
  slot[visits] = table.concat(hearing, ' ')
  if not isOwn then
    remember_holder(id, slot)
    slot[expiresAt], slot[freeAt], slot[back], slot[address], slot[trait] = 0, 0, 0, ask.address, ask.trait
  end
  local rules, before = ask.rules, slot[freeAt]
  slot[expiresAt] = math.max(slot[expiresAt], now + math.max(rules.hold, rules.lease))
  slot[freeAt] = math.max(before, slot[expiresAt] + rules.rest)
  if before <= now and slot[freeAt] > now then newlyUsed = newlyUsed + 1 end
  slot[generation], slot[lease], slot[holder], slot[visitor] = slot[generation] + 1, ask.lease, ask.visit, ask.visitor
  slot[grantedAt], slot[holdUntil] = now, now + rules.hold
  slot[beatAt], slot[engaged], slot[pages] = 0, 0, 1
  occupy(id, slot)
end
