/**
 * The decisions of the lease book for one pool, without I/O: which number a visit is given, how long it keeps it, when
 * it is free again. The book in memory, the benchmark and the planner run on this; the Redis book makes the same
 * decisions in Lua, and one suite holds them together. All instants are Unix ms and come in.
 *
 * Each number stands in one of two queues: busy by the instant it is free (`busy-numbers.ts`), idle by its rank
 * (`idle-numbers.ts`). Entries are not moved: a busy one that comes up too early is put back, an idle one that was
 * overtaken is dropped.
 */
import type { NumberId, VisitId } from '../ports/ids.ts';
import { createAddressLeases } from './address-leases.ts';
import { createBusyNumbers } from './busy-numbers.ts';
import { createFormerNumbers } from './former-numbers.ts';
import { createIdleNumbers } from './idle-numbers.ts';
import { idleRank } from './idle-rank.ts';
import type { GrantWish, Lease, LeaseTerms, PoolNumber, Refusal } from './lease-book.ts';
import { leaseOf, liveLease, newSlot, noteHolder, type Slot, tellWaiting, type UnderWay } from './lease-slot.ts';
import { createVisitSlots } from './visit-slots.ts';

/** A lease given; what it takes to undo it is in it. */
export interface GivenLease {
  readonly lease: Lease;
  /** The live lease of the same visitor's earlier visit that this one takes over; null as a rule. */
  readonly takenFrom: Lease | null;
  /** Where the ledger keeps its number. */
  readonly slot: Slot;
}

export type LedgerGrant =
  /** `isNew` false: the visit had it already. */
  | ({ readonly kind: 'granted'; readonly isNew: boolean } & GivenLease)
  /** The visit has a lease, or would take one over, that may still turn out to be lost: ask again once that is known. */
  | { readonly kind: 'under-way'; readonly grant: UnderWay }
  | { readonly kind: Refusal };

export interface PoolUse {
  readonly numbers: number;
  /** Leased, or resting after a lease. */
  readonly busy: number;
}

export type LeaseLedger = ReturnType<typeof createLeaseLedger>;

/** Visits of one visitor that share a lease with its own one; ours. */
const sharersMax = 4;

