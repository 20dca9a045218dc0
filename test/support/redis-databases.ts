/**
 * A Redis database of one's own among the numbered ones, because the gateway's queue has one name everywhere: two
 * gateways on one database would take each other's wakes. A number is claimed by a key that names the process; what a
 * killed run has left there goes with the next claim, and a database somebody else keeps things in is passed over.
 */
import { hostname } from 'node:os';
import { Redis } from 'ioredis';
import { isAlive } from './server-databases.ts';

const claimKey = 'lk-test-claim';
/** The queue's tag and the lease book's. */
const ownKeys = '{lk*';

/** Claims a free database on the server; `release` deletes what the gateway made in it. */
export async function claimRedisDatabase(
  serverUrl: string,
): Promise<{ readonly url: string; release(): Promise<void> }> {
  for (let index = 1; index < 16; index += 1) {
    const url = new URL(serverUrl);
    url.pathname = `/${index}`;
    if (await inside(url.href, claim)) return { url: url.href, release: () => inside(url.href, clear) };
  }
  throw new Error('no Redis database from 1 to 15 is free to test on');
}

async function claim(redis: Redis): Promise<boolean> {
  const [machine, pid] = ((await redis.get(claimKey)) ?? '').split(' ');
  if (machine === hostname() && !isAlive(Number(pid))) await clear(redis);
  const claimed = await redis.set(claimKey, `${hostname()} ${process.pid}`, 'NX');
  if (claimed !== 'OK') return false;
  if ((await redis.dbsize()) === 1) return true;
  await redis.del(claimKey);
  return false;
}

async function clear(redis: Redis): Promise<void> {
  for await (const keys of redis.scanStream({ match: ownKeys, count: 1_000 })) {
    if (keys.length > 0) await redis.unlink(...keys);
  }
  await redis.del(claimKey);
}

async function inside<Answer>(url: string, act: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(url);
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}
