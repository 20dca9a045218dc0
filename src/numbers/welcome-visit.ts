/**
 * Opens a visit and leases it a number, and keeps both alive by beats. A page never waits for luck: when the pool is
 * exhausted it is given the shared number and told so, and a visit whose lease ran out gets a new one with its next
 * beat. The lease book decides; what is written here is only what the book does not know.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { Ids, PoolId, VisitId } from '../ports/ids.ts';
import { createShortMemory } from '../ports/short-memory.ts';
import type { Transact } from '../records/transact.ts';
import type { Beat, Visits, Website } from '../visits/visits.postgres.ts';
import type { Answer, Lease, LeaseBook, OpenedVisit } from './lease-book.ts';
import type { Lending } from './lending.postgres.ts';
import type { NumberGroup } from './preferred-groups.ts';
import type { VisitRate } from './visit-rate.ts';
import { type Wanted, wantOf } from './visit-want.ts';

/** What the page shows: a number of the visitor's own, the shared one, or (a pool without one) none. */
export interface Shown {
  readonly visitId: VisitId;
  readonly number: E164 | null;
  readonly shared: boolean;
  readonly lease: Lease | null;
  /** What a caller of the shared number may key to say who they are; null when there is no need, or none to be had. */
  readonly code: string | null;
}

export interface Arrival {
  readonly visitorId: string | null;
  readonly facts: Readonly<Record<string, string>>;
  /** Somebody has moved a pointer, touched the page or pressed a key. */
  readonly human?: boolean | undefined;
  /** The number on the page that would be replaced. */
  readonly replaces?: E164 | undefined;
  readonly address?: AddressOf;
}

/** A beat, and where it came from. */
export interface PageBeat extends Omit<Beat, 'at'> {
  readonly address?: AddressOf;
}

/** Keyed digest of the address, or null when it says nothing; worked out only when it is asked for. */
export type AddressOf = () => string | null;

const nowhere: AddressOf = () => null;

export interface VisitDesk {
  /** @throws AppError `unavailable` when the visit could not be kept in time: the page then keeps its own number. */
  welcome(website: Website, arrival: Arrival): Promise<Shown>;
  /** Null when this website has no such visit. */
  beat(website: Website, visitId: VisitId, beat: PageBeat): Promise<Shown | null>;
}

