/**
 * Visits: one person on one website for a while. The visit's id is the identifier that calls, texts and outcomes are
 * tied to. Arrival facts are stored as they came; beats only ever raise the counters, so a late beat does no harm.
 */
import { sql } from 'kysely';
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, NumberId, PoolId, VisitId, WebsiteId } from '../ports/ids.ts';
import type { Db, Tx } from '../records/schema.ts';

export interface NewVisit {
  readonly id: VisitId;
  readonly enterpriseId: EnterpriseId;
  readonly websiteId: WebsiteId;
  readonly visitorId: string | null;
  readonly arrival: Readonly<Record<string, string>>;
  readonly startedAt: number;
}

export interface Beat {
  readonly at: number;
  readonly engagedSeconds: number;
  readonly pages: number;
  readonly signals: readonly { readonly kind: string; readonly detail: Readonly<Record<string, unknown>> }[];
  /** What is learnt only after the arrival, by consent: kept where the visit has none yet. */
  readonly visitorId?: string | undefined;
  readonly gaClientId?: string | undefined;
  /** Somebody has moved a pointer, touched the page or pressed a key. */
  readonly human?: boolean | undefined;
  /** The number on the page that would be replaced. */
  readonly replaces?: E164 | undefined;
}

export interface Website {
  readonly id: WebsiteId;
  readonly enterpriseId: EnterpriseId;
  readonly poolId: PoolId;
}

export type Visits = ReturnType<typeof createVisits>;

export function createVisits() {
  return Object.freeze({
    /** The enterprise's website that this origin belongs to; exact match. */
    async websiteOfOrigin(db: Db, enterpriseId: EnterpriseId, origin: string): Promise<Website | null> {
      const row = await db
        .selectFrom('website')
        .select(['id', 'enterprise_id', 'pool_id'])
        .where('enterprise_id', '=', enterpriseId)
        .where(sql<boolean>`${origin} = any(origins)`)
        .executeTakeFirst();
      return row === undefined ? null : { id: row.id, enterpriseId: row.enterprise_id, poolId: row.pool_id };
    },

    /** The enterprise's website that has this visit: what a request without an Origin may be told from. */
    async websiteOfVisit(db: Db, enterpriseId: EnterpriseId, visitId: VisitId): Promise<Website | null> {
      const row = await db
        .selectFrom('visit')
        .innerJoin('website', 'website.id', 'visit.website_id')
        .select(['website.id', 'website.enterprise_id', 'website.pool_id'])
        .where('visit.id', '=', visitId)
        .where('visit.enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row === undefined ? null : { id: row.id, enterpriseId: row.enterprise_id, poolId: row.pool_id };
    },

    /** Whether any website of any enterprise has this origin: what a browser's preflight may be told. */
    async isKnownOrigin(db: Db, origin: string): Promise<boolean> {
      const row = await db
        .selectFrom('website')
        .select('id')
        .where(sql<boolean>`${origin} = any(origins)`)
        .executeTakeFirst();
      return row !== undefined;
    },

    async insert(tx: Tx, visit: NewVisit): Promise<void> {
      const at = new Date(visit.startedAt);
      await tx
        .insertInto('visit')
        .values({
          id: visit.id,
          enterprise_id: visit.enterpriseId,
          website_id: visit.websiteId,
          visitor_id: visit.visitorId,
          arrival: JSON.stringify(visit.arrival),
          started_at: at,
          last_beat_at: at,
        })
        .execute();
    },

    /** The visit was shown a shared number for want of one of its own. */
    async noteShown(tx: Tx, visitId: VisitId, numberId: NumberId): Promise<void> {
      await tx
        .updateTable('visit')
        .set({ shown_number_id: numberId })
        .where('id', '=', visitId)
        .where(sql<boolean>`shown_number_id is distinct from ${numberId}`)
        .execute();
    },

    /** Applies a beat to the visit; null when it is not this website's. */
    async beat(
      tx: Tx,
      website: Website,
      visitId: VisitId,
      beat: Beat,
    ): Promise<{ visitorId: string | null; arrival: Readonly<Record<string, string>> } | null> {
      const at = new Date(beat.at);
      const row = await tx
        .updateTable('visit')
        .set({
          last_beat_at: sql`greatest(last_beat_at, ${at})`,
          engaged_seconds: sql`greatest(engaged_seconds, ${beat.engagedSeconds})`,
          pages: sql`greatest(pages, ${beat.pages})`,
          ...laterFacts(beat),
        })
        .where('id', '=', visitId)
        .where('website_id', '=', website.id)
        .returning(['visitor_id', 'arrival'])
        .executeTakeFirst();
      if (row === undefined) return null;
      if (beat.signals.length > 0) {
        const rows = beat.signals.map(({ kind, detail }) => ({
          enterprise_id: website.enterpriseId,
          visit_id: visitId,
          kind,
          detail: JSON.stringify(detail),
          at,
        }));
        await tx.insertInto('visit_signal').values(rows).execute();
      }
      return { visitorId: row.visitor_id, arrival: row.arrival };
    },
  });
}

function laterFacts({ visitorId, gaClientId }: Beat) {
  const later = JSON.stringify({ gaClientId, ...(visitorId === undefined ? {} : { consent: 'granted' }) });
  return {
    ...(visitorId === undefined ? {} : { visitor_id: sql<string>`coalesce(visitor_id, ${visitorId})` }),
    ...(later === '{}' ? {} : { arrival: sql<string>`${later}::jsonb || arrival` }),
  };
}
