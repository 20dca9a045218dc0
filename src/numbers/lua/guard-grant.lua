-- Why a visit is given no number though one may be free; put after queue-numbers.lua and before
-- grant-lease-7.lua.
-- ARGV: those of grant-lease-7.lua; a bound that does not hold is ''.

-- What is known of the visit's address, this visit counted in; nil when its address says nothing. `packed` is since when
-- its visits are counted, how many there were, and the numbers it may hold.
local function party_of(packed, now)
  if ARGV[11] == '' then return nil end
  local since, count, ids = string.match(packed or '', '^(%d+) (%d+)(.*)$')
  if not since or math.abs(now - tonumber(since)) >= tonumber(ARGV[17]) then since, count = ARGV[1], 0 end
  local held = {}
  for _, id in ipairs(words(ids or '')) do
    local slot = read(id)
    if is_live(slot, now) and slot[address] == ARGV[11] then held[#held + 1] = id end
  end
  return { since = since, count = count + 1, held = held }
end

local function keep_party(party)
  if not party then return end
  local ids = ARGV[13] == '' and '' or table.concat(party.held, ' ')
  redis.call('SET', KEYS[6], party.since .. ' ' .. party.count .. ' ' .. ids, 'PX', ARGV[16])
end

local function is_too_new(party) return party and ARGV[12] ~= '' and party.count > tonumber(ARGV[12]) end

-- 'again' when more numbers are due than one step looks at. Numbers out of the pool count until they are swept.
local function refusal(party, now, grouped)
  if party and ARGV[13] ~= '' and #party.held >= tonumber(ARGV[13]) then return 'address-live' end
  if ARGV[14] == '' then return nil end
  local inUse = redis.call('ZCOUNT', busy, '(' .. ARGV[1], '+inf')
  local function is_scarce() return inUse >= ARGV[14] * (inUse + redis.call('ZCARD', idle)) end
  if not is_scarce() then return nil end
  if sweep(now, grouped) ~= math.huge then return 'again' end
  if is_scarce() then return 'proof-first' end
end
