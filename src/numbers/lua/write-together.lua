-- What the decisions of one call change, written together at its end: fewer commands, and a fault in one of them leaves
-- the pool as it was. Put after pool-slots.lua.
local due, isDueMoved = 0, false
-- Slots by number, but for those that are forgotten since; other fields of the pool, false where one is to go; numbers that
-- are busy from now on.
local changed, fields, occupied = {}, {}, {}

local function change(id, slot) changed[id] = slot end

local function occupy(id, slot)
  changed[id], occupied[id] = slot, true
  if slot[freeAt] < due then due, isDueMoved = slot[freeAt], true end
end

local function write_pool()
  local set, dropped, scores = {}, {}, {}
  for id, slot in pairs(changed) do
    if slots[id] then set[#set + 1], set[#set + 2] = id, cmsgpack.pack(slot) end
    if occupied[id] then scores[#scores + 1], scores[#scores + 2] = slot[freeAt], id end
  end
  for field, value in pairs(fields) do
    if value then set[#set + 1], set[#set + 2] = field, value else dropped[#dropped + 1] = field end
  end
  if isDueMoved then set[#set + 1], set[#set + 2] = 'due', due end
  if #dropped > 0 then redis.call('HDEL', pool, unpack(dropped)) end
  if #set > 0 then redis.call('HSET', pool, unpack(set)) end
  if #scores > 0 then redis.call('ZADD', busy, unpack(scores)) end
end