/** A pool's ledger. `visitorsMax` bounds how many visitors' former numbers are remembered. */
export function createLeaseLedger(bounds: { visitorsMax: number; rank?: typeof idleRank }) {
  const slots = new Map<NumberId, Slot>();
  const visits = createVisitSlots();
  const former = createFormerNumbers(bounds.visitorsMax);
  const addresses = createAddressLeases();
  const idle = createIdleNumbers(bounds.rank ?? idleRank);
  const busy = createBusyNumbers();
  let busyCount = 0;

  function makeIdle(slot: Slot, now: number): void {
    if (slot.place === 'busy') busyCount -= 1;
    slot.place = 'idle';
    addresses.set(slot, null, now);
    visits.letGo(slot);
    noteHolder(slot);
    slot.lease = null;
    idle.add(slot);
  }

  function makeBusy(slot: Slot): void {
    if (slot.place === 'busy') return;
    slot.place = 'busy';
    busyCount += 1;
    busy.add(slot);
  }

  /** Numbers whose time is over become idle; a number taken out of the pool is forgotten then. */
  function sweep(now: number): void {
    for (let slot = busy.takeDue(now); slot !== undefined; slot = busy.takeDue(now)) {
      // One whose grant is under way comes up again when that is settled.
      if (slot.underWay !== null) continue;
      if (slot.freeAt > now) busy.add(slot);
      else if (slot.gone) forget(slot, now);
      else makeIdle(slot, now);
    }
  }

  function settle({ slot, lease }: GivenLease): void {
    const grant = slot.underWay;
    if (grant?.leaseId !== lease.id) return;
    slot.underWay = null;
    if (slot.queued === null) busy.add(slot);
    tellWaiting(grant);
  }

  function forget(slot: Slot, now: number): void {
    if (slot.place === 'busy') busyCount -= 1;
    slots.delete(slot.number.id);
    addresses.set(slot, null, now);
    visits.letGo(slot);
  }

  /** Where this visitor was before: their own live number, or their former one while it is idle. */
  function visitorsOwn({ visitorId, terms }: GrantWish, now: number): Slot | undefined {
    if (visitorId === null) return undefined;
    const slot = former.find(visitorId, now - terms.stickyMs);
    if (slot === undefined || slot.gone) return undefined;
    if (slot.place === 'idle') return slots.get(slot.number.id) === slot ? slot : undefined;
    return ownLive(slot, visitorId, now) === null ? undefined : slot;
  }

  function ownLive(slot: Slot, visitorId: string | null, now: number): Lease | null {
    const lease = liveLease(slot, now);
    return lease?.visitorId === visitorId ? lease : null;
  }

  function hold(slot: Slot, lease: Lease, freeAt: number, { intent, trait }: Pick<Slot, 'intent' | 'trait'>): void {
    visits.letGo(slot);
    slot.trait = trait;
    slot.generation = lease.generation;
    slot.lease = lease;
    slot.intent = intent;
    slot.freeAt = freeAt;
    visits.put(lease.visitId, slot);
    if (lease.visitorId !== null) former.note(lease.visitorId, slot, lease.grantedAt);
    makeBusy(slot);
  }

  /** The visitor's live number goes to their new visit; the earlier ones share it. Nothing of it gets shorter. */
  function takeOver(slot: Slot, before: Lease, wish: GrantWish, now: number): LedgerGrant {
    const fresh = leaseOf(slot, wish, now);
    const lease = { ...fresh, expiresAt: Math.max(fresh.expiresAt, before.expiresAt) };
    const sharers = [...slot.sharers, before.visitId].slice(-sharersMax);
    hold(slot, lease, Math.max(slot.freeAt, lease.expiresAt + wish.terms.restMs), slot);
    visits.share(slot, sharers);
    return { kind: 'granted', lease, isNew: true, takenFrom: before, slot };
  }

  /** Why a visit is given none though one may be free. */
  function refusal({ guard }: GrantWish, now: number): Refusal | null {
    if (guard === undefined) return null;
    const { address, proven, livePerAddressMax, provenAboveShare } = guard;
    if (address !== null && addresses.count(address, now) >= livePerAddressMax) return 'address-live';
    const isScarce = provenAboveShare < 1 && busyCount >= provenAboveShare * slots.size;
    return isScarce && !proven ? 'proof-first' : null;
  }

  return Object.freeze({
    /** What the inventory says of this pool now. Numbers that are new start idle, as free as `freeAt`; others keep on. */
    setNumbers(numbers: readonly PoolNumber[], freeAt: number): void {
      const named = new Set(numbers.map((number) => number.id));
      for (const slot of [...slots.values()]) {
        if (named.has(slot.number.id)) continue;
        slot.gone = true;
        if (slot.place === 'idle') forget(slot, freeAt);
      }
      for (const number of numbers) {
        const known = slots.get(number.id);
        const slot = known ?? newSlot(number, freeAt);
        const moved = slot.number.group !== number.group;
        slot.number = number;
        slot.gone = false;
        slots.set(number.id, slot);
        if (known === undefined || (moved && slot.place === 'idle')) idle.add(slot);
      }
    },

    /** Takes over what the record knows of a number's lease, the earlier ones first. False: we know as much. */
    restore(lease: Lease, freeAt: number, worth: Pick<Slot, 'intent' | 'trait'>): boolean {
      const slot = slots.get(lease.numberId);
      if (slot === undefined || slot.generation >= lease.generation) return false;
      noteHolder(slot);
      hold(slot, lease, freeAt, worth);
      return true;
    },

    grant(wish: GrantWish, now: number): LedgerGrant {
      sweep(now);
      const held = visits.find(wish.visitId);
      const live = liveLease(held, now);
      const own = live === null ? visitorsOwn(wish, now) : held;
      const before = own?.place === 'busy' ? own.lease : null;
      if (own !== undefined && before !== null) {
        if (own.underWay !== null) return { kind: 'under-way', grant: own.underWay };
        if (live !== null) return { kind: 'granted', lease: live, isNew: false, takenFrom: null, slot: own };
        return takeOver(own, before, wish, now);
      }
      const refused = refusal(wish, now);
      if (refused !== null) return { kind: refused };
      const slot = own ?? idle.next(wish, now);
      if (slot === undefined) return { kind: 'exhausted' };
      const lease = leaseOf(slot, wish, now);
      hold(slot, lease, lease.expiresAt + wish.terms.restMs, { intent: 0, trait: wish.trait });
      addresses.set(slot, wish.guard?.address ?? null, now);
      return { kind: 'granted', lease, isNew: true, takenFrom: null, slot };
    },

    /** Extends the lease the visit has or shares; null when it has none any more. A lease only ever grows. */
    beat(visitId: VisitId, terms: LeaseTerms, intent: number, now: number): Lease | null {
      const slot = visits.find(visitId);
      const lease = liveLease(slot, now);
      if (slot === undefined || lease === null) return null;
      const expiresAt = Math.max(lease.expiresAt, now + terms.leaseMs);
      slot.lease = { ...lease, expiresAt };
      slot.freeAt = Math.max(slot.freeAt, expiresAt + terms.restMs);
      slot.intent = Math.max(slot.intent, intent);
      return slot.lease;
    },

    /**
     * The visitor has left: the lease ends now, or with its hold. Null when the visit has none any more, or only shares
     * that of a later one.
     */
    end(visitId: VisitId, terms: LeaseTerms, now: number): Lease | null {
      const slot = visits.find(visitId);
      const lease = liveLease(slot, now);
      if (slot === undefined || lease === null || lease.visitId !== visitId) return null;
      slot.lease = { ...lease, expiresAt: Math.max(now, lease.holdUntil) };
      slot.freeAt = slot.lease.expiresAt + terms.restMs;
      busy.add(slot);
      return slot.lease;
    },

    /** Nobody else has the number, however long it takes, before the grant is filed, revoked or disowned. */
    await({ slot, lease }: GivenLease): void {
      if (slot.lease?.id === lease.id) slot.underWay = { leaseId: lease.id, waiting: null, isStalled: false };
    },

    /** The grant could not be undone yet. */
    stall({ slot, lease }: GivenLease): void {
      const grant = slot.underWay;
      if (grant?.leaseId !== lease.id) return;
      grant.isStalled = true;
      tellWaiting(grant);
    },

    /** The grants that are under way, of one number or of all, as far as they may be waited for. */
    underWay(numberId: NumberId | null): UnderWay[] {
      const all = numberId === null ? [...slots.values()] : [slots.get(numberId)];
      return all.flatMap((slot) => (slot?.underWay?.isStalled === false ? [slot.underWay] : []));
    },

    filed: settle,

    /** Undoes a grant that is certainly not in the record: the number is free at once, or with its former holder. */
    revoke(given: GivenLease, now: number): void {
      const { lease, takenFrom, slot } = given;
      settle(given);
      if (slot.lease?.id !== lease.id) return;
      const sharers = slot.sharers.filter((visit) => visit !== takenFrom?.visitId);
      visits.letGo(slot);
      slot.lease = takenFrom;
      slot.generation = lease.generation - 1;
      slot.freeAt = takenFrom === null ? now : slot.freeAt;
      if (takenFrom !== null) {
        visits.put(takenFrom.visitId, slot);
        visits.share(slot, sharers);
      }
      busy.add(slot);
    },

    /**
     * A grant that may be in the record, though nobody was told: nobody has the number until its time is over. Its
     * generation is tried again then, so that the record tells who had it.
     */
    disown(given: GivenLease): void {
      const { lease, slot } = given;
      settle(given);
      if (slot.lease?.id !== lease.id) return;
      visits.letGo(slot);
      slot.lease = null;
      slot.generation = lease.generation - 1;
    },

    sweep,

    /** The lease that shows this number now; null when nobody is shown it. */
    holderOf: (numberId: NumberId, now: number): Lease | null => liveLease(slots.get(numberId), now),

    use: (): PoolUse => ({ numbers: slots.size, busy: busyCount }),
  });
}
