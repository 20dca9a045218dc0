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

-- The idle number whose turn it is; of the first group that has one when groups are wished for.
local function next_idle(wish)
  local id
  if not wish.groups then id = redis.call('ZRANGE', idle, 0, 0)[1] end
  for _, group in ipairs(wish.groups or {}) do
    local first = redis.call('ZRANGEBYLEX', groups, '[' .. group .. ':', '(' .. group .. ';', 'LIMIT', 0, 1)[1]
    if first and not id then id = string.match(first, ':[%d.]+:([^:]+)$') end
  end
  return id, read(id)
end
