-- The queue of idle numbers as the grants of one call see it; put after write-together.lua and before choose-number.lua. A
-- busy number whose time is over is moved to it only when that could matter: its rank is never before its freeAt, so an
-- idle number ranked before `due` goes before all busy ones.
-- ARGV: those of grant-leases-n.lua.

-- Whether this call has moved numbers, and whether no busy one is left that is free now: moving is done once a call.
local hasSwept, isSwept = false, false
-- Numbers given by this call, which still stand among the idle ones, and their members of `groups`.
local given, givenIds, givenMembers = {}, {}, {}
-- The first of the idle numbers, how far they are given, and whether there are no others.
local front, frontAt, isFrontAll
-- How many are busy, how many idle, and how many this call has made busy that were free before.
local inUse, unused, newlyUsed = nil, nil, 0

-- Busy numbers whose time is over become idle, or are forgotten; some at once.
local function sweep(now, grouped)
  hasSwept, front, inUse = true, nil, nil
  local over = redis.call('ZRANGEBYSCORE', busy, '-inf', now, 'LIMIT', 0, ARGV[2])
  read_all(over)
  local ranked, swept, till = {}, {}, now
  for _, id in ipairs(over) do
    local slot = slots[id]
    if not occupied[id] then
      till, swept[#swept + 1] = slot[freeAt], id
      if slot[gone] == '1' then
        forget(id, slot)
      else
        ranked[#ranked + 1], ranked[#ranked + 2] = rank(slot), id
        if grouped then redis.call('ZADD', groups, 0, member(id, slot)) end
      end
    end
  end
  if #swept > 0 then redis.call('ZREM', busy, unpack(swept)) end
  if #ranked > 0 then redis.call('ZADD', idle, unpack(ranked)) end
  isSwept = #over < tonumber(ARGV[2])
  due, isDueMoved = isSwept and now or till, true
end

local function is_all_swept(now, grouped)
  if not hasSwept then sweep(now, grouped) end
  return isSwept
end

-- How many of those whose turn it is are compared: one when nothing tells newcomers apart (idle-rank.ts).
local function compared(ask) return ask.trait == '' and 1 or 16 end

-- Of the first group that has an idle number.
local function few_of_groups(ask)
  for name in string.gmatch(ask.groups, '[^\n]+') do
    local few = {}
    local most = compared(ask)
    local found = redis.call('ZRANGEBYLEX', groups, '[' .. name .. ':', '(' .. name .. ';', 'LIMIT', 0, most + #givenIds)
    for _, entry in ipairs(found) do
      local id = string.match(entry, ':[%d.]+:([^:]+)$')
      if not given[id] and #few < most then few[#few + 1] = id end
    end
    if #few > 0 then return few end
  end
  return {}
end

-- The idle numbers whose turn it is, a few; of the first group that has one when groups are wished for.
local function next_few(ask, grouped)
  if ask.groups ~= '' and grouped then return few_of_groups(ask) end
  local most = compared(ask)
  while true do
    if not front then
      local count = #givenIds + ask.followers + most
      front, frontAt = redis.call('ZRANGE', idle, 0, count - 1), 1
      isFrontAll = #front < count
      read_all(front)
    end
    while given[front[frontAt]] do frontAt = frontAt + 1 end
    local few, at = {}, frontAt
    while front[at] and #few < most do
      if not given[front[at]] then few[#few + 1] = front[at] end
      at = at + 1
    end
    if #few == most or isFrontAll then return few end
    front = nil
  end
end

-- Before anything its rank is made of changes. Only a number that was not found among the idle ones may stand elsewhere.
local function leave_queue(id, slot, grouped, isIdle)
  if given[id] or not (isIdle or redis.call('ZSCORE', idle, id)) then return end
  given[id], givenIds[#givenIds + 1] = true, id
  if grouped then givenMembers[#givenMembers + 1] = member(id, slot) end
end

local function is_wished(ask, slot) return string.find('\n' .. ask.groups .. '\n', '\n' .. slot[group] .. '\n', 1, true) end

local function write_queue()
  if #givenIds > 0 then redis.call('ZREM', idle, unpack(givenIds)) end
  if #givenMembers > 0 then redis.call('ZREM', groups, unpack(givenMembers)) end
end
