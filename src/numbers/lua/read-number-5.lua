-- What the record may not have of a number yet: its latest lease as it stands, and its last grants still in the stream.
-- KEYS: 1-4 as in pool-slots.lua, 5 the stream of grants.
-- ARGV: 1 the number.
-- Replies: {} when the pool has no such number, otherwise {the lease as told() writes it, of kind 'last', or '' when there
--   was none; beat at (0: none), engaged seconds, pages; entry, ...} with entries as XRANGE answers them.
local slot = read(ARGV[1])
if not slot then return {} end
local last = slot[lease] ~= '' and told('last', ARGV[1], slot) or ''
local found = { last, slot[beatAt], slot[engaged], slot[pages] }
for entryId in string.gmatch(slot[recent], '%S+') do
  local entry = redis.call('XRANGE', KEYS[5], entryId, entryId)[1]
  if entry then table.insert(found, entry) end
end
return found
