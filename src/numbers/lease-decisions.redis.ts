/**
 * Asks Redis for grants and beats, many of one pool in one script: closures, keys and commands are then shared, and the
 * time is one. Each is decided after the other, as if it had been asked alone; a bounded number, because a script holds
 * up everybody.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { PoolId } from '../ports/ids.ts';
import { createGroupedAsks } from './grouped-asks.ts';
import type { GrantRecord } from './lease-book.ts';
import type { LeaseKeys } from './lease-keys.ts';
import { isRefusedByRedis, type LeaseRedis } from './lease-redis.redis.ts';
import {
  type BeatAsk,
  beatArguments,
  type GrantAsk,
  type Granted,
  grantArguments,
  type Reply,
  readGranted,
  readReply,
} from './lease-replies.ts';
import { firstValue } from './waiting-grant.ts';

/** The answer to a beat, and when it was heard. */
interface Beaten extends Reply {
  readonly now: number;
}

interface World {
  readonly redis: LeaseRedis;
  readonly keys: LeaseKeys;
  readonly clock: Clock;
  /** Told, before anybody is answered, of what stands in a stream from now on. */
  readonly onGranted: (stream: string, entryId: string, records: readonly GrantRecord[]) => void;
}

export function createLeaseDecisions({ redis, keys, clock, onGranted }: World) {
  /** What waited while Redis went away waits with everybody else until what it forgot is brought back. */
  const run: LeaseRedis['run'] = (...asked) =>
    redis.isUp() ? redis.run(...asked) : Promise.reject(new Error('the connection was closed meanwhile'));
  const bounds = [limits.numbersPerSweep, limits.addressKeptMs, limits.visitsPerAddressWithinMs];
  const shared = { callsMax: limits.decisionCallsMax, isRefusal: isRefusedByRedis };

  const grant = createGroupedAsks<GrantAsk, Reply & Granted>({
    ...shared,
    asksMax: limits.grantsPerCall,
    async call(poolId, asks) {
      const now = clock.now();
      const stream = keys.grants(poolId as PoolId);
      const asked = [...keys.ofPool(poolId as PoolId), stream];
      const args: (string | number)[] = [now, ...bounds];
      for (const [at, ask] of asks.entries()) {
        const { poolId: own, guard } = ask.want;
        if (at === 0) args.push(firstValue(ask.want));
        asked.push(keys.visitor(own, ask.visit.visitorId), keys.address(own, guard?.address ?? null));
        args.push(...grantArguments(ask));
      }
      const reply = await run('grant-leases', asked, args);
      const [entryId, ...texts] = Array.isArray(reply) ? (reply as string[]) : ['', ...asks.map(() => String(reply))];
      const granted = asks.map((ask, at) => {
        const told = readReply(texts[at] ?? '');
        return { ...told, ...readGranted(told, ask) };
      });
      const records = granted.flatMap(({ record }) => (record === null ? [] : [record]));
      if (records.length > 0) onGranted(stream, entryId ?? '', records);
      return granted;
    },
  });

  const beat = createGroupedAsks<BeatAsk, Beaten>({
    ...shared,
    asksMax: limits.beatsPerCall,
    async call(poolId, asks) {
      const now = clock.now();
      const args = asks.flatMap(beatArguments);
      const reply = await run('beat-leases', keys.ofPool(poolId as PoolId), [now, ...args]);
      const texts = Array.isArray(reply) ? (reply as string[]) : asks.map(() => String(reply));
      return texts.map((text) => ({ ...readReply(text), now }));
    },
  });

  return Object.freeze({ grant, beat });
}
