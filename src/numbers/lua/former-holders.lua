-- Who held a number before, as far as the choice of the next one is concerned; put after write-together.lua and before
-- choose-number.lua.
local formers = {}

-- A number's last holders as {trait, back, expiresAt}, those before the latest one; in a field of their own.
local function former(id)
  local list = formers[id]
  if not list then
    local packed = redis.call('HGET', pool, 'former:' .. id)
    list = packed and cmsgpack.unpack(packed) or {}
    formers[id] = list
  end
  return list
end

-- Another visitor follows: the latest holder becomes one of those before.
local function remember_holder(id, slot)
  if slot[trait] == '' then return end
  local list = former(id)
  list[#list + 1] = { slot[trait], slot[back], slot[expiresAt] }
  if #list > 15 then table.remove(list, 1) end
  fields['former:' .. id] = cmsgpack.pack(list)
end

local function late_calls(till, standsBack, now)
  return (math.exp(standsBack / 1200000) - 1) * math.exp(math.min(0, till - now) / 3600000)
end

-- Late calls expected from former holders who cannot be told from a newcomer of this trait (idle-rank.ts: an e-fold of
-- calls is 20 minutes of standing back, and is forgotten in an hour).
local function overlap(newcomer, id, slot, now)
  if newcomer == '' then return 0 end
  local sum = slot[trait] == newcomer and late_calls(slot[expiresAt], slot[back], now) or 0
  for _, past in ipairs(former(id)) do
    if past[1] == newcomer then sum = sum + late_calls(past[3], past[2], now) end
  end
  return sum
end
