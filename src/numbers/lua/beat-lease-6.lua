-- Extends the lease that a visit has or shares; a lease only ever grows.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, 2 visit, 3 lease ms, 4 rest ms, 5 ms by which the number will stand back in the queue after this visit,
--   6 engaged seconds, 7 pages.
-- Replies: {'held', lease JSON}; {'none'}: the visit has no lease any more; {'unloaded'}: the pool is not here.
local now = tonumber(ARGV[1])
if redis.call('HEXISTS', meta, 'loaded') == 0 then return { 'unloaded' } end
local id = redis.call('HGET', visits, ARGV[2])
local slot = read(id)
if not is_live(slot, now) then return { 'none' } end
local lease = slot.lease
lease.expiresAt = math.max(lease.expiresAt, now + tonumber(ARGV[3]))
slot.freeAt = math.max(slot.freeAt, lease.expiresAt + tonumber(ARGV[4]))
slot.back = math.max(slot.back, tonumber(ARGV[5]))
if lease.visitId == ARGV[2] then
  local beat = slot.beat or { engagedSeconds = 0, pages = 1 }
  slot.beat = {
    at = now,
    engagedSeconds = math.max(beat.engagedSeconds, tonumber(ARGV[6])),
    pages = math.max(beat.pages, tonumber(ARGV[7])),
  }
end
write(id, slot)
redis.call('ZADD', busy, slot.freeAt, id)
return { 'held', cjson.encode(lease) }
