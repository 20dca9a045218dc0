-- Ends a visit's lease: now, or with its hold.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, 2 visit, 3 rest ms.
-- Replies: the lease as told() of pool-slots.lua writes it, its kind is 'ended'; 'none': it has none any more, or only
--   shares a later visit's; 'unloaded': the pool is not here.
local now = tonumber(ARGV[1])
local known = redis.call('HMGET', pool, 'loaded', ARGV[2], 'due')
if not known[1] then return 'unloaded' end
local id = known[2]
local slot = read(id)
if not is_live(slot, now) or slot[holder] ~= ARGV[2] or not redis.call('ZSCORE', busy, id) then return 'none' end
due = tonumber(known[3] or 0)
slot[expiresAt] = math.max(now, slot[holdUntil])
slot[freeAt] = slot[expiresAt] + tonumber(ARGV[3])
occupy(id, slot)
write_pool()
return told('ended', id, slot)
