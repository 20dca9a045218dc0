-- Which number a visit is given; put after former-holders.lua and queue-numbers.lua.

-- Where this visitor was before: their own live number (then true), or their former one while it is free.
local function visitors_own(ask, known, now)
  local id, at = string.match(known or '', '^(%S+) (%d+)$')
  if not id or now - tonumber(at) > ask.rules.sticky then return nil end
  local slot = read(id)
  if not slot or slot[gone] == '1' then return nil end
  if slot[freeAt] <= now then return id, slot, false end
  if is_live(slot, now) and slot[visitor] == ask.visitor then return id, slot, true end
end

-- Of the idle numbers whose turn it is the one whose former holders are least like the newcomer; 'again' when more
-- numbers are due than one call looks at.
local function next_idle(ask, now, grouped)
  if ask.groups ~= '' and grouped and not is_all_swept(now, grouped) then return 'again' end
  while true do
    local best, found, least
    local few = next_few(ask, grouped)
    local isSure = isSwept or #few == compared(ask)
    for _, id in ipairs(few) do
      local slot = read(id)
      if not isSwept and rank(slot) >= due then isSure = false break end
      if ask.groups ~= '' and not is_wished(ask, slot) then return nil end
      local sum = overlap(ask.trait, id, slot, now)
      if not least or sum < least then best, found, least = id, slot, sum end
      if least == 0 then return best, found end
    end
    if isSure then return best, found end
    if hasSwept then return 'again' end
    sweep(now, grouped)
  end
end
