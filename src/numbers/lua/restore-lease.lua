-- What a loader knows of a number's lease from the record; put between pool-slots.lua and load-pool-4.lua, whose ARGV it
-- reads.
local restored = {}

-- Whether the visit's beats go to this number from now on: not when it has another one for longer.
local function hear(visit, id, till)
  local other = redis.call('HGET', pool, visit)
  local slot = other and other ~= id and read(other)
  if slot and slot[expiresAt] > till then return false end
  if slot then
    part(visit, slot)
    write(other, slot)
  end
  redis.call('HSET', pool, visit, id)
  return true
end

-- A lease the slot does not have yet, or the same one that the record has seen longer.
local function restore(slot, number)
  local past = number.lease
  if past.generation > slot[generation] then
    if slot[visits] ~= '' then redis.call('HDEL', pool, unpack(words(slot[visits]))) end
    slot[visits] = hear(past.visitId, number.id, past.expiresAt) and past.visitId or ''
    slot[generation], slot[lease], slot[holder], slot[visitor] = past.generation, past.id, past.visitId, past.visitorId or ''
    slot[grantedAt], slot[holdUntil], slot[expiresAt] = past.grantedAt, past.holdUntil, past.expiresAt
    slot[freeAt], slot[back], slot[trait], slot[address] = number.freeAt, number.back, number.trait or '', ''
    slot[beatAt], slot[engaged], slot[pages] = 0, 0, 1
    table.insert(restored, number.id)
  elseif slot[lease] == past.id then
    local to = ARGV[6] == '1' and { expiresAt = past.expiresAt, freeAt = number.freeAt } or number.filed
    if to.expiresAt > slot[expiresAt] then table.insert(restored, number.id) end
    slot[expiresAt], slot[freeAt] = math.max(slot[expiresAt], to.expiresAt), math.max(slot[freeAt], to.freeAt)
    slot[back] = math.max(slot[back], number.back)
  end
end

-- Where a number stands that is the pool's.
local function enqueue(id, slot, now)
  if slot[freeAt] > now then
    redis.call('ZREM', idle, id)
    redis.call('ZADD', busy, slot[freeAt], id)
    return
  end
  redis.call('ZREM', busy, id)
  redis.call('ZADD', idle, rank(slot), id)
  if ARGV[8] == '1' then redis.call('ZADD', groups, 0, member(id, slot)) end
end

-- It is not the pool's any more: forgotten now, or when its time is over.
local function retire(id, slot, now)
  if redis.call('ZREM', idle, id) == 1 then redis.call('ZREM', groups, member(id, slot)) end
  slot[gone] = '1'
  if slot[freeAt] <= now then return forget(id, slot) end
  write(id, slot)
  redis.call('ZADD', busy, slot[freeAt], id)
end
