/**
 * The decisions of the lease book for one pool, without I/O: which number a visit is given, how long it keeps it, when
 * it is free again. The book in memory, the benchmark and the planner run on this; the Redis book makes the same
 * decisions in Lua, and one suite holds them together. All instants are Unix ms and come in.
 *
 * Each number stands in one of two queues: busy by the instant it is free, idle by its rank (`idle-rank.ts`). Entries are
 * not moved: a busy one that comes up too early is put back, an idle one that was overtaken is dropped.
 */
import TinyQueue from 'tinyqueue';
import type { NumberId, VisitId } from '../ports/ids.ts';
import { idleRank } from './idle-rank.ts';
import type { GrantWish, Lease, LeaseTerms, PoolNumber } from './lease-book.ts';

export type LedgerGrant =
  | {
      readonly kind: 'granted';
      readonly lease: Lease;
      /** The same visitor's earlier visit, whose live lease this one takes over; null as a rule. */
      readonly takenFrom: VisitId | null;
    }
  | { readonly kind: 'exhausted' };

export interface PoolUse {
  readonly numbers: number;
  /** Leased, or resting after a lease. */
  readonly busy: number;
}

export type LeaseLedger = ReturnType<typeof createLeaseLedger>;

interface Slot {
  number: PoolNumber;
  place: 'idle' | 'busy';
  generation: number;
  lease: Lease | null;
  /** From when it may be given again. */
  freeAt: number;
  /** Calls expected of the lease's visit. */
  intent: number;
  /** Taken out of the pool: its lease runs on, and it is not given again. */
  gone: boolean;
  /** Only the busy queue's entry with this ticket counts. */
  ticket: number;
}

interface IdleEntry {
  readonly rank: number;
  readonly slot: Slot;
  readonly generation: number;
}

interface BusyEntry {
  readonly at: number;
  readonly slot: Slot;
  readonly ticket: number;
}

