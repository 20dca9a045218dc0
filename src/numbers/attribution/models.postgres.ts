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
      const own = poolId === null ? undefined : await readNewest(db, enterpriseId, poolId);
      const model = modelOf(own ?? (await readNewest(db, enterpriseId, null)));
      if (known.size >= limits.attributionModelsKeptMax) known.clear();
      known.set(key, { model, until: now + limits.attributionModelKeptMs });
      return model;
    },

    newest: readNewest,

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
          at: new Date(world.clock.now()),
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
