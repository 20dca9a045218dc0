-- Extends the leases that visits have or share; a lease only ever grows.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, then for each visit six: visit, lease ms, rest ms, ms by which the number will stand back in the queue after
--   this visit, engaged seconds, pages.
-- Replies: 'unloaded': the pool is not here; otherwise a text for each visit: the lease as told() of pool-slots.lua writes
--   it, its kind is 'held'; 'none': the visit has no lease any more.
local now, asked, replies = tonumber(ARGV[1]), { 'loaded', 'due' }, {}
for at = 2, #ARGV, 6 do asked[#asked + 1] = ARGV[at] end
local known = redis.call('HMGET', pool, unpack(asked))
if not known[1] then return 'unloaded' end
due = tonumber(known[2] or 0)
local heard = { unpack(known, 3) }
read_all(heard)

local ids = {}
for _, id in ipairs(heard) do
  if is_live(read(id), now) then ids[#ids + 1] = id end
end
-- Clocks of processes differ, and a lease that one has seen to end must not live again for another.
local isBusy = {}
for at, score in ipairs(#ids > 0 and redis.call('ZMSCORE', busy, unpack(ids)) or {}) do isBusy[ids[at]] = score end

local function beat(visit, id, slot, at)
  slot[expiresAt] = math.max(slot[expiresAt], now + tonumber(ARGV[at + 1]))
  slot[freeAt] = math.max(slot[freeAt], slot[expiresAt] + tonumber(ARGV[at + 2]))
  slot[back] = math.max(slot[back], tonumber(ARGV[at + 3]))
  if slot[holder] == visit then
    slot[beatAt] = now
    slot[engaged] = math.max(slot[engaged], tonumber(ARGV[at + 4]))
    slot[pages] = math.max(slot[pages], tonumber(ARGV[at + 5]))
  end
  occupy(id, slot)
  return told('held', id, slot)
end

for n, id in ipairs(heard) do
  local at = n * 6 - 4
  replies[n] = isBusy[id] and beat(ARGV[at], id, read(id), at) or 'none'
end
write_pool()
return replies
