-- Gives visits numbers, one decision after the other, and writes each grant to the stream that drains into the record,
-- in one step. A fault leaves everything as it was; numbers whose time is over may have been moved to the idle ones.
-- KEYS: 1-4 as in pool-slots.lua, 5 the stream, then for each visit: its visitor's former number (string), its address
--   (string).
-- ARGV: 1 now, 2 numbers looked at in one call, 3 ms an address is kept, 4 ms a new visit counts, 5 what the stream's entry
--   begins with (waiting-grant.ts), then for each visit eight: visit, lease, visitor, trait, groups wished for (a line each),
--   address, rules, the visit as JSON. What is none is ''. Rules are seven words, '-' for none: ms of hold, of lease, of rest and for which a visitor's
--   former number is looked for; visits an address has a number for within ARGV[4]; numbers it holds at once; share of the
--   pool from which on this visit is refused.
-- Replies: 'unloaded': the pool is not here (any more); otherwise the entry that keeps the grants and the refused visits, ''
--   when there are none, and a text for each visit: the lease as told() writes it, its kind 'granted', or 'held' when the
--   visit has it already; 'exhausted', 'address-new', 'address-live' or 'proof-first'; 'again': more numbers are due than one
--   call looks at.
local now, asks, replies = tonumber(ARGV[1]), {}, {}
local entry, takenSlots = { 'grants', ARGV[5] }, {}
local asked = { 'loaded', 'due', 'grouped' }
local rulesOf = {}

local function rules_of(text)
  local rules = rulesOf[text]
  if rules then return rules end
  local list = {}
  for at, word in ipairs(words(text)) do list[at] = tonumber(word) or false end
  rules = { hold = list[1], lease = list[2], rest = list[3], sticky = list[4], newMax = list[5], liveMax = list[6],
    share = list[7] }
  rulesOf[text] = rules
  return rules
end

local count = (#KEYS - 5) / 2
for n = 1, count do
  local at = n * 8 - 3
  asks[n] = { n = n, followers = count - n, visit = ARGV[at + 1], lease = ARGV[at + 2], visitor = ARGV[at + 3],
    trait = ARGV[at + 4], groups = ARGV[at + 5], address = ARGV[at + 6], rules = rules_of(ARGV[at + 7]),
    opened = ARGV[at + 8], visitorKey = KEYS[n * 2 + 4], addressKey = KEYS[n * 2 + 5] }
  asked[n + 3] = ARGV[at + 1]
end
local known = redis.call('HMGET', pool, unpack(asked))
if not known[1] then return 'unloaded' end
due = tonumber(known[2] or 0)
local grouped = known[3] == '1'

-- What the visitors' and the addresses' keys hold, and which of them this call has changed, kept for so many ms.
local kept, keptMs = {}, {}
for at, value in ipairs(redis.call('MGET', unpack(KEYS, 6))) do kept[KEYS[at + 5]] = value end
local before = {}
for n, ask in ipairs(asks) do
  local heard, own = known[n + 3], kept[ask.visitorKey]
  if heard then before[#before + 1] = heard end
  if own then before[#before + 1] = string.match(own, '^%S+') end
end
read_all(before)

local function keep(key, value, ms) kept[key], keptMs[key] = value, ms end

local function decide(ask)
  local heard = fields[ask.visit]
  if heard == nil then heard = known[ask.n + 3] end
  local held = read(heard)
  if is_live(held, now) then return told('held', heard, held) end
  local party = party_of(ask, kept[ask.addressKey], now)
  local id, slot, isOwn
  local isIdle = false
  local reason = is_too_new(ask, party) and 'address-new'
  if not reason then
    if ask.visitor ~= '' then id, slot, isOwn = visitors_own(ask, kept[ask.visitorKey], now) end
    reason = not isOwn and refusal(ask, party, now, grouped)
  end
  if not reason and not slot then
    id, slot = next_idle(ask, now, grouped)
    isIdle = true
    reason = id == 'again' and id or not slot and 'exhausted'
  end
  if reason == 'again' then return reason end
  if reason then
    if party then keep(ask.addressKey, packed_party(ask, party), ARGV[3]) end
    if ask.opened ~= '' then entry[#entry + 1], entry[#entry + 2] = ask.opened, '' end
    return reason
  end
  held = read(heard)
  if held and heard ~= id then
    part(ask.visit, held)
    change(heard, held)
  end
  leave_queue(id, slot, grouped, isIdle)
  take(ask, id, slot, isOwn, now)
  if ask.visitor ~= '' and ask.rules.sticky > 0 then keep(ask.visitorKey, id .. ' ' .. ARGV[1], ask.rules.sticky) end
  if party then
    if not isOwn then party.held[#party.held + 1] = id end
    keep(ask.addressKey, packed_party(ask, party), ARGV[3])
  end
  local granted = told('granted', id, slot)
  entry[#entry + 1], entry[#entry + 2], takenSlots[#takenSlots + 1] = ask.opened, granted, slot
  return granted
end

for n, ask in ipairs(asks) do replies[n + 1] = decide(ask) end
replies[1] = #entry > 2 and redis.call('XADD', KEYS[5], '*', unpack(entry)) or ''
for _, slot in ipairs(takenSlots) do
  slot[recent] = (string.match(slot[recent], '%S+ (%S+ %S+ %S+)$') or slot[recent]) .. ' ' .. replies[1]
end
write_queue()
write_pool()
for key, ms in pairs(keptMs) do redis.call('SET', key, kept[key], 'PX', ms) end
return replies
