-- A visit's beats go to one number: the visit's field and the slot's visits always name each other. Put after
-- pool-slots.lua; whoever parts a visit writes the slot.

-- The visit's beats go to another number from now on.
local function part(visit, slot)
  local others = {}
  for _, other in ipairs(words(slot[visits])) do
    if other ~= visit then others[#others + 1] = other end
  end
  slot[visits] = table.concat(others, ' ')
end
