/**
 * Learns, hour by hour, how an enterprise's visitors call: counts the days that have passed, fits the rates to the
 * contacts, and keeps a new model. One outbox entry an enterprise sees to it, so one process does it at a time; whatever
 * breaks half-way leaves the model before.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnterpriseId, PoolId } from '../../ports/ids.ts';
import type { Outbox } from '../../records/outbox.postgres.ts';
import type { EntryHandler } from '../../records/run-lane.ts';
import type { Db, Row } from '../../records/schema.ts';
import type { Work } from '../../records/transact.ts';
import { addExposures } from './exposure.ts';
import { fitHabits, type WeighedTrace } from './fit-habits.ts';
import {
  type CountedDay,
  countDay,
  dayMs,
  dayOf,
  firstOpenDay,
  forgetTraces,
  readDays,
  readTraces,
  type TracedContact,
} from './habit-record.postgres.ts';
import type { Habits } from './habits.ts';
import type { Rates } from './learned-model.ts';
import { type Models, modelOf } from './models.postgres.ts';
import { tablesOf } from './rates-json.ts';

export const learnKind = 'attribution.learn';

interface World {
  readonly db: Db;
  readonly models: Models;
  readonly clock: Clock;
  /** Between rounds of fitting, calls are answered. */
  readonly pause: (delayMs: number) => Promise<void>;
  readonly logFault: (fault: unknown, event: string) => void;
}

/** The outbox entry that is performed again and again. */
export function createLearnHabits(world: World): EntryHandler {
  return async ({ enterprise_id: enterpriseId }) => {
    await learnHabits(world, enterpriseId).catch((fault: unknown) => world.logFault(fault, 'habits-not-learned'));
    return { kind: 'again', dueAt: world.clock.now() + limits.attributionLearnEveryMs };
  };
}

/**
 * Sees to it that the enterprise has its entry: asked with each contact, written once. Once it was seen in the record it is
 * taken to be there for a while.
 */
export function createStartLearning(world: {
  readonly outbox: Pick<Outbox, 'addOnce'>;
  readonly clock: Clock;
}): (work: Work, about: { readonly enterpriseId: EnterpriseId }) => Promise<void> {
  const seenUntil = new Map<EnterpriseId, number>();
  return async (work, { enterpriseId }) => {
    const now = world.clock.now();
    if (now < (seenUntil.get(enterpriseId) ?? 0)) return;
    const dueAt = now + limits.attributionLearnEveryMs;
    const isThere = await world.outbox.addOnce(work, {
      enterpriseId,
      lane: `learn:${enterpriseId}`,
      kind: learnKind,
      payload: {},
      dueAt,
    });
    if (!isThere) return;
    if (seenUntil.size >= limits.attributionModelsKeptMax) seenUntil.clear();
    seenUntil.set(enterpriseId, now + limits.attributionLearnSeenMs);
  };
}

async function learnHabits(world: World, enterpriseId: EnterpriseId): Promise<void> {
  const { db, models } = world;
  const now = world.clock.now();
  await countDays(db, enterpriseId, now);
  const [days, contacts] = [await readDays(db, enterpriseId, now), await readTraces(db, enterpriseId, now)];
  const before = await models.newest(db, enterpriseId, null);
  if (before !== undefined && !hasNews(before, contacts, now)) return;
  const version = (before?.version ?? 0) + 1;
  for (const poolId of [null, ...busyPools(contacts)]) {
    const own = ({ poolId: of }: { poolId: PoolId | null }) => poolId === null || of === poolId;
    const start = modelOf(
      (poolId === null ? undefined : await models.newest(db, enterpriseId, poolId)) ?? before,
    ).rates;
    const fitted = await fitRates(world, days.filter(own), contacts.filter(own), start, now);
    await models.insert(db, { enterpriseId, poolId, version, at: now, ...fitted });
  }
  await forgetTraces(db, enterpriseId, now);
}

/** Contacts, or what became known of them, since the last model; and once a day in any case, as days go by. */
function hasNews(before: Row<'attribution_model'>, contacts: readonly TracedContact[], now: number): boolean {
  const since = before.at.getTime();
  const confirmed = contacts.filter(({ trace }) => trace.confirmed !== null).length;
  return now - since >= dayMs || confirmed !== before.confirmed || contacts.some(({ at }) => at >= since);
}

async function countDays(db: Db, enterpriseId: EnterpriseId, now: number): Promise<void> {
  const first = await firstOpenDay(db, enterpriseId, now);
  for (let day = first; day <= dayOf(now); day += dayMs) await countDay(db, enterpriseId, day, now);
}

async function fitRates(
  world: World,
  days: readonly CountedDay[],
  contacts: readonly TracedContact[],
  start: Rates,
  now: number,
) {
  const exposure = exposureAt(days, now);
  const traces = contacts.map(({ trace, at }): WeighedTrace => ({ trace, weight: weightAt(at, now) }));
  let rates = start;
  for (let round = 0; round < limits.attributionFitRounds; round += 1) {
    rates = fitHabits(exposure, traces, rates, 1);
    await world.pause(0);
  }
  const callers = traces.flatMap(({ trace }) => (trace.region === null ? [] : [trace.region]));
  const regions = new Set([...Object.keys(exposure.visitRegions), ...callers]);
  return {
    rates: tablesOf(rates, regions),
    contacts: traces.length,
    confirmed: traces.filter(({ trace }) => trace.confirmed !== null).length,
  };
}

/** What the visits of these days weigh by now. */
export function exposureAt(days: readonly CountedDay[], now: number): Habits {
  return addExposures(
    days.map(({ exposure, startsAt }) => ({ exposure, weight: weightAt(startsAt + dayMs / 2, now) })),
  );
}

function weightAt(at: number, now: number): number {
  return 0.5 ** (Math.max(0, now - at) / limits.attributionHalfLifeMs);
}

function busyPools(contacts: readonly TracedContact[]): PoolId[] {
  const counts = new Map<PoolId, number>();
  for (const { poolId } of contacts) if (poolId !== null) counts.set(poolId, (counts.get(poolId) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > limits.attributionPoolContactsMin).map(([poolId]) => poolId);
}
