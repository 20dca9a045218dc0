-- Takes over what the record knows of some of a pool's numbers. Safe to run twice and beside another loader: what is
-- newer stays, and of two loaders the one that drew its ticket later, so read the record later, has the last word.
-- KEYS: as in pool-slots.lua.
-- ARGV: 1 now, 2 the loader's ticket, 3 JSON of numbers (id, e164, group, freeAt, back, trait, lease, filed: expiresAt and
--   freeAt to the letter, where those of the lease allow for beats that were lost), 4 JSON of the ids of numbers that are
--   no longer the pool's, 5 '1' with the last part, 6 '1' when beats may have been lost here, 7 the pool's terms as JSON,
--   8 '1' when the numbers are of several groups.
-- Replies: the ids of numbers whose lease was taken from the record or made longer; 'overtaken' when a later loader has
--   come to its end.
local now, ticket = tonumber(ARGV[1]), tonumber(ARGV[2])
if tonumber(redis.call('HGET', pool, 'loaded') or 0) > ticket then return 'overtaken' end
redis.call('HSET', pool, 'grouped', ARGV[8], 'due', 0)

for _, number in ipairs(cjson.decode(ARGV[3])) do
  local slot = read(number.id) or { '', '', 0, number.freeAt, number.back, '', '', '', '', '', '', '', '', 0, 0, 0, 0, 0, 1 }
  redis.call('ZREM', groups, member(number.id, slot))
  slot[e164], slot[group], slot[gone] = number.e164, number.group, ''
  if number.lease then restore(slot, number) end
  write(number.id, slot)
  enqueue(number.id, slot, now)
end

for _, id in ipairs(cjson.decode(ARGV[4])) do
  local slot = read(id)
  if slot then retire(id, slot, now) end
end

if ARGV[5] == '1' then
  redis.call('HSET', pool, 'loaded', ticket, 'terms', ARGV[7])
  if ARGV[8] == '' then redis.call('DEL', groups) end
end
return restored