/** A pool's ledger. `visitorsMax` bounds how many visitors' former numbers are remembered. */
export function createLeaseLedger(bounds: { visitorsMax: number; rank?: typeof idleRank }) {
  const rankOf = bounds.rank ?? idleRank;
  const slots = new Map<NumberId, Slot>();
  const byVisit = new Map<VisitId, Slot>();
  const former = createFormer(bounds.visitorsMax);
  const idle = new Map<string, TinyQueue<IdleEntry>>();
  const busy = new TinyQueue<BusyEntry>([], (left, right) => left.at - right.at);
  let busyCount = 0;

  function makeIdle(slot: Slot): void {
    if (slot.place === 'busy') busyCount -= 1;
    slot.place = 'idle';
    const { group } = slot.number;
    const ranked = idle.get(group) ?? new TinyQueue<IdleEntry>([], (left, right) => left.rank - right.rank);
    idle.set(group, ranked);
    ranked.push({ rank: rankOf(slot.freeAt, slot.intent), slot, generation: slot.generation });
  }

  function makeBusy(slot: Slot): void {
    if (slot.place === 'busy') return;
    slot.place = 'busy';
    busyCount += 1;
    queue(slot);
  }

  /** From now on the slot is looked at when it is free; an entry made before counts no more. */
  function queue(slot: Slot): void {
    slot.ticket += 1;
    busy.push({ at: slot.freeAt, slot, ticket: slot.ticket });
  }

  /** Numbers whose time is over become idle; a number taken out of the pool is forgotten then. */
  function sweep(now: number): void {
    for (let next = busy.peek(); next !== undefined && next.at <= now; next = busy.peek()) {
      busy.pop();
      const { slot, ticket } = next;
      if (ticket !== slot.ticket) continue;
      if (slot.freeAt > now) queue(slot);
      else if (slot.gone) forget(slot);
      else makeIdle(slot);
    }
  }

  function forget(slot: Slot): void {
    if (slot.place === 'busy') busyCount -= 1;
    slots.delete(slot.number.id);
    if (slot.lease !== null) byVisit.delete(slot.lease.visitId);
  }

  function peekIdle(group: string): IdleEntry | undefined {
    const ranked = idle.get(group);
    for (let next = ranked?.peek(); next !== undefined; next = ranked?.peek()) {
      const { slot } = next;
      if (slot.place === 'idle' && !slot.gone && next.generation === slot.generation) return next;
      ranked?.pop();
    }
    return undefined;
  }

  function nextIdle(groups: readonly string[] | null): Slot | undefined {
    let best: IdleEntry | undefined;
    for (const group of groups ?? idle.keys()) {
      const found = peekIdle(group);
      if (found === undefined) continue;
      if (groups !== null) return found.slot;
      if (best === undefined || found.rank < best.rank) best = found;
    }
    return best?.slot;
  }

  /** Where this visitor was before: their own live number, or their former one while it is idle. */
  function visitorsOwn({ visitorId, terms }: GrantWish, now: number): Slot | undefined {
    if (visitorId === null) return undefined;
    const slot = former.find(visitorId, now - terms.stickyMs);
    if (slot === undefined || slot.gone) return undefined;
    if (slot.place === 'idle') return slot;
    return slot.lease?.visitorId === visitorId ? slot : undefined;
  }

  function hold(slot: Slot, lease: Lease, freeAt: number, intent: number): void {
    if (slot.lease !== null) byVisit.delete(slot.lease.visitId);
    slot.generation = lease.generation;
    slot.lease = lease;
    slot.intent = intent;
    slot.freeAt = freeAt;
    byVisit.set(lease.visitId, slot);
    if (lease.visitorId !== null) former.note(lease.visitorId, slot, lease.grantedAt);
    makeBusy(slot);
  }

  return Object.freeze({
    /** What the inventory says of this pool now. Numbers that are new start idle, as free as `freeAt`; others keep on. */
    setNumbers(numbers: readonly PoolNumber[], freeAt: number): void {
      const named = new Set(numbers.map((number) => number.id));
      for (const slot of [...slots.values()]) {
        if (named.has(slot.number.id)) continue;
        slot.gone = true;
        if (slot.place === 'idle') forget(slot);
      }
      for (const number of numbers) {
        const known = slots.get(number.id);
        if (known === undefined) {
          const slot: Slot = {
            number,
            place: 'idle',
            generation: 0,
            lease: null,
            freeAt,
            intent: 0,
            gone: false,
            ticket: 0,
          };
          slots.set(number.id, slot);
          makeIdle(slot);
          continue;
        }
        const moved = known.number.group !== number.group;
        known.number = number;
        known.gone = false;
        if (moved && known.place === 'idle') makeIdle(known);
      }
    },

    /** Takes over what the record knows of a number's latest lease; an older generation than ours changes nothing. */
    restore(lease: Lease, freeAt: number, intent: number): void {
      const slot = slots.get(lease.numberId);
      if (slot !== undefined && slot.generation < lease.generation) hold(slot, lease, freeAt, intent);
    },

    grant(wish: GrantWish, now: number): LedgerGrant {
      sweep(now);
      const slot = visitorsOwn(wish, now) ?? nextIdle(wish.groups);
      if (slot === undefined) return { kind: 'exhausted' };
      const takenFrom = slot.place === 'busy' ? (slot.lease?.visitId ?? null) : null;
      const lease = leaseOf(slot, wish, now);
      hold(slot, lease, lease.expiresAt + wish.terms.restMs, 0);
      return { kind: 'granted', lease, takenFrom };
    },

    /** Extends the visit's lease; null when it has none any more. A lease only ever grows. */
    beat(visitId: VisitId, terms: LeaseTerms, intent: number, now: number): Lease | null {
      const slot = byVisit.get(visitId);
      const lease = slot?.lease;
      if (slot === undefined || lease === null || lease === undefined || lease.expiresAt <= now) return null;
      const expiresAt = Math.max(lease.expiresAt, now + terms.leaseMs);
      slot.lease = { ...lease, expiresAt };
      slot.freeAt = Math.max(slot.freeAt, expiresAt + terms.restMs);
      slot.intent = Math.max(slot.intent, intent);
      return slot.lease;
    },

    /** The visitor has left: the lease ends now, or with its hold. Null when the visit has none any more. */
    end(visitId: VisitId, terms: LeaseTerms, now: number): Lease | null {
      const slot = byVisit.get(visitId);
      const lease = slot?.lease;
      if (slot === undefined || lease === null || lease === undefined || lease.expiresAt <= now) return null;
      slot.lease = { ...lease, expiresAt: Math.max(now, lease.holdUntil) };
      slot.freeAt = slot.lease.expiresAt + terms.restMs;
      queue(slot);
      return slot.lease;
    },

    /** Undoes a grant that the record did not take: the number is free at once, its generation spent. */
    revoke(lease: Lease, now: number): void {
      const slot = slots.get(lease.numberId);
      if (slot?.lease?.id !== lease.id) return;
      byVisit.delete(lease.visitId);
      slot.lease = null;
      slot.freeAt = now;
      queue(slot);
    },

    sweep,

    /** The lease that shows this number now; null when nobody is shown it. */
    holderOf(numberId: NumberId, now: number): Lease | null {
      const lease = slots.get(numberId)?.lease ?? null;
      return lease !== null && lease.expiresAt > now ? lease : null;
    },

    use: (): PoolUse => ({ numbers: slots.size, busy: busyCount }),
  });
}

function leaseOf(slot: Slot, wish: GrantWish, now: number): Lease {
  const { holdMs, leaseMs } = wish.terms;
  return {
    id: wish.leaseId,
    visitId: wish.visitId,
    visitorId: wish.visitorId,
    numberId: slot.number.id,
    e164: slot.number.e164,
    generation: slot.generation + 1,
    grantedAt: now,
    holdUntil: now + holdMs,
    expiresAt: now + Math.max(holdMs, leaseMs),
  };
}

/** Which number a visitor had last; the ones seen longest ago are forgotten first. */
function createFormer(visitorsMax: number) {
  const seen = new Map<string, { slot: Slot; at: number }>();
  return {
    find(visitorId: string, since: number): Slot | undefined {
      const found = seen.get(visitorId);
      return found !== undefined && found.at >= since ? found.slot : undefined;
    },
    note(visitorId: string, slot: Slot, at: number): void {
      seen.delete(visitorId);
      seen.set(visitorId, { slot, at });
      if (seen.size <= visitorsMax) return;
      const oldest = seen.keys().next();
      if (oldest.done !== true) seen.delete(oldest.value);
    },
  };
}
