-- What the record may not have of a number yet: its latest lease as it stands, and its last grants still in the stream.
-- KEYS: 1 slots (hash by number), 2 the stream of grants.
-- ARGV: 1 the number.
-- Replies: {} when the pool has no such number, otherwise {slot JSON, entry, ...} with entries as XRANGE answers them.
local packed = redis.call('HGET', KEYS[1], ARGV[1])
if not packed then return {} end
local found = { packed }
for _, id in ipairs(cjson.decode(packed).recent or {}) do
  local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
  if entry then table.insert(found, entry) end
end
return found
