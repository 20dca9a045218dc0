/**
 * Asks Redis for grants and beats, many of one pool in one script: closures, keys and commands are then shared, and the
 * time is one. Each is decided after the other, as if it had been asked alone; a bounded number, because a script holds
 * up everybody.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { PoolId } from '../ports/ids.ts';
import { createGroupedAsks } from './grouped-asks.ts';
import type { LeaseKeys } from './lease-keys.ts';
import { isRefusedByRedis, type LeaseRedis } from './lease-redis.redis.ts';
import { type BeatAsk, beatArguments, type GrantAsk, grantArguments, type Reply, readReply } from './lease-replies.ts';

/** A script's answer to one question, and when it was decided. */
export interface Decided extends Reply {
  readonly now: number;
}

export function createLeaseDecisions({ redis, keys, clock }: { redis: LeaseRedis; keys: LeaseKeys; clock: Clock }) {
  /** What waited while Redis went away waits with everybody else until what it forgot is brought back. */
  const run: LeaseRedis['run'] = (...asked) =>
    redis.isUp() ? redis.run(...asked) : Promise.reject(new Error('the connection was closed meanwhile'));
  const bounds = [limits.numbersPerSweep, limits.addressKeptMs, limits.visitsPerAddressWithinMs];
  const shared = { callsMax: limits.decisionCallsMax, isRefusal: isRefusedByRedis };

  const grant = createGroupedAsks<GrantAsk, Decided>({
    ...shared,
    asksMax: limits.grantsPerCall,
    async call(poolId, asks) {
      const now = clock.now();
      const asked = [...keys.ofPool(poolId as PoolId), keys.grants(poolId as PoolId)];
      const args: (string | number)[] = [now, ...bounds];
      for (const ask of asks) {
        const { poolId: own, guard } = ask.want;
        asked.push(keys.visitor(own, ask.visit.visitorId), keys.address(own, guard?.address ?? null));
        args.push(...grantArguments(ask, now));
      }
      return decidedOf(await run('grant-leases', asked, args), asks.length, now);
    },
  });

  const beat = createGroupedAsks<BeatAsk, Decided>({
    ...shared,
    asksMax: limits.beatsPerCall,
    async call(poolId, asks) {
      const now = clock.now();
      const args = asks.flatMap(beatArguments);
      return decidedOf(await run('beat-leases', keys.ofPool(poolId as PoolId), [now, ...args]), asks.length, now);
    },
  });

  return Object.freeze({ grant, beat });
}

/** One text is the answer to all of them. */
function decidedOf(reply: unknown, count: number, now: number): Decided[] {
  const texts = Array.isArray(reply) ? (reply as string[]) : Array.from({ length: count }, () => String(reply));
  return texts.map((text) => ({ ...readReply(text), now }));
}
