/**
 * The rates by which contacts are weighed: the pool's own once it has had enough contacts, otherwise the enterprise's,
 * and what is usual until anything was learned. A model is never edited, and a crash while one is made leaves the one
 * before; each process goes on with what it has read for a minute.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnterpriseId, PoolId } from '../../ports/ids.ts';
import type { Db, Row } from '../../records/schema.ts';
import { noHabits } from './habits.ts';
import { learnModel, type Rates } from './learned-model.ts';
import { type RatesTables, ratesFromJson } from './rates-json.ts';

export interface Model {
  /** Counts the times an enterprise has learned; 0: what is usual in the field. */
  readonly version: number;
  readonly rates: Rates;
}

export interface NewModel {
  readonly enterpriseId: EnterpriseId;
  readonly poolId: PoolId | null;
  readonly version: number;
  readonly rates: RatesTables;
  /** Contacts it was fitted to, and of them those whose visit is certain. */
  readonly contacts: number;
  readonly confirmed: number;
  /** Unix ms at which the contacts were read. */
  readonly at: number;
}

export type Models = ReturnType<typeof createModels>;

const usualModel: Model = Object.freeze({ version: 0, rates: learnModel(noHabits()) });

export function createModels(world: { clock: Clock }) {
  const known = new Map<string, { readonly model: Model; readonly until: number }>();
  return Object.freeze({
    /** What to weigh a contact of this pool by. Asked inside the contact's transaction, so it asks by that alone. */
    async ofPool(db: Db, enterpriseId: EnterpriseId, poolId: PoolId | null): Promise<Model> {
      const key = `${enterpriseId} ${poolId}`;
      const kept = known.get(key);
      const now = world.clock.now();
      if (kept !== undefined && now < kept.until) return kept.model;
      const model = modelOf(
        (poolId === null ? undefined : await readOwn(db, enterpriseId, poolId)) ??
          (await readNewest(db, enterpriseId, null)),
      );
      if (known.size >= limits.attributionModelsKeptMax) known.clear();
      known.set(key, { model, until: now + limits.attributionModelKeptMs });
      return model;
    },

    newest: readNewest,

    /** The pool's own rates; undefined while it goes by the enterprise's. */
    ownOfPool: readOwn,

    /** Keeps a model; false when somebody else has learned that version meanwhile. */
    async insert(db: Db, model: NewModel): Promise<boolean> {
      const added = await db
        .insertInto('attribution_model')
        .values({
          enterprise_id: model.enterpriseId,
          pool_id: model.poolId,
          version: model.version,
          rates: JSON.stringify(model.rates),
          contacts: model.contacts,
          confirmed: model.confirmed,
          at: new Date(model.at),
        })
        .onConflict((clash) => clash.doNothing())
        .returning('id')
        .executeTakeFirst();
      return added !== undefined;
    },
  });
}

/** Tables of another program's shape are as good as none. */
export function modelOf(row: Row<'attribution_model'> | undefined): Model {
  if (row === undefined) return usualModel;
  try {
    return { version: row.version, rates: ratesFromJson(row.rates) };
  } catch {
    return usualModel;
  }
}

/** A pool that has too few contacts by now is left behind by the enterprise's version. */
async function readOwn(
  db: Db,
  enterpriseId: EnterpriseId,
  poolId: PoolId,
): Promise<Row<'attribution_model'> | undefined> {
  const own = await readNewest(db, enterpriseId, poolId);
  const whole = own === undefined ? undefined : await readNewest(db, enterpriseId, null);
  return own !== undefined && own.version >= (whole?.version ?? 0) ? own : undefined;
}

function readNewest(
  db: Db,
  enterpriseId: EnterpriseId,
  poolId: PoolId | null,
): Promise<Row<'attribution_model'> | undefined> {
  return db
    .selectFrom('attribution_model')
    .selectAll()
    .where('enterprise_id', '=', enterpriseId)
    .where('pool_id', poolId === null ? 'is' : '=', poolId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}
