-- Ends a visit's lease: now, or with its hold.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, 2 visit, 3 rest ms.
-- Replies: {'ended', lease JSON}; {'none'}: it has none any more, or only shares a later visit's; {'unloaded'}: the pool is not here.
local now = tonumber(ARGV[1])
if redis.call('HEXISTS', meta, 'loaded') == 0 then return { 'unloaded' } end
local id = redis.call('HGET', visits, ARGV[2])
local slot = read(id)
if not is_live(slot, now) or slot.lease.visitId ~= ARGV[2] then return { 'none' } end
slot.lease.expiresAt = math.max(now, slot.lease.holdUntil)
slot.freeAt = slot.lease.expiresAt + tonumber(ARGV[3])
write(id, slot)
redis.call('ZADD', busy, slot.freeAt, id)
return { 'ended', cjson.encode(slot.lease) }
