/**
 * Opens a visit and leases it a number, and keeps both alive by beats. A page never waits for luck: when the pool is
 * exhausted it is given the shared number and told so, and a visit whose lease ran out gets a new one with its next
 * beat.
 */
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import { AppError } from '../ports/errors.ts';
import type { Ids, VisitId } from '../ports/ids.ts';
import type { Transact, Work } from '../records/transact.ts';
import type { Beat, Visits, Website } from '../visits/visits.postgres.ts';
import type { Lease, Leases, PoolPolicy } from './leases.postgres.ts';

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
}

export interface VisitDesk {
  welcome(website: Website, arrival: Arrival): Promise<Shown>;
  /** Null when this website has no such visit. */
  beat(website: Website, visitId: VisitId, beat: Omit<Beat, 'at'>): Promise<Shown | null>;
}

interface World {
  readonly transact: Transact;
  readonly visits: Visits;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function createVisitDesk(world: World): VisitDesk {
  return Object.freeze({
    welcome: (website: Website, arrival: Arrival) =>
      world.transact(async (work) => {
        const id = world.ids.make('visit');
        await world.visits.insert(work.tx, {
          id,
          enterpriseId: website.enterpriseId,
          websiteId: website.id,
          visitorId: arrival.visitorId,
          arrival: arrival.facts,
          startedAt: world.clock.now(),
        });
        return show(world, work, website, { id, visitorId: arrival.visitorId }, await policyOf(world, work, website));
      }),

    beat: (website: Website, visitId: VisitId, beat: Omit<Beat, 'at'>) =>
      world.transact(async (work) => {
        const visit = await world.visits.beat(work.tx, website, visitId, { ...beat, at: world.clock.now() });
        if (visit === null) return null;
        const policy = await policyOf(world, work, website);
        const lease = await world.leases.extend(work.tx, visitId, policy);
        if (lease !== null) return { visitId, number: lease.e164, shared: false, lease };
        return show(world, work, website, { id: visitId, visitorId: visit.visitorId }, policy);
      }),
  });
}

async function show(
  world: World,
  work: Work,
  website: Website,
  visit: { id: VisitId; visitorId: string | null },
  policy: PoolPolicy,
): Promise<Shown> {
  const wish = { enterpriseId: website.enterpriseId, policy, visitId: visit.id, visitorId: visit.visitorId };
  const lease = await world.leases.grant(work.tx, wish);
  if (lease !== null) return { visitId: visit.id, number: lease.e164, shared: false, lease };
  const shared = await world.leases.sharedNumber(work.tx, policy);
  return { visitId: visit.id, number: shared, shared: shared !== null, lease: null };
}

async function policyOf(world: World, work: Work, website: Website): Promise<PoolPolicy> {
  const policy = await world.leases.policyOf(work.tx, website.poolId);
  if (policy === null) throw new AppError('fault', { detail: `website ${website.id} points to a pool that is gone` });
  return policy;
}
