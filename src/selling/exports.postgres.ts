/**
 * The ledger of exports: one row for each conversion at each destination, with what the vendor holds of it, what is
 * being sent just now, and what went wrong last. It is what keeps a conversion from being sent twice.
 */
import type { Clock } from '../ports/clock.ts';
import type { CallId, DestinationId, EnterpriseId, ExportId, Ids } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Db, Row } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';
import type { ConversionMessage, ExportStep } from './conversion-export.ts';
import type { ConversionKind } from './destination.ts';

export const exportKind = 'conversion.export';

/** One conversion at one destination. Instants are Unix ms. */
export interface ConversionExport {
  readonly id: ExportId;
  readonly enterpriseId: EnterpriseId;
  readonly destinationId: DestinationId;
  readonly callId: CallId;
  readonly key: string;
  readonly kind: ConversionKind;
  readonly state: Row<'conversion_export'>['state'];
  readonly attempts: number;
  readonly lastError: string | null;
  readonly held: ConversionMessage | null;
  readonly sending: ExportStep | null;
  readonly generation: number;
  readonly probability: number | null;
  readonly sentAt: number | null;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface ExportPageWish {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly state?: ConversionExport['state'] | undefined;
  readonly destinationId?: DestinationId | undefined;
}

export type ExportReplay =
  | { readonly kind: 'replayed' }
  | { readonly kind: 'refused'; readonly reason: 'not-found' | 'not-stuck' };

type Change = Partial<
  Pick<
    ConversionExport,
    'state' | 'attempts' | 'lastError' | 'held' | 'sending' | 'generation' | 'probability' | 'sentAt'
  >
>;

export type Exports = ReturnType<typeof createExports>;

export function createExports(world: { clock: Clock; ids: Ids; outbox: Pick<Outbox, 'addEffect'> }) {
  const now = () => new Date(world.clock.now());
  return Object.freeze({
    /** The row of a conversion at a destination, made when there is none. */
    async of(
      db: Db,
      about: { enterpriseId: EnterpriseId; destinationId: DestinationId; callId: CallId },
      conversion: { key: string; kind: ConversionKind },
    ): Promise<ConversionExport> {
      const at = now();
      await db
        .insertInto('conversion_export')
        .values({
          id: world.ids.make('exp'),
          enterprise_id: about.enterpriseId,
          destination_id: about.destinationId,
          call_id: about.callId,
          conversion_key: conversion.key,
          kind: conversion.kind,
          state: 'waiting',
          created_at: at,
          changed_at: at,
        })
        .onConflict((clash) => clash.columns(['destination_id', 'conversion_key']).doNothing())
        .execute();
      const row = await db
        .selectFrom('conversion_export')
        .selectAll()
        .where('destination_id', '=', about.destinationId)
        .where('conversion_key', '=', conversion.key)
        .executeTakeFirstOrThrow();
      return present(row);
    },

    async note(db: Db, id: ExportId, change: Change): Promise<void> {
      const { held, sending, lastError, sentAt, ...plain } = change;
      await db
        .updateTable('conversion_export')
        .set({
          ...plain,
          changed_at: now(),
          ...(lastError === undefined ? {} : { last_error: lastError }),
          ...(sentAt === undefined ? {} : { sent_at: sentAt === null ? null : new Date(sentAt) }),
          ...(held === undefined ? {} : { held: held === null ? null : JSON.stringify(held) }),
          ...(sending === undefined ? {} : { sending: sending === null ? null : JSON.stringify(sending) }),
        })
        .where('id', '=', id)
        .execute();
    },

    /** Orders a call's conversions to be exported to a destination: lane by lane, so one call at one vendor at a time. */
    order: (work: Work, about: { enterpriseId: EnterpriseId; destinationId: DestinationId; callId: CallId }) =>
      world.outbox.addEffect(work, {
        enterpriseId: about.enterpriseId,
        lane: `export:${about.destinationId}:${about.callId}`,
        kind: exportKind,
        payload: { destinationId: about.destinationId, callId: about.callId },
      }),

    /** Newest first. */
    async list(db: Db, enterpriseId: EnterpriseId, page: ExportPageWish): Promise<ConversionExport[]> {
      let query = db.selectFrom('conversion_export').selectAll().where('enterprise_id', '=', enterpriseId);
      if (page.before !== undefined) query = query.where('id', '<', page.before as ExportId);
      if (page.state !== undefined) query = query.where('state', '=', page.state);
      if (page.destinationId !== undefined) query = query.where('destination_id', '=', page.destinationId);
      const rows = await query.orderBy('id', 'desc').limit(page.limit).execute();
      return rows.map(present);
    },

    /** Another try of what was given up or left out. What was sent, or is on its way, is refused. */
    async replay(work: Work, enterpriseId: EnterpriseId, id: ExportId): Promise<ExportReplay> {
      const row = await work.tx
        .selectFrom('conversion_export')
        .selectAll()
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) return { kind: 'refused', reason: 'not-found' };
      if (row.state !== 'dead' && row.state !== 'skipped') return { kind: 'refused', reason: 'not-stuck' };
      await this.note(work.tx, id, { state: 'waiting', attempts: 0, sending: null });
      await this.order(work, { enterpriseId, destinationId: row.destination_id, callId: row.call_id });
      return { kind: 'replayed' };
    },
  });
}

function present(row: Row<'conversion_export'>): ConversionExport {
  return {
    id: row.id,
    enterpriseId: row.enterprise_id,
    destinationId: row.destination_id,
    callId: row.call_id,
    key: row.conversion_key,
    kind: row.kind,
    state: row.state,
    attempts: row.attempts,
    lastError: row.last_error,
    held: row.held as ConversionMessage | null,
    sending: row.sending as ExportStep | null,
    generation: row.generation,
    probability: row.probability,
    sentAt: row.sent_at?.getTime() ?? null,
    createdAt: row.created_at.getTime(),
    changedAt: row.changed_at.getTime(),
  };
}
