/**
 * One unit of work: everything a webhook or request changes is committed together or not at all, and only then are
 * the waiting lanes woken. A wake that cannot be posted is logged and forgotten, because the sweep finds the work.
 */
import { limits } from '../../config/limits.ts';
import type { Database } from '../ports/database.ts';
import type { Jobs, Wake } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';
import { planLostStates } from '../ports/prepare-often.postgres.ts';
import type { Tables, Tx } from './schema.ts';

/** What a use case is given inside a transaction. */
export interface Work {
  readonly tx: Tx;
  /** Wakes a lane after the commit; nothing happens when the transaction rolls back. */
  wake(wake: Wake): void;
  /** What is done last in the transaction, in this order; a throw rolls all of it back. */
  beforeCommit(act: () => Promise<void>): void;
}

/**
 * Thrown by a step before it has asked the transaction for anything: what others have done in the same commit stands.
 */
export class NothingDone extends Error {}

/**
 * Runs `step` in one transaction; repeats it whole when the database asks for that (deadlock, serialisation). `about`: what
 * it changes; steps about the same go one after the other where steps share a transaction.
 */
export type Transact = <Result>(step: (work: Work) => Promise<Result>, about?: string) => Promise<Result>;

/** Serialisation, deadlock; a prepared statement whose plan was lost, which is not prepared the second time. */
const repeatable = new Set(['40001', '40P01', ...planLostStates]);

export interface TransactWorld {
  readonly jobs: Pick<Jobs, 'wake'>;
  readonly log: Log;
}

export function createTransact(world: TransactWorld & { readonly database: Database<Tables> }): Transact {
  return async (step) => {
    for (let attempt = 1; ; attempt += 1) {
      const wakes: Wake[] = [];
      try {
        const result = await world.database.kysely
          .transaction()
          .execute((tx) => perform(step, { tx, wake: (wake) => wakes.push(wake) }));
        postWakes(world, wakes);
        return result;
      } catch (fault) {
        if (attempt > limits.transactionRetriesMax || !repeatable.has(sqlStateOf(fault))) throw fault;
      }
    }
  };
}

/** Runs a step and then what it left to be done last. */
async function perform<Result>(
  step: (work: Work) => Promise<Result>,
  part: Omit<Work, 'beforeCommit'>,
): Promise<Result> {
  const last: (() => Promise<void>)[] = [];
  const result = await step({ ...part, beforeCommit: (act) => last.push(act) });
  for (const act of last) await act();
  return result;
}

/** Of one lane's wakes the earliest is enough: whoever works a lane does all of it that is due. */
export function postWakes(world: TransactWorld, all: readonly Wake[]): void {
  const byLane = new Map<string, Wake>();
  for (const wake of all) {
    const known = byLane.get(wake.lane);
    if (known === undefined || (wake.delayMs ?? 0) < (known.delayMs ?? 0)) byLane.set(wake.lane, wake);
  }
  const wakes = [...byLane.values()];
  if (wakes.length === 0) return;
  world.jobs.wake(wakes).catch((fault: unknown) => world.log.warn({ fault, lanes: wakes.length }, 'wake-not-posted'));
}

function sqlStateOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault ? String(fault.code) : '';
}
