/**
 * Route plans in the record. A change is a new version beside the old ones, never an edit, so that what was in force
 * when a call came in can always be read. Of the versions of a number, its pool and its enterprise the newest of each
 * counts, and of these the most specific that has a plan.
 */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { OwnNumber } from '../../numbers/numbers.postgres.ts';
import type { Clock } from '../../ports/clock.ts';
import type { E164 } from '../../ports/e164.ts';
import type { EnterpriseId, NumberId, PoolId } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import { askTogether } from '../../records/ask-together.ts';
import { listed } from '../../records/many-rows.postgres.ts';
import type { Db, Row, Tx } from '../../records/schema.ts';
import { type RoutePlan, routePlanSchema } from './route-plan.ts';

/** Whose calls a plan is for. */
export type PlanSubject = { readonly enterpriseId: EnterpriseId } & (
  | { readonly scope: 'enterprise' }
  | { readonly scope: 'pool'; readonly poolId: PoolId }
  | { readonly scope: 'number'; readonly numberId: NumberId }
);

export interface StoredPlan {
  readonly scope: PlanSubject['scope'];
  readonly subjectId: string;
  readonly version: number;
  readonly plan: RoutePlan;
  /** Unix ms. */
  readonly madeAt: number;
}

/** The most specific last. */
const scopes = ['enterprise', 'pool', 'number'] as const;

export type RoutePlans = ReturnType<typeof createRoutePlans>;

export function createRoutePlans(world: { readonly clock: Clock; readonly log: Log }) {
  const known = new Map<string, RoutePlan | null>();

  /** Read by the schema of today, once a version: a part added since has its default. One it refuses counts as none. */
  function readPlan({ subject_id: subjectId, version, plan }: Row<'route_plan'>): RoutePlan | null {
    const key = `${subjectId} ${version}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const parsed = routePlanSchema.nullable().safeParse(plan);
    if (!parsed.success) world.log.error({ subjectId, version }, 'route-plan-unreadable');
    if (known.size >= limits.plansReadMax) known.clear();
    known.set(key, parsed.data ?? null);
    return parsed.data ?? null;
  }

  function storedOf(row: Row<'route_plan'>): StoredPlan | null {
    const plan = readPlan(row);
    const { scope, subject_id: subjectId, version, made_at: madeAt } = row;
    return plan === null ? null : { scope, subjectId, version, plan, madeAt: madeAt.getTime() };
  }

  const newestOf = askTogether(readNewest);
  const newest = (db: Db, enterpriseId: EnterpriseId, subjectIds: readonly string[]) =>
    newestOf(db, { enterpriseId, subjectIds });

  return Object.freeze({
    /** The subject's own plan; null when it has none. */
    async read(db: Db, subject: PlanSubject): Promise<StoredPlan | null> {
      const [row] = await newest(db, subject.enterpriseId, [subjectIdOf(subject)]);
      return row === undefined ? null : storedOf(row);
    },

    /** The plan that calls to this number follow; null when nobody made one. */
    async effective(db: Db, number: Pick<OwnNumber, 'id' | 'poolId' | 'enterpriseId'>): Promise<StoredPlan | null> {
      const { id, poolId, enterpriseId } = number;
      const subjectIds = [enterpriseId, ...(poolId === null ? [] : [poolId]), id];
      const stored = (await newest(db, enterpriseId, subjectIds)).flatMap((row) => storedOf(row) ?? []);
      return stored.sort((one, two) => scopes.indexOf(two.scope) - scopes.indexOf(one.scope))[0] ?? null;
    },

    /** Keeps a new version, or none when the plan is the one in force. Call `hold` before in the same transaction. */
    async append(tx: Tx, subject: PlanSubject, plan: RoutePlan | null): Promise<void> {
      const [row] = await newest(tx, subject.enterpriseId, [subjectIdOf(subject)]);
      if (isDeepStrictEqual(row === undefined ? null : readPlan(row), plan)) return;
      await tx
        .insertInto('route_plan')
        .values({
          enterprise_id: subject.enterpriseId,
          scope: subject.scope,
          subject_id: subjectIdOf(subject),
          version: (row?.version ?? 0) + 1,
          plan: plan === null ? null : JSON.stringify(plan),
          made_at: new Date(world.clock.now()),
        })
        .execute();
    },

    /** Until the transaction ends nobody else changes a plan of this enterprise, or where it may send calls. */
    async hold(tx: Tx, enterpriseId: EnterpriseId): Promise<void> {
      await tx.selectFrom('enterprise').select('id').where('id', '=', enterpriseId).forNoKeyUpdate().execute();
    },

    /** Every number the plan stands for, those with a more specific plan too: that one may be taken away. */
    async numbersOf(db: Db, subject: PlanSubject): Promise<{ e164: E164; carrier: string }[]> {
      const { enterpriseId } = subject;
      let query = db.selectFrom('number').select(['e164', 'carrier']).where('enterprise_id', '=', enterpriseId);
      if (subject.scope === 'pool') query = query.where('pool_id', '=', subject.poolId);
      if (subject.scope === 'number') query = query.where('id', '=', subject.numberId);
      return query.where('state', '!=', 'released').execute();
    },
  });
}

/** The newest version of each subject. */
async function readNewest(
  db: Db,
  asks: readonly { readonly enterpriseId: EnterpriseId; readonly subjectIds: readonly string[] }[],
): Promise<readonly Row<'route_plan'>[][]> {
  const subjectIds = asks.flatMap((ask) => ask.subjectIds);
  const { rows } = await sql<Row<'route_plan'>>`
    select distinct on (subject_id) * from route_plan where subject_id = any(${listed(subjectIds)})
    order by subject_id, version desc`.execute(db);
  return asks.map(({ enterpriseId, subjectIds: own }) =>
    rows.filter((row) => row.enterprise_id === enterpriseId && own.includes(row.subject_id)),
  );
}

/** The id under which the subject's plans are kept. */
function subjectIdOf(subject: PlanSubject): string {
  if (subject.scope === 'number') return subject.numberId;
  return subject.scope === 'pool' ? subject.poolId : subject.enterpriseId;
}
