/**
 * Brings a pool from the record into Redis: at its first use in each process, when its numbers have changed, and when Redis has lost
 * something. In parts, because a script holds up everybody; a part that comes twice or late changes nothing. Whoever
 * loads draws a ticket before the record is read, so that of two loaders the one that knows more has the last word.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { NumberId, PoolId } from '../ports/ids.ts';
import { idleRank } from './idle-rank.ts';
import type { LeaseRecord, LeaseTerms, PastLease, PoolStock } from './lease-book.ts';
import type { LeaseKeys } from './lease-keys.ts';
import type { LeaseRedis } from './lease-redis.redis.ts';
import { restoredExpiry, restoredFreeAt } from './restore-lease.ts';
import { expectedCalls } from './visit-intent.ts';

interface World {
  readonly redis: LeaseRedis;
  readonly keys: LeaseKeys;
  readonly record: LeaseRecord;
  readonly clock: Clock;
  /** Brings into the record what only this process knows. */
  readonly saveOwn: () => Promise<void>;
  /** Brings into the record all grants that wait in this stream. */
  readonly drainStream: (stream: string) => Promise<void>;
}

/** Why a pool is loaded. `recover`: beats may have been lost, so leases are kept for as long as they may have promised. */
type Reason = 'load' | 'recover';

export function createPoolLoader(world: World) {
  const { record, keys } = world;
  /** Pools this process has loaded or used, with the numbers' stamp it knows. */
  const stamps = new Map<PoolId, string>();
  const loading = new Map<PoolId, Promise<void>>();

  async function load(poolId: PoolId, terms: LeaseTerms, reason: Reason): Promise<void> {
    const redis = world.redis;
    const keysOfPool = keys.ofPool(poolId);
    const [pool = '', busy = '', idle = ''] = keysOfPool;
    const ticket = await redis.connection.hincrby(pool, 'ticket', 1);
    await leaveOldPool(poolId);
    const stock = await record.readPool(poolId);
    const before = (await Promise.all([busy, idle].map((key) => redis.connection.zrange(key, '0', '-1')))).flat();
    const now = world.clock.now();
    await rememberVisitors(poolId, stock.past, terms, now);
    const restored = new Set<NumberId>();
    const parts = partsOf(stock, before, terms, now);
    const isGrouped = new Set(stock.numbers.map(({ group }) => group)).size > 1 ? '1' : '';
    for (const [index, { numbers, gone }] of parts.entries()) {
      const isLast = index === parts.length - 1 ? '1' : '0';
      const isRecovery = reason === 'recover' ? '1' : '0';
      const args = [now, ticket, JSON.stringify(numbers), JSON.stringify(gone), isLast, isRecovery];
      const reply = await redis.run('load-pool', keysOfPool, [...args, JSON.stringify(terms), isGrouped]);
      if (Array.isArray(reply)) for (const id of reply) restored.add(id);
    }
    await fileRaised(stock, restored, terms, now);
    stamps.set(poolId, stock.stamp);
  }

  /** After an upgrade: what the version before granted last must be in the record before that is read. */
  async function leaveOldPool(poolId: PoolId): Promise<void> {
    const { connection } = world.redis;
    const old = keys.ofOldPool(poolId);
    if ((await connection.exists(...old)) === 0) return;
    await world.drainStream(keys.grants(poolId));
    await connection.unlink(...old);
  }

  /** A lease that is kept longer than the record says: should all be lost again, that must not be forgotten. */
  async function fileRaised(stock: PoolStock, restored: ReadonlySet<NumberId>, terms: LeaseTerms, now: number) {
    const raised = stock.past.flatMap((past) => {
      const expiresAt = restoredExpiry(past, terms, now);
      if (!restored.has(past.numberId) || expiresAt <= past.expiresAt) return [];
      const { id: leaseId, visitId, grantedAt: at, engagedSeconds, pages } = past;
      return [{ visitId, leaseId, at, engagedSeconds, pages, expiresAt, ended: false }];
    });
    for (let at = 0; at < raised.length; at += limits.beatsPerWriteMax) {
      await record.fileBeats(raised.slice(at, at + limits.beatsPerWriteMax));
    }
  }

  async function rememberVisitors(poolId: PoolId, past: readonly PastLease[], terms: LeaseTerms, now: number) {
    const { connection } = world.redis;
    const latest = new Map(past.flatMap((lease) => (lease.visitorId === null ? [] : [[lease.visitorId, lease]])));
    const recent = [...latest].filter(([, { grantedAt }]) => grantedAt + terms.stickyMs > now);
    for (let at = 0; at < recent.length; at += limits.numbersPerLoad) {
      const part = recent.slice(at, at + limits.numbersPerLoad);
      await Promise.all(
        part.map(([visitorId, { numberId, grantedAt }]) => {
          const keptMs = Math.max(1, grantedAt + terms.stickyMs - now);
          return connection.set(keys.visitor(poolId, visitorId), `${numberId} ${grantedAt}`, 'PX', keptMs, 'NX');
        }),
      );
    }
  }

  return Object.freeze({
    /** Whether this process has compared the pool with the record since it started. */
    knows: (poolId: PoolId): boolean => stamps.has(poolId),

    /** Loads the pool; whoever else needs it meanwhile waits for the same load. */
    load(poolId: PoolId, terms: LeaseTerms): Promise<void> {
      const anew = () => world.saveOwn().then(() => load(poolId, terms, 'load'));
      const under = loading.get(poolId) ?? anew().finally(() => loading.delete(poolId));
      loading.set(poolId, under);
      return under;
    },

    /** The numbers have changed: loads the pool again where anybody uses it. */
    async refresh(poolId: PoolId): Promise<void> {
      const terms = await termsOf(poolId);
      if (terms !== null) await load(poolId, terms, 'load');
    },

    /** Redis may have lost its last second, or all: every pool this process knows is brought up to the record. */
    async recover(): Promise<void> {
      await world.saveOwn();
      for (const poolId of stamps.keys()) {
        const terms = await termsOf(poolId);
        if (terms !== null) await load(poolId, terms, 'recover');
      }
    },

    /** Loads again what another program has changed in the record. */
    async checkStamps(): Promise<void> {
      for (const [poolId, stamp] of stamps) {
        if ((await record.readStamp(poolId)) !== stamp) await this.refresh(poolId);
      }
    },
  });

  /** What the pool was loaded with last; null when it is not in Redis, so that its next use loads it. */
  async function termsOf(poolId: PoolId): Promise<LeaseTerms | null> {
    const [pool = ''] = keys.ofPool(poolId);
    const terms = await world.redis.connection.hget(pool, 'terms');
    return terms === null ? null : JSON.parse(terms);
  }
}

