/**
 * The first thing a gateway without the demo needs: an enterprise and its first two keys, made together or not at all.
 */
import { createApiKeys } from '../identity/api-keys.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import { createIds, type EnterpriseId, type RandomBytes } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';

export interface NewEnterprise {
  readonly id: EnterpriseId;
  /** Keys are shown this once; only their digests are kept. */
  readonly publishableKey: string;
  readonly secretKey: string;
}

export function addEnterprise(
  world: { db: Db; clock: Clock; randomBytes: RandomBytes },
  name: string,
): Promise<NewEnterprise> {
  const { db, clock, randomBytes } = world;
  const ids = createIds({ clock, randomBytes });
  const keys = createApiKeys({ clock, ids, randomBytes });
  return db.transaction().execute(async (tx) => {
    const id = ids.make('ent');
    const created_at = new Date(clock.now());
    await tx.insertInto('enterprise').values({ id, name, created_at }).execute();
    const publishableKey = await keys.make(tx, id, 'publishable');
    return { id, publishableKey, secretKey: await keys.make(tx, id, 'secret') };
  });
}
