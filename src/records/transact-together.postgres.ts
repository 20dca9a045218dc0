/**
 * Transactions that come while others are under way, in one: a call's webhooks change little and wait for their commit
 * most of the time, so those that gather meanwhile share the next one, each as if it were alone. Those about the same call
 * run one after the other, what one has done the next one sees; the others go in step, and what they ask the record for at
 * the same step is asked by one statement (`ask-together.ts`). When one of them fails, or waits for a lock that somebody
 * else holds, nothing of any is kept and each is run again by itself.
 */
import { limits } from '../../config/limits.ts';
import { allDone } from '../ports/all-done.ts';
import type { Database } from '../ports/database.ts';
import type { Wake } from '../ports/jobs.ts';
import type { Tables } from './schema.ts';
import { NothingDone, postWakes, type Transact, type TransactWorld, type Work } from './transact.ts';

interface Member {
  readonly step: (work: Work) => Promise<unknown>;
  /** One that names nothing is about itself. */
  readonly about: string | object;
  readonly settled: PromiseWithResolvers<unknown>;
}

/** How a member's step went. */
interface Outcome {
  readonly member: Member;
  readonly result: PromiseSettledResult<unknown>;
}

type World = TransactWorld & {
  readonly database: Database<Tables>;
  /** The transaction of a member by itself. */
  readonly alone: Transact;
  /** After so long none is begun any more; limits.transactionsTogetherMs. */
  readonly togetherMs?: number;
  /** So many are under way at once at most; limits.transactionsTogetherAtOnce on a server, one in the embedded database. */
  readonly atOnce?: number;
};

export function createTransactTogether(world: World): Transact {
  const waiting: Member[] = [];
  /** What is under way is about; whatever else is about it waits, instead of waiting for its locks. */
  const busy = new Set<Member['about']>();
  /** While the server is at work on one, the next is made ready. */
  const handsMax = world.atOnce ?? (world.database.kind === 'server' ? limits.transactionsTogetherAtOnce : 1);
  let hands = 0;

  function begin(): Member[] {
    const members: Member[] = [];
    const left: Member[] = [];
    for (const member of waiting.splice(0)) {
      const goes = members.length < limits.transactionsTogetherMax && !busy.has(member.about);
      (goes ? members : left).push(member);
    }
    waiting.push(...left);
    for (const { about } of members) busy.add(about);
    return members;
  }

  function end(members: readonly Member[]): void {
    for (const { about } of members) busy.delete(about);
    if (waiting.length > 0) lendAHand();
  }

  function lendAHand(): void {
    if (hands < handsMax) void work();
  }

  async function work(): Promise<void> {
    hands += 1;
    for (let members = begin(); members.length > 0; members = begin()) {
      const isOne = members.length === 1;
      const left = isOne ? null : await runTogether(world, members);
      if (left === null) {
        const all = chainsOf(members).map((chain) => runAlone(world.alone, chain).then(() => end(chain)));
        // Others gather meanwhile, but do not wait for one of these that has to wait.
        await forAWhile(Promise.all(all), isOne ? limits.lockWaitTogetherMs : 0);
        continue;
      }
      waiting.unshift(...left);
      end(members);
    }
    hands -= 1;
  }

  return <Result>(step: (part: Work) => Promise<Result>, about?: string): Promise<Result> => {
    const settled = Promise.withResolvers<unknown>();
    waiting.push({ step, about: about ?? settled, settled });
    lendAHand();
    return settled.promise as Promise<Result>;
  };
}

/** Those about the same, in their order. */
function chainsOf(members: readonly Member[]): readonly (readonly Member[])[] {
  return [...Map.groupBy(members, ({ about }) => about).values()];
}

/**
 * Answers with those whose turn did not come; null when a step failed and nothing was kept. Where the database could not
 * be had, or did not say what became of the commit, every member is told so, as it would be alone.
 */
async function runTogether(world: World, members: readonly Member[]): Promise<readonly Member[] | null> {
  const wakes: Wake[] = [];
  let outcomes: readonly Outcome[] = [];
  let isInSteps = false;
  try {
    await world.database.transactPipelined(async (tx) => {
      isInSteps = true;
      const last: (() => Promise<void>)[] = [];
      const part: Work = { tx, wake: (wake) => wakes.push(wake), beforeCommit: (act) => last.push(act) };
      const until = performance.now() + (world.togetherMs ?? limits.transactionsTogetherMs);
      outcomes = await runInStep(part, members, until);
      for (const act of last) await act();
      isInSteps = false;
    }, limits.lockWaitTogetherMs);
  } catch (fault) {
    if (isInSteps) return null;
    for (const { settled } of members) settled.reject(fault);
    return [];
  }
  for (const { member, result } of outcomes) {
    if (result.status === 'fulfilled') member.settled.resolve(result.value);
    else member.settled.reject(result.reason);
  }
  postWakes(world, wakes);
  const ran = new Set(outcomes.map(({ member }) => member));
  return members.filter((member) => !ran.has(member));
}

/** All are waited for, whatever happens: a step must not ask for anything once its transaction is over. */
async function runInStep(part: Work, members: readonly Member[], until: number): Promise<readonly Outcome[]> {
  const chains = chainsOf(members).map(async (chain) => {
    const outcomes: Outcome[] = [];
    for (const member of chain) {
      outcomes.push({ member, result: await settle(member.step(part)) });
      if (performance.now() >= until) break;
    }
    return outcomes;
  });
  return (await allDone(chains)).flat();
}

/** A step that did nothing fails by itself; any other takes all with it. */
async function settle(step: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([step]);
  if (result.status === 'rejected' && !(result.reason instanceof NothingDone)) throw result.reason;
  return result;
}

async function runAlone(alone: Transact, chain: readonly Member[]): Promise<void> {
  for (const { step, settled } of chain) await alone(step).then(settled.resolve, settled.reject);
}

async function forAWhile(done: Promise<unknown>, timeMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([done, new Promise((resolve) => (timer = setTimeout(resolve, timeMs)))]);
  clearTimeout(timer);
}
