-- Which number a visit is given; put after former-holders.lua and queue-numbers.lua, before
-- grant-lease-7.lua, whose ARGV it reads.

-- Where this visitor was before: their own live number (then true), or their former one while it is free.
local function visitors_own(known, now)
  local id, at = string.match(known or '', '^(%S+) (%d+)$')
  if not id or now - tonumber(at) > tonumber(ARGV[8]) then return nil end
  local slot = read(id)
  if not slot or slot[gone] == '1' then return nil end
  if slot[freeAt] <= now then return id, slot, false end
  if is_live(slot, now) and slot[visitor] == ARGV[4] then return id, slot, true end
end

-- Of the idle numbers whose turn it is the one whose former holders are least like the newcomer; 'again' when more
-- numbers are due than one step looks at.
local function next_idle(now, due, grouped)
  local hasSwept = false
  if ARGV[10] ~= '' and grouped then
    due, hasSwept = sweep(now, grouped), true
    if due ~= math.huge then return 'again' end
  end
  while true do
    local best, found, least
    local few = next_few(grouped)
    local isSure = #few == compared or due == math.huge
    for _, id in ipairs(few) do
      local slot = read(id)
      if rank(slot) >= due then isSure = false break end
      if ARGV[10] ~= '' and not is_wished(slot) then return nil end
      local sum = overlap(id, slot, now)
      if not least or sum < least then best, found, least = id, slot, sum end
      if least == 0 then return best, found end
    end
    if isSure then return best, found end
    if hasSwept then return 'again' end
    due, hasSwept = sweep(now, grouped), true
  end
end
