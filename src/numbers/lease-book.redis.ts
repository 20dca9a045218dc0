/**
 * The lease book in Redis, for many processes: each decision is one Lua script (`lua/`), which also writes the grant to
 * a stream that drains into the record (`drain-grants.redis.ts`). Redis holds nothing that cannot be read from the
 * record again: a pool it does not have is loaded, and what a dying Redis may have lost is brought back before anybody
 * is given a number (`lease-redis.redis.ts`, `load-pool.redis.ts`).
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { AppError } from '../ports/errors.ts';
import type { Ids, NumberId, PoolId } from '../ports/ids.ts';
import { faultFacts, type Log } from '../ports/log.ts';
import { createBeatBuffer } from './beat-buffer.ts';
import { createGrantDrain } from './drain-grants.redis.ts';
import { idleRank } from './idle-rank.ts';
import type { Answer, BeatRecord, Lease, LeaseBeat, LeaseBook, LeaseRecord, OpenedVisit, Want } from './lease-book.ts';
import { createLeaseDecisions } from './lease-decisions.redis.ts';
import { createLeaseKeys } from './lease-keys.ts';
import { createLeaseRedis, type LeaseConnection } from './lease-redis.redis.ts';
import { type GrantAsk, leaseOfLines, type Reply, readReply } from './lease-replies.ts';
import { createPoolLoader } from './load-pool.redis.ts';
import { createPeerSaves } from './peer-saves.redis.ts';
import { createGrantFiler } from './refile-grants.ts';
import { refuseUnkeepable } from './refuse-unkeepable.ts';
import { shareRecord } from './shared-record.ts';
import { expectedCalls } from './visit-intent.ts';
import { fieldsOf, type RawEntry, readEntry } from './waiting-grant.ts';

interface World {
  readonly connection: LeaseConnection;
  /** The tags are `{prefix-0}` to `{prefix-15}`. */
  readonly keyPrefix: string;
  readonly record: LeaseRecord;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** What was granted by others and not filed for this long is filed here; limits.grantClaimAfterMs. */
  readonly claimAfterMs?: number;
}

/** The pools are compared with the record as often as the book in memory does it. */
const checkEveryTicks = Math.ceil(limits.poolCheckEveryMs / limits.beatFlushEveryMs);