interface Part {
  readonly numbers: readonly object[];
  readonly gone: readonly string[];
}

function partsOf(stock: PoolStock, before: readonly string[], terms: LeaseTerms, now: number): Part[] {
  // Generations tell which lease is a number's latest; instants do not, for clocks are set back.
  const inOrder = stock.past.toSorted((earlier, later) => earlier.generation - later.generation);
  const latest = new Map<NumberId, PastLease>(inOrder.map((lease) => [lease.numberId, lease]));
  const numbers = stock.numbers.map(({ id, e164, group }) => {
    const past = latest.get(id);
    return past === undefined
      ? { id, e164, group, freeAt: 0, back: 0 }
      : { id, e164, group, ...restored(past, terms, now) };
  });
  const named = new Set<string>(stock.numbers.map(({ id }) => id));
  const gone = before.filter((id) => !named.has(id));
  const parts: Part[] = [];
  for (let at = 0; at < numbers.length; at += limits.numbersPerLoad) {
    parts.push({ numbers: numbers.slice(at, at + limits.numbersPerLoad), gone: [] });
  }
  for (let at = 0; at < gone.length; at += limits.numbersPerLoad) {
    parts.push({ numbers: [], gone: gone.slice(at, at + limits.numbersPerLoad) });
  }
  return parts.length === 0 ? [{ numbers: [], gone: [] }] : parts;
}

function restored(past: PastLease, terms: LeaseTerms, now: number) {
  const { engagedSeconds, pages, visitorId, trait, ...lease } = past;
  const expiresAt = restoredExpiry(past, terms, now);
  return {
    freeAt: restoredFreeAt(past, terms, now),
    filed: { expiresAt: past.expiresAt, freeAt: past.expiresAt + terms.restMs },
    back: idleRank(0, expectedCalls({ engagedSeconds, pages })),
    ...(trait === null ? {} : { trait }),
    lease: { ...lease, expiresAt, ...(visitorId === null ? {} : { visitorId }) },
  };
}
