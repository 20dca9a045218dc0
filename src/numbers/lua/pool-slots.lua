-- What the scripts that decide about a pool's leases have in common; it is put before each of them. They decide as
-- lease-ledger.ts does, and one suite holds the two together.
-- A slot is one number as JSON: e164, group, generation, lease (the latest one, as the port names its fields), sharers
-- (earlier visits of the same visitor that beat on it), address, freeAt (from when it may be given again), back (ms by
-- which it stands back in the queue of idle numbers), gone (taken out of the pool), recent (stream ids of its last
-- grants), beat (at, engagedSeconds, pages of the lease's visit), trait (of the lease's visitor), former (its last holders:
-- trait, back, till). An absent field is none; instants are Unix ms.
-- KEYS: 1 meta (hash: loaded, ticket), 2 slots (hash by number), 3 busy (numbers by freeAt), 4 idle (numbers by rank),
-- 5 groups (idle numbers as group:rank:number, in that order), 6 visits (hash: number by visit).
local meta, slots, busy, idle, groups, visits = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local function read(id)
  local packed = id and redis.call('HGET', slots, id)
  return packed and cjson.decode(packed) or nil
end

local function write(id, slot) redis.call('HSET', slots, id, cjson.encode(slot)) end

local function is_live(slot, now) return slot and slot.lease and slot.lease.expiresAt > now end

local function rank(slot) return string.format('%020.3f', slot.freeAt + slot.back) end

-- Before anything its rank is made of changes.
local function leave_queue(id, slot)
  if redis.call('ZREM', idle, id) == 0 then return end
  redis.call('ZREM', groups, slot.group .. ':' .. rank(slot) .. ':' .. id)
end

-- Its visits beat on it no more; one that has another number by now goes on with that.
local function let_go(id, slot)
  for _, visit in ipairs(slot.lease and { slot.lease.visitId, unpack(slot.sharers or {}) } or {}) do
    if redis.call('HGET', visits, visit) == id then redis.call('HDEL', visits, visit) end
  end
  slot.sharers = nil
end

-- Its time is over: clocks of processes differ, and a lease that one has seen to end must not live again for another.
local function make_idle(id, slot)
  let_go(id, slot)
  if slot.lease and slot.trait then
    slot.former = slot.former or {}
    table.insert(slot.former, { trait = slot.trait, back = slot.back, till = slot.lease.expiresAt })
    if #slot.former > 16 then table.remove(slot.former, 1) end
  end
  slot.lease, slot.address, slot.beat, slot.trait = nil, nil, nil, nil
  write(id, slot)
  redis.call('ZREM', busy, id)
  redis.call('ZADD', idle, rank(slot), id)
  redis.call('ZADD', groups, 0, slot.group .. ':' .. rank(slot) .. ':' .. id)
end

-- Numbers whose time is over become idle, or are forgotten; `max` at once. Answers whether more may be due.
local function sweep(now, max)
  local due = redis.call('ZRANGEBYSCORE', busy, '-inf', now, 'LIMIT', 0, max)
  for _, id in ipairs(due) do
    local slot = read(id)
    make_idle(id, slot)
    if slot.gone then
      leave_queue(id, slot)
      redis.call('HDEL', slots, id)
    end
  end
  return #due == max
end
