-- Takes over what the record knows of some of a pool's numbers. Safe to run twice and beside another loader: what is
-- newer stays, and of two loaders the one that drew its ticket later, so read the record later, has the last word.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, 2 the loader's ticket, 3 JSON of numbers (id, e164, group, freeAt, back, trait, lease,
--   filed: expiresAt and freeAt to the letter, where those of the lease allow for beats that were lost), 4 JSON of the ids of
--   numbers that are no longer the pool's, 5 '1' with the last part, 6 '1' when beats may have been lost here,
--   7 the pool's terms as JSON.
-- Replies: the ids of numbers whose lease was taken from the record or made longer; 'overtaken' when a later loader has
--   come to its end.
local now, ticket = tonumber(ARGV[1]), tonumber(ARGV[2])
if tonumber(redis.call('HGET', meta, 'loaded') or 0) > ticket then return 'overtaken' end

local restored = {}

-- A lease the slot does not have yet, or the same one that the record has seen longer.
local function restore(slot, number)
  local lease = number.lease
  if lease.generation > slot.generation then
    let_go(number.id, slot)
    slot.generation, slot.lease, slot.address, slot.beat = lease.generation, lease, nil, nil
    slot.freeAt, slot.back, slot.trait = number.freeAt, number.back, number.trait
    redis.call('HSET', visits, lease.visitId, number.id)
    table.insert(restored, number.id)
  elseif slot.lease and slot.lease.id == lease.id then
    local known = ARGV[6] == '1' and { expiresAt = lease.expiresAt, freeAt = number.freeAt } or number.filed
    if known.expiresAt > slot.lease.expiresAt then table.insert(restored, number.id) end
    slot.lease.expiresAt = math.max(slot.lease.expiresAt, known.expiresAt)
    slot.freeAt, slot.back = math.max(slot.freeAt, known.freeAt), math.max(slot.back, number.back)
  end
end

for _, number in ipairs(cjson.decode(ARGV[3])) do
  local slot = read(number.id)
  if slot then leave_queue(number.id, slot) end
  slot = slot or { generation = 0, freeAt = number.freeAt, back = 0 }
  slot.e164, slot.group, slot.gone = number.e164, number.group, nil
  if number.lease then restore(slot, number) end
  write(number.id, slot)
  if slot.freeAt <= now then make_idle(number.id, slot) else redis.call('ZADD', busy, slot.freeAt, number.id) end
end

for _, id in ipairs(cjson.decode(ARGV[4])) do
  local slot = read(id)
  if slot then
    leave_queue(id, slot)
    slot.gone = true
    write(id, slot)
    redis.call('ZADD', busy, slot.freeAt, id)
  end
end

if ARGV[5] == '1' then redis.call('HSET', meta, 'loaded', ticket, 'terms', ARGV[7]) end
return restored
