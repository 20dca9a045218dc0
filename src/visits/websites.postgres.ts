/**
 * Websites in the record: which exact origins may open visits with the enterprise's publishable key, and from which pool
 * their visitors are given numbers.
 */
import { sql } from 'kysely';
import type { EnterpriseId, PoolId, WebsiteId } from '../ports/ids.ts';
import type { Db, Row } from '../records/schema.ts';

export interface NewWebsite {
  readonly id: WebsiteId;
  readonly enterpriseId: EnterpriseId;
  readonly name: string;
  readonly origins: readonly string[];
  readonly poolId: PoolId;
}

export type WebsiteChange = Partial<Pick<NewWebsite, 'name' | 'origins' | 'poolId'>>;

export type Websites = typeof websites;

export const websites = Object.freeze({
  async insert(db: Db, { id, enterpriseId, name, origins, poolId }: NewWebsite): Promise<Row<'website'>> {
    return db
      .insertInto('website')
      .values({ id, enterprise_id: enterpriseId, name, origins: [...origins], pool_id: poolId })
      .returningAll()
      .executeTakeFirstOrThrow();
  },

  /** Null when the enterprise has no such website. */
  async update(
    db: Db,
    own: Pick<NewWebsite, 'id' | 'enterpriseId'>,
    { name, origins, poolId }: WebsiteChange,
  ): Promise<Row<'website'> | null> {
    const row = await db
      .updateTable('website')
      .set({
        id: own.id,
        ...(name === undefined ? {} : { name }),
        ...(origins === undefined ? {} : { origins: [...origins] }),
        ...(poolId === undefined ? {} : { pool_id: poolId }),
      })
      .where('id', '=', own.id)
      .where('enterprise_id', '=', own.enterpriseId)
      .returningAll()
      .executeTakeFirst();
    return row ?? null;
  },

  /** Newest first. */
  list(db: Db, enterpriseId: EnterpriseId, page: { limit: number; before?: WebsiteId | undefined }) {
    let query = db.selectFrom('website').selectAll().where('enterprise_id', '=', enterpriseId);
    if (page.before !== undefined) query = query.where('id', '<', page.before);
    return query.orderBy('id', 'desc').limit(page.limit).execute();
  },

  /** An origin of `origins` that another website of the enterprise has already: a visit could not tell the two apart. */
  async takenOrigin(
    db: Db,
    enterpriseId: EnterpriseId,
    origins: readonly string[],
    besides: WebsiteId | null,
  ): Promise<string | null> {
    let query = db
      .selectFrom('website')
      .select('origins')
      .where('enterprise_id', '=', enterpriseId)
      .where(sql<boolean>`origins && ${[...origins]}::text[]`);
    if (besides !== null) query = query.where('id', '!=', besides);
    const row = await query.executeTakeFirst();
    return row?.origins.find((origin) => origins.includes(origin)) ?? null;
  },
});
