/**
 * The transactional outbox. Two kinds of promise are written in the same transaction as the change that makes them:
 * events the contact centre must hear, and effects a carrier must perform. Each stands in a lane; a lane's entries are
 * done strictly in order, one at a time, so a subject's webhooks arrive in sequence and a call's leg is not hung up
 * before it is dialled. Lanes do not wait for each other. What a transaction promises is gathered and written by one
 * statement at its end.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { toIso } from '../ports/clock.ts';
import { unreachable } from '../ports/errors.ts';
import type { EnterpriseId, EventId, Ids } from '../ports/ids.ts';
import type { Db, Row, Tx } from './schema.ts';
import type { Work } from './transact.ts';
import { type PromisedEffect, type PromisedEvent, writePromises } from './write-promises.postgres.ts';

/** Something the contact centre must hear; `subject` is the call, conversation or visit it is about. */
export interface NewEvent {
  readonly enterpriseId: EnterpriseId;
  readonly subject: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** Something to be done outside, once, after the commit. `lane` orders it; `dueAt` (Unix ms) may lie ahead. */
export interface NewEffect {
  readonly enterpriseId: EnterpriseId;
  readonly lane: string;
  readonly kind: string;
  readonly payload: Record<string, unknown>;
  readonly dueAt?: number;
}

/** An entry somebody has claimed and must settle. */
export type Claimed = Row<'outbox'>;

const claimedColumns = [
  'id',
  'enterprise_id',
  'lane',
  'kind',
  'payload',
  'state',
  'attempts',
  'due_at',
  'locked_until',
  'endpoint_id',
  'event_id',
  'last_error',
  'created_at',
  'settled_at',
] as const;

export type Settlement =
  | { readonly kind: 'done' }
  /** Done for now: performed again at `dueAt`, with its tries counted afresh. */
  | { readonly kind: 'again'; readonly dueAt: number }
  | { readonly kind: 'retry'; readonly dueAt: number; readonly error: string }
  | { readonly kind: 'dead'; readonly error: string };

export type Outbox = ReturnType<typeof createOutbox>;

interface World {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Hears of every event in its own transaction: what follows from it is promised with it, or not at all. */
  readonly hear?: (work: Work, event: NewEvent) => Promise<void>;
}

export function createOutbox(world: World) {
  const now = () => new Date(world.clock.now());
  const gathered = new WeakMap<Tx, { readonly events: PromisedEvent[]; readonly effects: PromisedEffect[] }>();

  /** What a transaction has promised so far; the first promise sees to it that all are written before the commit. */
  function promisesOf(work: Work) {
    const known = gathered.get(work.tx);
    if (known !== undefined) return known;
    const promised = { events: [], effects: [] };
    gathered.set(work.tx, promised);
    work.beforeCommit(async () => {
      gathered.delete(work.tx);
      for (const lane of await writePromises(work.tx, promised)) work.wake({ lane });
    });
    return promised;
  }

  return Object.freeze({
    /**
     * Records an event under the subject's next sequence and one delivery for each enabled endpoint, when the transaction
     * ends.
     */
    async appendEvent(work: Work, event: NewEvent): Promise<EventId> {
      const id = world.ids.make('evt');
      promisesOf(work).events.push({ ...event, id, at: now() });
      await world.hear?.(work, event);
      return id;
    },

    /** Records an effect to be performed after the commit. */
    async addEffect(work: Work, effect: NewEffect): Promise<void> {
      const at = now();
      const dueAt = effect.dueAt ?? at.getTime();
      promisesOf(work).effects.push({ ...effect, dueAt: new Date(dueAt), at });
      work.wake({ lane: effect.lane, delayMs: Math.max(0, dueAt - at.getTime()) });
    },

    /** Takes back what waits in these lanes, this transaction's own promises included; what is under way goes on. */
    async withdraw({ tx }: Pick<Work, 'tx'>, lanes: readonly string[]): Promise<void> {
      const promised = gathered.get(tx);
      const kept = promised?.effects.filter((effect) => !lanes.includes(effect.lane)) ?? [];
      promised?.effects.splice(0, promised.effects.length, ...kept);
      await tx
        .deleteFrom('outbox')
        .where('lane', 'in', lanes)
        .where('state', '=', 'pending')
        .where('locked_until', 'is', null)
        .execute();
    },

    /** Whether something waits or is under way in a lane, what this transaction has promised included. */
    async isPending({ tx }: Pick<Work, 'tx'>, lane: string): Promise<boolean> {
      if (gathered.get(tx)?.effects.some((effect) => effect.lane === lane) === true) return true;
      const head = tx.selectFrom('outbox').select('id').where('lane', '=', lane).where('state', '=', 'pending');
      return (await head.limit(1).executeTakeFirst()) !== undefined;
    },

    /** Until the transaction ends nobody else passes here for this lane: what is promised once is not promised twice. */
    async holdLane({ tx }: Work, lane: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtextextended(${lane}, 0))`.execute(tx);
    },

    /** Claims the head of a lane when it is due and nobody holds it; null otherwise. */
    async claimHead(db: Db, lane: string): Promise<Claimed | null> {
      const at = now();
      const claimed = await db
        .updateTable('outbox')
        .set({ locked_until: new Date(at.getTime() + limits.outboxLockMs), attempts: sql`attempts + 1` })
        .where('id', '=', (head) =>
          head
            .selectFrom('outbox')
            .select('id')
            .where('lane', '=', lane)
            .where('state', '=', 'pending')
            .orderBy('id')
            .limit(1),
        )
        .where('state', '=', 'pending')
        .where('due_at', '<=', at)
        .where((either) => either.or([either('locked_until', 'is', null), either('locked_until', '<=', at)]))
        .returning(claimedColumns)
        .executeTakeFirst();
      return claimed ?? null;
    },

    /**
     * Ends a claim; answers whether others wait in the lane. A settlement that comes after the claim was taken over
     * changes nothing, and the lane is the other's by then.
     */
    async settle(db: Db, claimed: Claimed, settlement: Settlement): Promise<boolean> {
      const at = now();
      const settled = await db
        .updateTable('outbox')
        .set({ locked_until: null, ...changeOf(settlement, at) })
        .where('id', '=', claimed.id)
        .where('attempts', '=', claimed.attempts)
        .where('locked_until', '=', claimed.locked_until)
        .where('state', '=', 'pending')
        .returning(({ exists, selectFrom }) =>
          exists(
            selectFrom('outbox as next')
              .select('next.id')
              .where('next.lane', '=', claimed.lane)
              .where('next.state', '=', 'pending')
              .where('next.id', '>', claimed.id),
          ).as('others'),
        )
        .executeTakeFirst();
      return settled?.others === true;
    },

    /**
     * Lanes whose head is overdue and held by nobody: their wake was lost. What waits behind a head that is tried again
     * later is not overdue; counted, it would crowd out the lanes that can go on.
     */
    async overdueLanes(db: Db): Promise<string[]> {
      const at = world.clock.now();
      const rows = await db
        .selectFrom('outbox')
        .select('lane')
        .where('state', '=', 'pending')
        .where('due_at', '<=', new Date(at - limits.outboxOverdueMs))
        .where((either) => either.or([either('locked_until', 'is', null), either('locked_until', '<=', new Date(at))]))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('outbox as before')
                .select('before.id')
                .whereRef('before.lane', '=', 'outbox.lane')
                .where('before.state', '=', 'pending')
                .whereRef('before.id', '<', 'outbox.id'),
            ),
          ),
        )
        .orderBy('due_at')
        .limit(limits.outboxLanesPerSweepMax)
        .execute();
      return rows.map((row) => row.lane);
    },

    /** Forgets all claims: at the start of the only process on this record, whoever held them is dead. */
    async forgetClaims(db: Db): Promise<void> {
      await db
        .updateTable('outbox')
        .set({ locked_until: null })
        .where('state', '=', 'pending')
        .where('locked_until', 'is not', null)
        .execute();
    },

    /** Makes every waiting entry of a kind overdue: the next sweep finds them. */
    async hasten(db: Db, kind: string): Promise<void> {
      const overdueAt = new Date(world.clock.now() - limits.outboxOverdueMs);
      await db
        .updateTable('outbox')
        .set({ due_at: overdueAt })
        .where('state', '=', 'pending')
        .where('kind', '=', kind)
        .where('due_at', '>', overdueAt)
        .execute();
    },

    /** The body of an event as endpoints receive it, with its type and time. */
    async readEvent(
      db: Db,
      id: EventId,
    ): Promise<{ type: string; timestamp: string; data: Record<string, unknown> } | null> {
      const row = await db.selectFrom('event').select(['type', 'at', 'data']).where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : { type: row.type, timestamp: toIso(row.at.getTime()), data: row.data };
    },
  });
}

function changeOf(settlement: Settlement, at: Date) {
  switch (settlement.kind) {
    case 'again':
      return { due_at: new Date(settlement.dueAt), attempts: 0, last_error: null };
    case 'retry':
      return { due_at: new Date(settlement.dueAt), last_error: settlement.error };
    case 'dead':
      return { state: settlement.kind, settled_at: at, last_error: settlement.error };
    case 'done':
      return { state: settlement.kind, settled_at: at, last_error: null };
    default:
      return unreachable(settlement);
  }
}
