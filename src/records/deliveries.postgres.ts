/**
 * What became of each event at an endpoint, and the second chance of those that were given up. A dead letter that is
 * replayed goes out late, in a lane of its own beside the subject's live one: what came after it has long been
 * delivered, so it neither holds up new events while it fails nor runs beside one of them out of the same lane. The
 * replays of one subject keep their order among themselves; a receiver tells a late event by `data.sequence`.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EndpointId, EnterpriseId, EventId } from '../ports/ids.ts';
import type { EndpointKey } from './endpoints.postgres.ts';
import type { Db, Row } from './schema.ts';
import type { Work } from './transact.ts';

/** One event on its way to one endpoint. Instants are Unix ms. */
export interface Delivery {
  readonly id: number;
  readonly state: Row<'outbox'>['state'];
  /** Tries so far, those before a replay included. */
  readonly attempts: number;
  readonly lastError: string | null;
  /** When the next try is due; of the past once settled. */
  readonly dueAt: number;
  readonly settledAt: number | null;
  readonly eventId: EventId;
  readonly type: string;
  readonly subject: string;
  readonly sequence: number;
}

export interface DeliveryPage {
  readonly items: readonly Delivery[];
  /** Give it as `before` to read on; null at the end. */
  readonly next: number | null;
}

export type Replay =
  | { readonly kind: 'replayed' }
  | { readonly kind: 'refused'; readonly reason: 'not-found' | 'not-dead' | 'endpoint-disabled' };

export type Deliveries = ReturnType<typeof createDeliveries>;

export function createDeliveries(world: { clock: Clock }) {
  return Object.freeze({
    /** An endpoint's deliveries, the newest first, at most `limits.pageItemsMax` at once. */
    async list(db: Db, key: EndpointKey, page: { before?: number; limit: number }): Promise<DeliveryPage> {
      const limit = Math.min(Math.max(1, page.limit), limits.pageItemsMax);
      const rows = await deliveriesOf(db, key)
        .$if(page.before !== undefined, (older) => older.where('outbox.id', '<', page.before ?? 0))
        .orderBy('outbox.id', 'desc')
        .limit(limit + 1)
        .execute();
      const items = rows.slice(0, limit).map(present);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    /**
     * Makes a dead letter pending again, due now, with the whole table of pauses before it. One whose endpoint is
     * disabled is refused: enable the endpoint first.
     */
    replay: (work: Work, wanted: { enterpriseId: EnterpriseId; deliveryId: number }) => replay(world, work, wanted),
  });
}

async function replay(
  world: { clock: Clock },
  work: Work,
  wanted: { enterpriseId: EnterpriseId; deliveryId: number },
): Promise<Replay> {
  const found = await work.tx
    .selectFrom('outbox')
    .innerJoin('endpoint', 'endpoint.id', 'outbox.endpoint_id')
    .innerJoin('event', 'event.id', 'outbox.event_id')
    .select(['outbox.state', 'endpoint.id as endpointId', 'endpoint.enabled', 'event.subject'])
    .where('outbox.id', '=', wanted.deliveryId)
    .where('outbox.enterprise_id', '=', wanted.enterpriseId)
    .where('outbox.kind', '=', 'webhook.deliver')
    .executeTakeFirst();
  if (found === undefined) return { kind: 'refused', reason: 'not-found' };
  if (found.state !== 'dead') return { kind: 'refused', reason: 'not-dead' };
  if (!found.enabled) return { kind: 'refused', reason: 'endpoint-disabled' };
  const lane = lateLaneOf(found.endpointId, found.subject);
  const revived = await work.tx
    .updateTable('outbox')
    .set({
      state: 'pending',
      lane,
      due_at: new Date(world.clock.now()),
      settled_at: null,
      // Attempts are never set back: they fence off a claimer that was overtaken. The table of pauses starts from here.
      payload: sql<string>`jsonb_build_object('attemptsBefore', attempts)`,
    })
    .where('id', '=', wanted.deliveryId)
    .where('state', '=', 'dead')
    .returning('id')
    .executeTakeFirst();
  if (revived === undefined) return { kind: 'refused', reason: 'not-dead' };
  work.wake({ lane });
  return { kind: 'replayed' };
}

function lateLaneOf(endpointId: EndpointId, subject: string): string {
  return `hook:${endpointId}:${subject}:late`;
}

function deliveriesOf(db: Db, key: EndpointKey) {
  return db
    .selectFrom('outbox')
    .innerJoin('event', 'event.id', 'outbox.event_id')
    .select([
      'outbox.id',
      'outbox.state',
      'outbox.attempts',
      'outbox.last_error as lastError',
      'outbox.due_at as dueAt',
      'outbox.settled_at as settledAt',
      'event.id as eventId',
      'event.type',
      'event.subject',
      'event.sequence',
    ])
    .where('outbox.enterprise_id', '=', key.enterpriseId)
    .where('outbox.endpoint_id', '=', key.endpointId);
}

type DeliveryRow = Omit<Delivery, 'dueAt' | 'settledAt'> & { readonly dueAt: Date; readonly settledAt: Date | null };

function present(row: DeliveryRow): Delivery {
  return { ...row, dueAt: row.dueAt.getTime(), settledAt: row.settledAt?.getTime() ?? null };
}
