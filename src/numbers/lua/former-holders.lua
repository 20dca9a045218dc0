-- Who held a number before, as far as the choice of the next one is concerned; put after pool-slots.lua and before
-- choose-number.lua. ARGV: those of grant-lease-7.lua.

-- A number's last holders as {trait, back, expiresAt}, those before the latest one in a field of their own.
local function former(id)
  local packed = redis.call('HGET', pool, 'former:' .. id)
  return packed and cmsgpack.unpack(packed) or {}
end

-- Another visitor follows: the latest holder becomes one of those before.
local function remember_holder(id, slot)
  if slot[trait] == '' then return end
  local list = former(id)
  list[#list + 1] = { slot[trait], slot[back], slot[expiresAt] }
  if #list > 15 then table.remove(list, 1) end
  redis.call('HSET', pool, 'former:' .. id, cmsgpack.pack(list))
end

-- Late calls expected from former holders who cannot be told from a newcomer of this trait (idle-rank.ts: an e-fold of
-- calls is 20 minutes of standing back, and is forgotten in an hour).
local function overlap(id, slot, now)
  if ARGV[9] == '' then return 0 end
  local list, sum = former(id), 0
  list[#list + 1] = { slot[trait], slot[back], slot[expiresAt] }
  for _, past in ipairs(list) do
    if past[1] == ARGV[9] then
      sum = sum + (math.exp(past[2] / 1200000) - 1) * math.exp(math.min(0, past[3] - now) / 3600000)
    end
  end
  return sum
end