interface World {
  readonly transact: Transact;
  readonly visits: Visits;
  readonly book: LeaseBook;
  readonly rate: VisitRate;
  readonly readLending: (poolId: PoolId) => Promise<Lending>;
  /** A short code for a visit on the pool's shared number. */
  readonly issueCode: (visitId: VisitId, poolId: PoolId) => Promise<string | null>;
  /** The kind of a number on a page. */
  readonly groupOf: (e164: E164) => Promise<NumberGroup>;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function createVisitDesk(world: World): VisitDesk {
  const { book, clock, rate } = world;
  const lendings = createShortMemory<Lending>({
    clock,
    entriesMax: limits.rememberedPoolsMax,
    keepMs: () => limits.rememberedMs,
  });
  const lendingOf = ({ poolId }: Website) => lendings.recall(poolId, () => world.readLending(poolId));

  /** The record learns of the beat at once; null when this website has no such visit. */
  const keep = (website: Website, visitId: VisitId, { address: _address, ...beat }: PageBeat) =>
    world.transact(({ tx }) => world.visits.beat(tx, website, visitId, { ...beat, at: clock.now() }));

  /** Nobody waits for a code: a page without one shows the number alone. */
  async function withCode(shown: Shown, { poolId }: Lending): Promise<Shown> {
    if (!shown.shared) return shown;
    return { ...shown, code: await world.issueCode(shown.visitId, poolId).catch(() => null) };
  }

  const identified = new Set<string>();

  /** The page says with each beat who the visitor is, once they agree; the record is told once. */
  function isNewIdentity(visitId: VisitId, { visitorId, gaClientId }: PageBeat): boolean {
    if (visitorId === undefined && gaClientId === undefined) return false;
    const said = `${visitId} ${visitorId} ${gaClientId}`;
    if (identified.has(said)) return false;
    if (identified.size >= limits.identifiedVisitsMax) identified.clear();
    identified.add(said);
    return true;
  }

  /** Whether the visit asks for a number of its own. One too many for its address in a minute is shown the shared one. */
  async function ask(
    website: Website,
    lending: Lending,
    told: { facts: Arrival['facts']; human?: boolean | undefined; replaces?: E164 | undefined; address?: AddressOf },
  ): Promise<Wanted | { readonly kind: 'too-many' }> {
    const address = (told.address ?? nowhere)();
    const replaces =
      told.replaces === undefined || lending.groups.length < 2 ? null : await world.groupOf(told.replaces);
    const { enterpriseId } = website;
    const wanted = wantOf(lending, { enterpriseId, address, proven: told.human === true, facts: told.facts, replaces });
    if (wanted.kind === 'undeserved') return wanted;
    const { newPerAddressPerMinuteMax } = lending.policy.abuse;
    const isWithin = rate.isWithin(address, newPerAddressPerMinuteMax);
    return (typeof isWithin === 'boolean' ? isWithin : await isWithin) ? wanted : { kind: 'too-many' };
  }

  async function showAgain(
    website: Website,
    lending: Lending,
    visit: Pick<OpenedVisit, 'id' | 'visitorId' | 'arrival'>,
    beat: PageBeat,
  ): Promise<Shown> {
    const asked = await ask(website, lending, { ...beat, facts: visit.arrival });
    if (asked.kind === 'undeserved') return unshown(visit.id);
    const answer = asked.kind === 'want' ? await book.grant(visit, asked.want) : null;
    const shown = await withCode(shownOf(visit.id, lending, answer), lending);
    if (shown.shared && lending.shared !== null) {
      const { id } = lending.shared;
      await world.transact(({ tx }) => world.visits.noteShown(tx, visit.id, id));
    }
    return shown;
  }

  return Object.freeze({
    async welcome(website: Website, arrival: Arrival): Promise<Shown> {
      const { visitorId, facts } = arrival;
      const lending = await lendingOf(website);
      const asked = await ask(website, lending, arrival);
      const visit = {
        id: world.ids.make('visit'),
        enterpriseId: website.enterpriseId,
        websiteId: website.id,
        visitorId,
        arrival: facts,
        startedAt: clock.now(),
        sharedNumberId: asked.kind === 'undeserved' ? null : (lending.shared?.id ?? null),
      };
      const answer = await book.open(visit, asked.kind === 'want' ? asked.want : null);
      return asked.kind === 'undeserved' ? unshown(visit.id) : withCode(shownOf(visit.id, lending, answer), lending);
    },

    async beat(website: Website, visitId: VisitId, beat: PageBeat): Promise<Shown | null> {
      const lending = await lendingOf(website);
      const { poolId, terms } = lending;
      const { engagedSeconds, pages } = beat;
      // A tap or a cart is evidence for a call that may come any second: it is in the record before the page is answered.
      const told =
        beat.signals.length > 0 || isNewIdentity(visitId, beat) ? await keep(website, visitId, beat) : undefined;
      const lease = await book.beat({ poolId, visitId, terms, engagedSeconds, pages });
      // Through Redis a visit reaches the record a moment after the page has its number; settling brings it there.
      const keepSettled = async () => {
        await book.settle(poolId, lease?.numberId ?? null);
        return keep(website, visitId, beat);
      };
      if (lease !== null) {
        if (told === null && (await keepSettled()) === null) return null;
        return { visitId, number: lease.e164, shared: false, lease, code: null };
      }
      const visit = told ?? (await keep(website, visitId, beat)) ?? (await keepSettled());
      if (visit === null) return null;
      return showAgain(website, lending, { id: visitId, ...visit }, beat);
    },
  });
}

/** The page keeps the number that stands on it. */
function unshown(visitId: VisitId): Shown {
  return { visitId, number: null, shared: false, lease: null, code: null };
}

function shownOf(visitId: VisitId, { shared }: Lending, answer: Answer | null): Shown {
  if (answer?.kind === 'granted') {
    return { visitId, number: answer.lease.e164, shared: false, lease: answer.lease, code: null };
  }
  return { visitId, number: shared?.e164 ?? null, shared: shared !== null, lease: null, code: null };
}
