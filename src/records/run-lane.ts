/**
 * Works off one lane of the outbox: claim the head, do it, settle it, take the next. Which lane is woken, how often and
 * by how many processes at once does not matter; the claim in the record decides. What fails is tried again later by
 * the handler's own word, and everything behind it in the lane waits, because order is the promise.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';
import type { Outbox } from './outbox.postgres.ts';
import type { Claimed, Settlement } from './outbox-claims.postgres.ts';
import type { Db } from './schema.ts';

/** Does one entry. A throw counts as a fault of ours and is tried again by the effect table. */
export type EntryHandler = (claimed: Claimed) => Promise<Settlement>;

interface World {
  readonly db: Db;
  readonly outbox: Outbox;
  readonly jobs: Pick<Jobs, 'wake'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly handlers: Readonly<Record<string, EntryHandler>>;
}

export interface LaneRunner {
  /** Works the lane until it is empty, not due or held by somebody else. */
  run(lane: string): Promise<void>;
  /** Wakes every lane whose wake was lost. */
  sweep(): Promise<void>;
}

export function createLaneRunner(world: World): LaneRunner {
  return Object.freeze({
    async run(lane: string): Promise<void> {
      for (let done = 0; done < limits.outboxEntriesPerRunMax; done += 1) {
        const claimed = await world.outbox.claimHead(world.db, lane);
        if (claimed === null) return;
        const settlement = await perform(world, claimed);
        const others = await world.outbox.settle(world.db, { claimed, settlement });
        if (settlement.kind === 'retry' || settlement.kind === 'again') {
          await world.jobs.wake([{ lane, delayMs: Math.max(0, settlement.dueAt - world.clock.now()) }]);
          return;
        }
        // What is added after this look is woken by whoever adds it.
        if (!others) return;
      }
      await world.jobs.wake([{ lane }]);
    },

    async sweep(): Promise<void> {
      const lanes = await world.outbox.overdueLanes(world.db);
      if (lanes.length > 0) await world.jobs.wake(lanes.map((lane) => ({ lane })));
    },
  });
}

async function perform(world: World, claimed: Claimed): Promise<Settlement> {
  const handler = world.handlers[claimed.kind];
  if (handler === undefined) return { kind: 'dead', error: `no handler for ${claimed.kind}` };
  try {
    return await handler(claimed);
  } catch (fault) {
    world.log.error(
      { fault, lane: claimed.lane, kind: claimed.kind, attempts: claimed.attempts },
      'outbox-entry-failed',
    );
    return retryFault(world.clock, claimed, fault instanceof Error ? fault.message : String(fault));
  }
}

/**
 * A fault of ours, such as a record that went away half-way, says nothing about the entry: it is tried again by the
 * table and then at its longest pause for a day, because an entry given up leaves a text or a call waiting for ever.
 */
function retryFault(clock: Clock, claimed: Claimed, error: string): Settlement {
  const now = clock.now();
  if (now - claimed.created_at.getTime() > limits.outboxFaultLifeMs) return { kind: 'dead', error };
  const pauses = limits.effectRetryPausesMs;
  return { kind: 'retry', dueAt: now + (pauses[claimed.attempts - 1] ?? pauses.at(-1) ?? 0), error };
}

/** The next try of a carrier effect by the table in limits, or the end of trying. */
export function retryOrGiveUp(clock: Clock, attempts: number, error: string): Settlement {
  const pauseMs = limits.effectRetryPausesMs[attempts - 1];
  if (pauseMs === undefined) return { kind: 'dead', error };
  return { kind: 'retry', dueAt: clock.now() + pauseMs, error };
}
