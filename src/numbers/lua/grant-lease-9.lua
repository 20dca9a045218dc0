-- Gives a visit a number, and writes the grant to the stream that drains into the record, in one step.
-- KEYS: 1-6 as in pool-slots.lua, 7 the visitor's former number (string), 8 the address's numbers (set), 9 the stream.
-- ARGV: 1 now, 2 the wish as JSON (leaseId, visitId, visitorId, groups, trait, guard, holdMs, leaseMs, restMs, stickyMs,
--   sweepMax, addressKeptMs, enterpriseId, poolId), 3 the visit to keep with it as JSON, or ''.
-- Replies: {'granted', lease JSON, '1' when it is new}; {'exhausted'}, {'address-live'}, {'proof-first'}, each with the
--   visit kept; {'again'}: more numbers are due than one step looks at; {'unloaded'}: the pool is not here (any more).
local now, wish = tonumber(ARGV[1]), cjson.decode(ARGV[2])
if redis.call('HEXISTS', meta, 'loaded') == 0 then return { 'unloaded' } end
if sweep(now, wish.sweepMax) then return { 'again' } end

local held = read(redis.call('HGET', visits, wish.visitId))
if is_live(held, now) then return { 'granted', cjson.encode(held.lease), '0' } end

local id, slot = visitors_own(wish, now)
local before = slot and slot.freeAt > now and slot.lease
local reason = not before and refusal(wish.guard, now)
if not reason and not slot then
  id, slot = next_idle(wish, now)
  reason = not slot and 'exhausted'
end
if reason then
  if ARGV[3] ~= '' then redis.call('XADD', KEYS[9], '*', 'visit', ARGV[3], 'lease', '') end
  return { reason }
end

local sharers = before and slot.sharers or {}
leave_queue(id, slot)
let_go(id, slot)
slot.generation, slot.beat = slot.generation + 1, nil
slot.lease = {
  id = wish.leaseId, visitId = wish.visitId, visitorId = wish.visitorId, numberId = id, e164 = slot.e164,
  generation = slot.generation, grantedAt = now, holdUntil = now + wish.holdMs,
  expiresAt = now + math.max(wish.holdMs, wish.leaseMs), enterpriseId = wish.enterpriseId, poolId = wish.poolId,
}
if before then
  -- The visitor's live number goes to their new visit; earlier ones share it. Nothing of it gets shorter.
  slot.lease.expiresAt = math.max(slot.lease.expiresAt, before.expiresAt)
  slot.freeAt = math.max(slot.freeAt, slot.lease.expiresAt + wish.restMs)
  table.insert(sharers, before.visitId)
  if #sharers > 4 then table.remove(sharers, 1) end
  slot.sharers = sharers
else
  slot.freeAt, slot.back = slot.lease.expiresAt + wish.restMs, 0
  slot.address, slot.trait = wish.guard and wish.guard.address, wish.trait
end
local packed = cjson.encode(slot.lease)
slot.recent = slot.recent or {}
table.insert(slot.recent, redis.call('XADD', KEYS[9], '*', 'visit', ARGV[3], 'lease', packed))
if #slot.recent > 4 then table.remove(slot.recent, 1) end
write(id, slot)
redis.call('ZADD', busy, slot.freeAt, id)
for _, visit in ipairs({ wish.visitId, unpack(sharers) }) do redis.call('HSET', visits, visit, id) end
if wish.visitorId then redis.call('SET', KEYS[7], id .. ' ' .. ARGV[1], 'PX', wish.stickyMs) end
if slot.address and not before then redis.call('SADD', KEYS[8], id) end
if slot.address and not before then redis.call('PEXPIRE', KEYS[8], wish.addressKeptMs) end
return { 'granted', packed, '1' }
