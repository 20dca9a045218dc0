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
import type { EnterpriseId, EventId, Ids } from '../ports/ids.ts';
import { askTogether } from './ask-together.ts';
import { listed } from './many-rows.postgres.ts';
import { type Claimed, claimHeads, isPending, type Settled, settleClaims } from './outbox-claims.postgres.ts';
import type { Db, Row, Tx } from './schema.ts';
import type { Work } from './transact.ts';
import { type Promised, writePromises } from './write-promises.postgres.ts';

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

export type Outbox = ReturnType<typeof createOutbox>;

interface World {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Hears of every event in its own transaction: what follows from it is promised with it, or not at all. */
  readonly hear?: (work: Work, event: NewEvent) => Promise<void>;
}

export function createOutbox(world: World) {
  const now = () => new Date(world.clock.now());
  const gathered = new WeakMap<Tx, Promised>();

  /** What a transaction has promised so far; the first promise sees to it that all are written before the commit. */
  function promisesOf(work: Work): Promised {
    const known = gathered.get(work.tx);
    if (known !== undefined) return known;
    const promised: Promised = { events: [], effects: [], withdrawn: [] };
    gathered.set(work.tx, promised);
    work.beforeCommit(async () => {
      gathered.delete(work.tx);
      for (const lane of await writePromises(work.tx, promised)) work.wake({ lane });
    });
    return promised;
  }

  function promise(work: Work, effect: NewEffect): void {
    const at = now();
    const dueAt = effect.dueAt ?? at.getTime();
    promisesOf(work).effects.push({ ...effect, dueAt: new Date(dueAt), at });
    work.wake({ lane: effect.lane, delayMs: Math.max(0, dueAt - at.getTime()) });
  }

  function isPromised({ tx }: Work, lane: string): boolean {
    return gathered.get(tx)?.effects.some((effect) => effect.lane === lane) === true;
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
      promise(work, effect);
    },

    /**
     * Takes back what waits in these lanes, when the transaction ends; its own promises too, but for those it makes
     * afterwards. What is under way goes on.
     */
    withdraw(work: Work, lanes: readonly string[]): void {
      const promised = promisesOf(work);
      const kept = promised.effects.filter((effect) => !lanes.includes(effect.lane));
      promised.effects.splice(0, promised.effects.length, ...kept);
      promised.withdrawn.push(...lanes);
    },

    /** Records an effect unless something waits or is under way in its lane; answers whether the record had that before. */
    async addOnce(work: Work, effect: NewEffect): Promise<boolean> {
      const { lane } = effect;
      if (isPromised(work, lane)) return false;
      if (await isPending(work.tx, lane)) return true;
      // Until the transaction ends nobody else passes here for this lane: what is promised once is not promised twice.
      await sql`select pg_advisory_xact_lock(hashtextextended(${lane}, 0))`.execute(work.tx);
      const isLate = await isPending(work.tx, lane);
      // Others of the same transaction come here too: nothing may be waited for between this look and the promise.
      if (!isLate && !isPromised(work, lane)) promise(work, effect);
      return isLate;
    },

    /** Claims the head of a lane when it is due and nobody holds it; null otherwise. */
    claimHead: askTogether<string, Claimed | null>((db, lanes) => claimHeads(db, lanes, now())),

    /**
     * Ends a claim; answers whether others wait in the lane. A settlement that comes after the claim was taken over
     * changes nothing, and the lane is the other's by then.
     */
    settle: askTogether<Settled, boolean>((db, settled) => settleClaims(db, settled, now())),

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
    readEvent: askTogether(readEvents),
  });
}

interface ToldEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Record<string, unknown>;
}

async function readEvents(db: Db, ids: readonly EventId[]): Promise<readonly (ToldEvent | null)[]> {
  const { rows } = await sql<Pick<Row<'event'>, 'id' | 'type' | 'at' | 'data'>>`
    select id, type, at, data from event where id = any(${listed(ids)})`.execute(db);
  const events = new Map(
    rows.map(({ id, type, at, data }) => [id, { type, timestamp: toIso(at.getTime()), data }] as const),
  );
  return ids.map((id) => events.get(id) ?? null);
}