export function createRedisLeaseBook(world: World): LeaseBook {
  const { clock, ids, log } = world;
  const record = shareRecord(world.record);
  const keys = createLeaseKeys(world.keyPrefix);
  const file = createGrantFiler({ record, log });
  const beats = createBeatBuffer(record.fileBeats);
  const redis = createLeaseRedis({
    connection: world.connection,
    log,
    onLost: () => saveOwn().catch((fault: unknown) => log.error({ err: faultFacts(fault) }, 'grants-not-rescued')),
    recover: async () => {
      await saveOwn();
      await peers.everybodySaved();
      await loader.recover();
    },
  });
  const decisions = createLeaseDecisions({ redis, keys, clock, onGranted: (...granted) => drain.note(...granted) });
  const peers = createPeerSaves({ connection: world.connection, keys: keys.peers, me: ids.make('batch'), clock });
  const drain = createGrantDrain({
    connection: world.connection,
    streams: keys.streams,
    buriedOf: keys.buried,
    file,
    clock,
    log,
    ...(world.claimAfterMs === undefined ? {} : { claimAfterMs: world.claimAfterMs }),
  });
  const loader = createPoolLoader({ redis, keys, record, clock, saveOwn, drainStream: drain.drainStream });
  let ticks = 0;
  let isClosed = false;

  /** Writes what only this process knows for sure, straight to the record. */
  async function saveOwn(): Promise<void> {
    await drain.rescue();
    await beats.flush();
  }

  /** Runs a decision until the pool is there and has been looked through. */
  async function decide<Told extends Reply>(
    poolId: PoolId,
    want: Pick<Want, 'terms'>,
    ask: () => Promise<Told>,
  ): Promise<Told> {
    // A Redis that went down with all of us may lag behind the record.
    if (!loader.knows(poolId)) {
      await peers.look();
      await loader.load(poolId, want.terms);
    }
    for (let loads = 0; loads <= limits.poolLoadsMax; ) {
      const reply = await ask();
      if (reply.kind === 'again') continue;
      if (reply.kind !== 'unloaded') return reply;
      loads += 1;
      await loader.load(poolId, want.terms);
    }
    throw new AppError('unavailable', { detail: 'Redis keeps losing the pool' });
  }

  async function grant(
    visit: Pick<OpenedVisit, 'id' | 'visitorId'>,
    opened: OpenedVisit | null,
    want: Want,
  ): Promise<Answer> {
    const { poolId } = want;
    return redis.attempt(async () => {
      // A lease id is used for one attempt only: what became of an earlier one is not known.
      const ask: GrantAsk = { visit, opened, want, leaseId: ids.make('lease') };
      const { answer } = await decide(poolId, want, () => decisions.grant(poolId, ask));
      return answer ?? Promise.reject(new Error('a grant was not decided'));
    });
  }

  async function keep(visit: OpenedVisit): Promise<null> {
    const stream = keys.grants(visit.id);
    const record = { visit, lease: null };
    const entryId = await redis.attempt(() => redis.connection.xadd(stream, '*', ...fieldsOf(record)));
    drain.note(stream, entryId ?? '', [record]);
    return null;
  }

  async function settle(poolId: PoolId, numberId: NumberId | null): Promise<void> {
    if (numberId === null) return drain.drainAll();
    const asked = [...keys.ofPool(poolId), keys.grants(poolId)];
    const found = await redis.attempt(() => redis.run('read-number', asked, [numberId]));
    const [last = '', at = 0, engagedSeconds = 0, pages = 1, ...entries] = found as [
      string?,
      number?,
      number?,
      number?,
      ...RawEntry[],
    ];
    const waiting = entries.flatMap((entry) => readEntry(entry).map(({ record }) => record));
    await file(waiting.filter((record) => record !== null));
    if (last !== '') noteLast(beats, leaseOfLines(readReply(last).lines), { at, engagedSeconds, pages });
    await beats.flushNumber(numberId);
  }

  return Object.freeze({
    async open(visit: OpenedVisit, want: Want | null): Promise<Answer | null> {
      refuseUnkeepable(visit);
      return within(limits.grantPatienceMs, want === null ? keep(visit) : grant(visit, visit, want));
    },

    grant: (visit: Pick<OpenedVisit, 'id' | 'visitorId'>, want: Want) =>
      within(limits.grantPatienceMs, grant(visit, null, want)),

    async beat(beat: LeaseBeat): Promise<Lease | null> {
      const { poolId, visitId, engagedSeconds, pages } = beat;
      const ask = { ...beat, back: idleRank(0, expectedCalls(beat)) };
      const {
        kind,
        lines,
        now: at,
      } = await within(
        limits.grantPatienceMs,
        redis.attempt(() => decide(poolId, beat, () => decisions.beat(poolId, ask))),
      );
      if (kind !== 'held') return null;
      const lease = leaseOfLines(lines);
      const { id: leaseId, numberId, expiresAt } = lease;
      beats.note({ visitId, leaseId, numberId, at, engagedSeconds, pages, expiresAt, ended: false });
      return lease;
    },

    async end({ poolId, visitId, terms }: Parameters<LeaseBook['end']>[0]): Promise<void> {
      const at = clock.now();
      const run = async () =>
        readReply((await redis.run('end-lease', keys.ofPool(poolId), [at, visitId, terms.restMs])) as string);
      const { kind, lines } = await redis.attempt(() => decide(poolId, { terms }, run));
      if (kind !== 'ended') return;
      const { id: leaseId, numberId, expiresAt } = leaseOfLines(lines);
      beats.note({ visitId, leaseId, numberId, at, engagedSeconds: 0, pages: 1, expiresAt, ended: true });
    },

    settle: (poolId: PoolId, numberId: NumberId | null) => within(limits.settlePatienceMs, settle(poolId, numberId)),

    refresh: (poolId: PoolId) => redis.attempt(() => loader.refresh(poolId)),

    async tick(): Promise<void> {
      ticks += 1;
      try {
        if (redis.isUp()) await Promise.all([drain.proceed(), peers.look()]);
        else await drain.rescue();
        await beats.flush();
        if (redis.isUp() && ticks % limits.grantClaimEveryTicks === 0) await drain.claim();
        if (redis.isUp() && ticks % checkEveryTicks === 0) await loader.checkStamps();
      } catch (fault) {
        log.warn({ err: faultFacts(fault) }, 'lease-book-tick-failed');
      }
    },

    async close(): Promise<void> {
      if (isClosed) return;
      isClosed = true;
      const writing = async () => {
        if (redis.isUp()) await drain.drainOwn();
        await drain.stop();
        await saveOwn();
      };
      await within(limits.leaseCloseTimeoutMs, writing()).catch((fault: unknown) =>
        log.warn({ err: faultFacts(fault) }, 'lease-book-closed-early'),
      );
      redis.close();
    },
  });
}

/** What the slot knows of its lease and of the beats other processes have heard. */
function noteLast(
  beats: ReturnType<typeof createBeatBuffer>,
  { id: leaseId, visitId, numberId, grantedAt, expiresAt }: Lease,
  { at, engagedSeconds, pages }: Pick<BeatRecord, 'at' | 'engagedSeconds' | 'pages'>,
): void {
  beats.note({ visitId, leaseId, numberId, at: at || grantedAt, engagedSeconds, pages, expiresAt, ended: false });
}

async function within<Value>(timeoutMs: number, value: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('unavailable', { detail: `not within ${timeoutMs} ms` })), timeoutMs);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
