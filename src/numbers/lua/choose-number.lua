-- Which number a visit is given; put between pool-slots.lua and grant-lease-9.lua, whose KEYS it reads.

-- Where this visitor was before: their own live number, or their former one while it is free.
local function visitors_own(wish, now)
  if not wish.visitorId then return nil end
  local id, at = string.match(redis.call('GET', KEYS[7]) or '', '^(.+) (%d+)$')
  if not id or now - tonumber(at) > wish.stickyMs then return nil end
  local slot = read(id)
  if not slot or slot.gone then return nil end
  if slot.freeAt <= now then return id, slot end
  if is_live(slot, now) and slot.lease.visitorId == wish.visitorId then return id, slot end
end

-- How many numbers this address is shown now.
local function live_of_address(address, now)
  local live = 0
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[8])) do
    local slot = read(id)
    if is_live(slot, now) and slot.address == address then
      live = live + 1
    else
      redis.call('SREM', KEYS[8], id)
    end
  end
  return live
end

-- Why a visit is given none though one may be free; nil when nothing stands against it.
local function refusal(guard, now)
  if not guard then return nil end
  if guard.address and live_of_address(guard.address, now) >= guard.livePerAddressMax then return 'address-live' end
  if guard.proven or guard.provenAboveShare >= 1 then return nil end
  local inUse = redis.call('ZCARD', busy)
  if inUse >= guard.provenAboveShare * redis.call('HLEN', slots) then return 'proof-first' end
end

-- Late calls expected from former holders who cannot be told from a newcomer of this trait (idle-rank.ts: an e-fold of
-- calls is 20 minutes of standing back, and is forgotten in an hour).
local function overlap(slot, trait, now)
  local sum = 0
  for _, past in ipairs(slot.former or {}) do
    if past.trait == trait then
      sum = sum + (math.exp(past.back / 1200000) - 1) * math.exp(math.min(0, past.till - now) / 3600000)
    end
  end
  return sum
end

-- The idle numbers whose turn it is, a few; of the first group that has one when groups are wished for.
local function next_few(wish)
  if not wish.groups then return redis.call('ZRANGE', idle, 0, 15) end
  for _, group in ipairs(wish.groups) do
    local found = redis.call('ZRANGEBYLEX', groups, '[' .. group .. ':', '(' .. group .. ';', 'LIMIT', 0, 16)
    for at, member in ipairs(found) do found[at] = string.match(member, ':[%d.]+:([^:]+)$') end
    if #found > 0 then return found end
  end
  return {}
end

-- Of those, the number whose former holders are least like the newcomer.
local function next_idle(wish, now)
  local best, slot, least
  for _, id in ipairs(next_few(wish)) do
    local candidate = read(id)
    local sum = wish.trait and overlap(candidate, wish.trait, now) or 0
    if not least or sum < least then best, slot, least = id, candidate, sum end
    if least == 0 then break end
  end
  return best, slot
end
