-- Gives a visit a number, and writes the grant to the stream that drains into the record, in one step.
-- KEYS: 1-4 as in pool-slots.lua, 5 the visitor's former number (string), 6 the visit's address (string), 7 the stream.
-- ARGV: 1 now, 2 visit, 3 lease, 4 visitor, 5 hold until, 6 expires at, 7 rest ms, 8 sticky ms, 9 trait, 10 groups wished
--   for, a line each, 11 address, 12 visits an address has a number for within ARGV[17], 13 numbers it holds at once, 14
--   share of the pool from which on this visit is refused, 15 numbers looked at in one step, 16 ms an address is kept, 17
--   ms a new visit counts, 18 the visit as JSON, 19 the end of the lease's JSON. What is none is ''.
-- Replies, a line each value: 'granted', entry, number, e164, generation, expires at; the lease the visit has already, as
--   told() writes it, its kind is 'held'; 'exhausted', 'address-new', 'address-live' or 'proof-first', and the entry that
--   keeps the visit; 'again': more numbers are due than one step looks at; 'unloaded': the pool is not here (any more).
local now, visit = tonumber(ARGV[1]), ARGV[2]
local known = redis.call('HMGET', pool, 'loaded', visit, 'due', 'grouped')
if not known[1] then return 'unloaded' end
local due, grouped = tonumber(known[3] or 0), known[4] == '1'
local held = read(known[2])
if is_live(held, now) then return told('held', known[2], held) end

local seen = redis.call('MGET', KEYS[5], KEYS[6])
local party = party_of(seen[2], now)
local id, slot, isOwn
local reason = is_too_new(party) and 'address-new'
if not reason then
  if ARGV[4] ~= '' then id, slot, isOwn = visitors_own(seen[1], now) end
  reason = not isOwn and refusal(party, now, grouped)
end
if not reason and not slot then
  id, slot = next_idle(now, due, grouped)
  reason = id == 'again' and id or not slot and 'exhausted'
end
if reason == 'again' then return reason end
if reason then
  keep_party(party)
  return reason .. '\n' .. (ARGV[18] ~= '' and redis.call('XADD', KEYS[7], '*', 'visit', ARGV[18], 'lease', '') or '')
end

if held and known[2] ~= id then part(visit, known[2], held) end
leave_queue(id, slot, grouped)
take(id, slot, isOwn, now)
local entry = redis.call('XADD', KEYS[7], '*', 'visit', ARGV[18], 'lease', '{"numberId":"' .. id .. '","e164":"' .. slot[e164]
  .. '","generation":' .. slot[generation] .. ',"expiresAt":' .. slot[expiresAt] .. ARGV[19])
slot[recent] = (string.match(slot[recent], '%S+ (%S+ %S+ %S+)$') or slot[recent]) .. ' ' .. entry
redis.call('HSET', pool, id, cmsgpack.pack(slot), visit, id)
occupy(id, slot, due)
if ARGV[4] ~= '' then redis.call('SET', KEYS[5], id .. ' ' .. ARGV[1], 'PX', ARGV[8]) end
if party and not isOwn then party.held[#party.held + 1] = id end
keep_party(party)
return table.concat({ 'granted', entry, id, slot[e164], slot[generation], slot[expiresAt] }, '\n')
