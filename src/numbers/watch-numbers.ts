/**
 * Looks at the numbers every few minutes: one that strangers call more often than its pool's policy allows is put in
 * quarantine, and one in quarantine that has been quiet for as long as the policy says is active again. Any number of
 * processes may look at once; each change is made under the number's lock by the machine's table.
 */
import type { Clock } from '../ports/clock.ts';
import type { NumberId, PoolId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import type { ChangeNumber } from './change-number.ts';
import type { NumberState } from './number-machine.ts';
import type { NumberTrafficReader } from './number-traffic.postgres.ts';
import { readPolicy } from './pool-policy.ts';
import type { Stock } from './stock.postgres.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly stock: Stock;
  readonly traffic: NumberTrafficReader;
  readonly change: ChangeNumber;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each pool whose numbers have changed. */
  readonly poolChanged: (poolId: PoolId) => Promise<void>;
}

const dayMs = 86_400_000;

export interface NumberWatch {
  /** Looks once; a fault is logged and left to the next look. */
  look(): Promise<void>;
}

export function createNumberWatch(world: World): NumberWatch {
  return Object.freeze({
    async look(): Promise<void> {
      try {
        await quarantineStrays(world);
        await freeQuieted(world);
      } catch (fault) {
        world.log.warn({ fault }, 'numbers-not-watched');
      }
    },
  });
}

async function quarantineStrays(world: World): Promise<void> {
  for (const { id, pool, strays } of await world.traffic.strays(world.db, world.clock.now())) {
    const { strayCallsPerDayMax } = readPolicy(pool).quarantine;
    if (strayCallsPerDayMax === null || strays <= strayCallsPerDayMax) continue;
    const reason = `${strays} calls from nobody in 24 h; the pool allows ${strayCallsPerDayMax}`;
    await move(world, id, 'active', 'strayed', reason);
  }
}

async function freeQuieted(world: World): Promise<void> {
  const now = world.clock.now();
  for (const { id, pool, since, lastCallAt } of await world.traffic.quarantined(world.db)) {
    const { quietDays } = readPolicy(pool).quarantine;
    const quietSince = Math.max(since ?? 0, lastCallAt ?? 0);
    if (now - quietSince < quietDays * dayMs) continue;
    await move(world, id, 'quarantined', 'quieted', `no call for ${quietDays} days`);
  }
}

/** Changes the number when it still stands as it was seen. */
async function move(
  world: World,
  id: NumberId,
  from: NumberState,
  event: 'strayed' | 'quieted',
  reason: string,
): Promise<void> {
  const poolId = await world.transact(async (work) => {
    const number = await world.stock.lockAny(work.tx, id);
    if (number?.state !== from) return null;
    await world.change.apply(work, number, { event, reason, by: 'watch' });
    return number.pool_id;
  });
  if (poolId !== null) await world.poolChanged(poolId);
}
