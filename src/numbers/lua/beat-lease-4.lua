-- Extends the lease that a visit has or shares; a lease only ever grows.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, 2 visit, 3 lease ms, 4 rest ms, 5 ms by which the number will stand back in the queue after this visit,
--   6 engaged seconds, 7 pages.
-- Replies: the lease as told() of pool-slots.lua writes it, its kind is 'held'; 'none': the visit has no lease any more;
--   'unloaded': the pool is not here.
local now = tonumber(ARGV[1])
local known = redis.call('HMGET', pool, 'loaded', ARGV[2], 'due')
if not known[1] then return 'unloaded' end
local id = known[2]
local slot = read(id)
if not is_live(slot, now) then return 'none' end
-- Clocks of processes differ, and a lease that one has seen to end must not live again for another.
if not redis.call('ZSCORE', busy, id) then return 'none' end
slot[expiresAt] = math.max(slot[expiresAt], now + tonumber(ARGV[3]))
slot[freeAt] = math.max(slot[freeAt], slot[expiresAt] + tonumber(ARGV[4]))
slot[back] = math.max(slot[back], tonumber(ARGV[5]))
if slot[holder] == ARGV[2] then
  slot[beatAt] = now
  slot[engaged] = math.max(slot[engaged], tonumber(ARGV[6]))
  slot[pages] = math.max(slot[pages], tonumber(ARGV[7]))
end
redis.call('HSET', pool, id, cmsgpack.pack(slot))
occupy(id, slot, known[3])
return told('held', id, slot)
