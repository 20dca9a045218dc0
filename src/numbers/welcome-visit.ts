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
import type { VisitRate } from './visit-rate.ts';
import { wantOf } from './visit-want.ts';

/** What the page shows: a number of the visitor's own, the shared one, or (a pool without one) none. */
export interface Shown {
  readonly visitId: VisitId;
  readonly number: E164 | null;
  readonly shared: boolean;
  readonly lease: Lease | null;
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

  async function showAgain(
    website: Website,
    lending: Lending,
    visit: Pick<OpenedVisit, 'id' | 'visitorId'> & { readonly region: string | null },
    { address: addressOf = nowhere, human = false }: PageBeat,
  ): Promise<Shown> {
    const address = addressOf();
    const asker = { enterpriseId: website.enterpriseId, address, proven: human, region: visit.region };
    const want = (await rate.isWithin(address)) ? wantOf(lending, asker) : null;
    const shown = shownOf(visit.id, lending, want === null ? null : await book.grant(visit, want));
    if (shown.shared && lending.shared !== null) {
      const { id } = lending.shared;
      await world.transact(({ tx }) => world.visits.noteShown(tx, visit.id, id));
    }
    return shown;
  }

  return Object.freeze({
    async welcome(website: Website, arrival: Arrival): Promise<Shown> {
      const { visitorId, facts, human = false, address: addressOf = nowhere } = arrival;
      const lending = await lendingOf(website);
      const { enterpriseId } = website;
      const address = addressOf();
      const visit = {
        id: world.ids.make('visit'),
        enterpriseId,
        websiteId: website.id,
        visitorId,
        arrival: facts,
        startedAt: clock.now(),
        sharedNumberId: lending.shared?.id ?? null,
      };
      const asker = { enterpriseId, address, proven: human, region: facts.region ?? null };
      const want = (await rate.isWithin(address)) ? wantOf(lending, asker) : null;
      return shownOf(visit.id, lending, await book.open(visit, want));
    },

    async beat(website: Website, visitId: VisitId, beat: PageBeat): Promise<Shown | null> {
      const lending = await lendingOf(website);
      const { poolId, terms } = lending;
      const { engagedSeconds, pages } = beat;
      // A tap or a cart is evidence for a call that may come any second: it is in the record before the page is answered.
      const told =
        beat.signals.length > 0 || isNewIdentity(visitId, beat) ? await keep(website, visitId, beat) : undefined;
      const lease = await book.beat({ poolId, visitId, terms, engagedSeconds, pages });
      if (told === null) {
        // Through Redis a visit reaches the record a moment after the page has its number; settling brings it there.
        if (lease === null) return null;
        await book.settle(poolId, lease.numberId);
        if ((await keep(website, visitId, beat)) === null) return null;
      }
      if (lease !== null) return { visitId, number: lease.e164, shared: false, lease };
      const visit = told ?? (await keep(website, visitId, beat));
      if (visit === null) return null;
      return showAgain(website, lending, { id: visitId, ...visit }, beat);
    },
  });
}

function shownOf(visitId: VisitId, { shared }: Lending, answer: Answer | null): Shown {
  if (answer?.kind === 'granted') {
    return { visitId, number: answer.lease.e164, shared: false, lease: answer.lease };
  }
  return { visitId, number: shared?.e164 ?? null, shared: shared !== null, lease: null };
}
