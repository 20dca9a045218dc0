-- What the scripts that decide about a pool's leases have in common; it is put before each of them. They decide as
-- lease-ledger.ts does, and one suite holds the two together.
-- KEYS: 1 the pool (hash: loaded, ticket, terms; due: no busy number is free before it; grouped: '1' when the numbers are
-- of several groups; a slot by number, a number by visit, a number's last holders by 'former:' and number), 2 busy (numbers
-- by freeAt), 3 idle (numbers by rank), 4 groups (only if grouped: idle ones as group:rank:number, in that order).
local pool, busy, idle, groups = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

-- A slot is one number, packed as a list in this order. An absent text is '', an absent instant 0; instants are Unix ms.
-- freeAt: from when it may be given again; back: ms by which it stands back in the queue of idle numbers; gone: '1' when
-- taken out of the pool; visits: those whose beats it hears, the holder first; recent: stream ids of its last grants.
local e164, group, generation, freeAt, back, gone, visits, recent, address, trait = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
-- The latest lease, over when its expiresAt or freeAt is, and what its visit's beats have told.
local lease, holder, visitor, grantedAt, holdUntil, expiresAt, beatAt, engaged, pages = 11, 12, 13, 14, 15, 16, 17, 18, 19

-- Slots read by this call, false where there is none: each is read once, and the decisions of a call see each other's.
local slots = {}

-- Reads what is not read yet; false among the ids is none.
local function read_all(ids)
  local missing = {}
  for _, id in ipairs(ids) do
    if id and slots[id] == nil then
      missing[#missing + 1] = id
      slots[id] = false
    end
  end
  if #missing == 0 then return end
  for at, packed in ipairs(redis.call('HMGET', pool, unpack(missing))) do
    slots[missing[at]] = packed and cmsgpack.unpack(packed)
  end
end

local function read(id)
  if not id then return nil end
  local slot = slots[id]
  if slot == nil then
    local packed = redis.call('HGET', pool, id)
    slot = packed and cmsgpack.unpack(packed)
    slots[id] = slot
  end
  return slot or nil
end

local function write(id, slot)
  slots[id] = slot
  redis.call('HSET', pool, id, cmsgpack.pack(slot))
end

local function is_live(slot, now) return slot and slot[expiresAt] > now end

local function rank(slot) return slot[freeAt] + slot[back] end

-- The visitor stands last because that may hold anything.
local function told(kind, id, slot)
  return table.concat({ kind, id, slot[e164], slot[generation], slot[lease], slot[holder], slot[grantedAt],
    slot[holdUntil], slot[expiresAt], slot[visitor] }, '\n')
end

local function member(id, slot) return string.format('%s:%020.3f:%s', slot[group], rank(slot), id) end

local function words(text)
  local list = {}
  for word in string.gmatch(text, '%S+') do list[#list + 1] = word end
  return list
end

local function forget(id, slot)
  redis.call('ZREM', busy, id)
  redis.call('HDEL', pool, id, 'former:' .. id, unpack(words(slot[visits])))
  slots[id] = false
end
