-- The queue of idle numbers as a grant sees it; put after pool-slots.lua and before choose-number.lua. A busy number whose
-- time is over is moved to it only when that could matter: its rank is never before its freeAt, so an idle number ranked
-- before `due` goes before all busy ones.
-- ARGV: those of grant-lease-7.lua.

-- How many of those whose turn it is are compared: one when nothing tells newcomers apart (idle-rank.ts).
local compared = ARGV[9] == '' and 1 or 16

-- Busy numbers whose time is over become idle, or are forgotten; some at once. Answers the new `due`: math.huge when no
-- busy number is left that is free now.
local function sweep(now, grouped)
  local over = redis.call('ZRANGEBYSCORE', busy, '-inf', now, 'LIMIT', 0, ARGV[15])
  local ranked, due = {}, now
  for at, packed in ipairs(#over > 0 and redis.call('HMGET', pool, unpack(over)) or {}) do
    local id, slot = over[at], cmsgpack.unpack(packed)
    due = slot[freeAt]
    if slot[gone] == '1' then
      forget(id, slot)
    else
      ranked[#ranked + 1], ranked[#ranked + 2] = rank(slot), id
      if grouped then redis.call('ZADD', groups, 0, member(id, slot)) end
    end
  end
  if #over > 0 then redis.call('ZREM', busy, unpack(over)) end
  if #ranked > 0 then redis.call('ZADD', idle, unpack(ranked)) end
  local isAll = #over < tonumber(ARGV[15])
  redis.call('HSET', pool, 'due', isAll and now or due)
  return isAll and math.huge or due
end

-- The idle numbers whose turn it is, a few; of the first group that has one when groups are wished for.
local function next_few(grouped)
  if ARGV[10] == '' or not grouped then return redis.call('ZRANGE', idle, 0, compared - 1) end
  for name in string.gmatch(ARGV[10], '[^\n]+') do
    local found = redis.call('ZRANGEBYLEX', groups, '[' .. name .. ':', '(' .. name .. ';', 'LIMIT', 0, compared)
    for at, entry in ipairs(found) do found[at] = string.match(entry, ':[%d.]+:([^:]+)$') end
    if #found > 0 then return found end
  end
  return {}
end

local function is_wished(slot) return string.find('\n' .. ARGV[10] .. '\n', '\n' .. slot[group] .. '\n', 1, true) end
