/**
 * Transactions that come while others are under way, in one: a call's webhooks change little and wait for their commit
 * most of the time, so those that gather meanwhile share the next one, each as if it were alone. They run one after the
 * other, so what one has done the next one sees; when one of them fails, or waits for a lock that somebody else holds,
 * nothing of any is kept and each is run again by itself.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Database } from '../ports/database.ts';
import type { Wake } from '../ports/jobs.ts';
import type { Tables } from './schema.ts';
import { NothingDone, postWakes, type Transact, type TransactWorld, type Work } from './transact.ts';

interface Member {
  readonly step: (work: Work) => Promise<unknown>;
  readonly settled: PromiseWithResolvers<unknown>;
}

type World = TransactWorld & {
  readonly database: Database<Tables>;
  /** The transaction of a member by itself. */
  readonly alone: Transact;
  /** After so long none is begun any more; limits.transactionsTogetherMs. */
  readonly togetherMs?: number;
};

export function createTransactTogether(world: World): Transact {
  const waiting: Member[] = [];
  const handsMax = world.database.kind === 'server' ? limits.transactionHandsMax : 1;
  let hands = 0;

  async function work(): Promise<void> {
    hands += 1;
    while (waiting.length > 0) {
      const members = waiting.splice(0, limits.transactionsTogetherMax);
      const left = members.length === 1 ? null : await runTogether(world, members);
      if (left === null) await runAlone(world.alone, members);
      else waiting.unshift(...left);
    }
    hands -= 1;
  }

  return <Result>(step: (part: Work) => Promise<Result>): Promise<Result> => {
    const settled = Promise.withResolvers<unknown>();
    waiting.push({ step, settled });
    if (hands < handsMax) void work();
    return settled.promise as Promise<Result>;
  };
}

/**
 * Answers with those whose turn did not come; null when a step failed and nothing was kept. Where the database could not
 * be had, or did not say what became of the commit, every member is told so, as it would be alone.
 */
async function runTogether(world: World, members: readonly Member[]): Promise<readonly Member[] | null> {
  const wakes: Wake[] = [];
  const results: PromiseSettledResult<unknown>[] = [];
  let isInSteps = false;
  try {
    await world.database.kysely.transaction().execute(async (tx) => {
      await sql`select set_config('lock_timeout', ${String(limits.lockWaitTogetherMs)}, true)`.execute(tx);
      isInSteps = true;
      const last: (() => Promise<void>)[] = [];
      const part: Work = { tx, wake: (wake) => wakes.push(wake), beforeCommit: (act) => last.push(act) };
      const until = performance.now() + (world.togetherMs ?? limits.transactionsTogetherMs);
      for (const { step } of members) {
        results.push(await settle(step(part)));
        if (performance.now() >= until) break;
      }
      for (const act of last) await act();
      isInSteps = false;
    });
  } catch (fault) {
    if (isInSteps) return null;
    for (const { settled } of members) settled.reject(fault);
    return [];
  }
  for (const [at, result] of results.entries()) {
    if (result.status === 'fulfilled') members[at]?.settled.resolve(result.value);
    else members[at]?.settled.reject(result.reason);
  }
  postWakes(world, wakes);
  return members.slice(results.length);
}

/** A step that did nothing fails by itself; any other takes all with it. */
async function settle(step: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([step]);
  if (result.status === 'rejected' && !(result.reason instanceof NothingDone)) throw result.reason;
  return result;
}

/** Whoever comes meanwhile does not wait for one of these that has to wait. */
async function runAlone(alone: Transact, members: readonly Member[]): Promise<void> {
  const all = members.map(({ step, settled }) => alone(step).then(settled.resolve, settled.reject));
  await Promise.race([Promise.all(all), new Promise((resolve) => setImmediate(resolve))]);
}
