-- Why a visit is given no number though one may be free; put after queue-numbers.lua and before grant-leases-n.lua, whose
-- ARGV it reads. A bound that does not hold is nil.

-- What is known of the visit's address, this visit counted in; nil when its address says nothing. `packed` is since when
-- its visits are counted, how many there were, and the numbers it may hold.
local function party_of(ask, packed, now)
  if ask.address == '' then return nil end
  local since, count, ids = string.match(packed or '', '^(%d+) (%d+)(.*)$')
  if not since or math.abs(now - tonumber(since)) >= tonumber(ARGV[4]) then since, count = ARGV[1], 0 end
  local held = {}
  for _, id in ipairs(words(ids or '')) do
    local slot = read(id)
    if is_live(slot, now) and slot[address] == ask.address then held[#held + 1] = id end
  end
  return { since = since, count = count + 1, held = held }
end

local function packed_party(ask, party)
  local ids = ask.rules.liveMax and table.concat(party.held, ' ') or ''
  return party.since .. ' ' .. party.count .. ' ' .. ids
end

local function is_too_new(ask, party) return party and ask.rules.newMax and party.count > ask.rules.newMax end

local function is_scarce(share)
  if not inUse then inUse, unused = redis.call('ZCOUNT', busy, '(' .. ARGV[1], '+inf'), redis.call('ZCARD', idle) end
  local used = inUse + newlyUsed
  return used >= share * (used + unused - #givenIds)
end

-- 'again' when more numbers are due than one call looks at. Numbers out of the pool count until they are swept.
local function refusal(ask, party, now, grouped)
  local rules = ask.rules
  if party and rules.liveMax and #party.held >= rules.liveMax then return 'address-live' end
  if not rules.share then return nil end
  if not is_scarce(rules.share) then return nil end
  if not is_all_swept(now, grouped) then return 'again' end
  if is_scarce(rules.share) then return 'proof-first' end
end
