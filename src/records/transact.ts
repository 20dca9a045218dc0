/**
 * One unit of work: everything a webhook or request changes is committed together or not at all, and only then are
 * the waiting lanes woken. A wake that cannot be posted is logged and forgotten, because the sweep finds the work.
 */
import { limits } from '../../config/limits.ts';
import type { Database } from '../ports/database.ts';
import type { Jobs, Wake } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';
import type { Tables, Tx } from './schema.ts';

/** What a use case is given inside a transaction. */
export interface Work {
  readonly tx: Tx;
  /** Wakes a lane after the commit; nothing happens when the transaction rolls back. */
  wake(wake: Wake): void;
}

/** Runs `step` in one transaction; repeats it whole when the database asks for that (deadlock, serialisation). */
export type Transact = <Result>(step: (work: Work) => Promise<Result>) => Promise<Result>;

const repeatable = new Set(['40001', '40P01']);

export function createTransact(world: { database: Database<Tables>; jobs: Pick<Jobs, 'wake'>; log: Log }): Transact {
  return async (step) => {
    for (let attempt = 1; ; attempt += 1) {
      const wakes: Wake[] = [];
      try {
        const result = await world.database.kysely
          .transaction()
          .execute((tx) => step({ tx, wake: (wake) => wakes.push(wake) }));
        postWakes(world, wakes);
        return result;
      } catch (fault) {
        if (attempt > limits.transactionRetriesMax || !repeatable.has(sqlStateOf(fault))) throw fault;
      }
    }
  };
}

function postWakes(world: { jobs: Pick<Jobs, 'wake'>; log: Log }, wakes: readonly Wake[]): void {
  if (wakes.length === 0) return;
  world.jobs.wake(wakes).catch((fault: unknown) => world.log.warn({ fault, lanes: wakes.length }, 'wake-not-posted'));
}

function sqlStateOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault ? String(fault.code) : '';
}
