/**
 * The Redis book's way to Redis: one connection, the scripts as commands, and what happens while Redis is away. A
 * command is never resent behind our back: after a reconnect Redis may have forgotten its last second, so the book first
 * puts that right (`recover`), and only then does anything that waited go on. Whoever waits longer than the patience is
 * told `unavailable`; while Redis has been away for longer than that, nobody waits at all.
 */
import { Cluster, Redis } from 'ioredis';
import { limits } from '../../config/limits.ts';
import { AppError } from '../ports/errors.ts';
import { faultFacts, type Log } from '../ports/log.ts';
import { type LeaseScript, readLeaseScripts } from './lease-scripts.file.ts';

export type LeaseConnection = Redis | Cluster;

export type LeaseRedis = ReturnType<typeof createLeaseRedis>;

const leaseScripts = readLeaseScripts();

/** How the book wants its connection: grouped into few writes, bounded in time, nothing kept or resent while away. */
const leaseRedisOptions = Object.freeze({
  enableAutoPipelining: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: limits.leaseRedisTimeoutMs,
  connectTimeout: limits.leaseRedisTimeoutMs,
  retryStrategy: (times: number) => Math.min(times * 50, limits.redisReconnectPauseMsMax),
});

/** One connection to the server at `url`. */
export function connectLeaseRedis(url: string): Redis {
  // A place in a pipeline costs this process half as much again as asking for the script; they are grouped already.
  return new Redis(url, { ...leaseRedisOptions, autoPipeliningIgnoredCommands: Object.keys(leaseScripts) });
}

/** Connections to a cluster, found from any of its nodes. */
export function connectLeaseCluster(nodes: readonly { host: string; port: number }[]): Cluster {
  const { enableAutoPipelining, enableOfflineQueue, retryStrategy, ...redisOptions } = leaseRedisOptions;
  const clusterRetryStrategy = retryStrategy;
  return new Cluster([...nodes], { enableAutoPipelining, enableOfflineQueue, clusterRetryStrategy, redisOptions });
}

interface World {
  readonly connection: LeaseConnection;
  readonly log: Log;
  /** The connection was lost: what was acknowledged lately is to be made safe. Never rejects. */
  readonly onLost: () => Promise<void>;
  /** It is back: brings what Redis has lost back. While it rejects, the book stays away. */
  readonly recover: () => Promise<void>;
}

type Gate = PromiseWithResolvers<void> & { readonly isOpen: boolean };

export function createLeaseRedis(world: World) {
  const { connection, log } = world;
  for (const [name, script] of Object.entries(leaseScripts)) connection.defineCommand(name, script);
  const scripts = connection as unknown as Record<LeaseScript, (...args: (string | number)[]) => Promise<unknown>>;
  let gate = closedGate();
  let hasBeenUp = false;
  let isClosed = false;
  /** Counts connections, so that what was brought back to one is not taken for the next. */
  let connections = 0;
  let lost: Promise<void> = Promise.resolve();
  let patience = setTimeout(() => giveUp(gate), limits.leasePatienceMs);

  connection.on('error', () => undefined);
  connection.on('close', () => {
    if (!gate.isOpen || isClosed) return;
    log.warn({}, 'lease-redis-lost');
    gate = closedGate();
    clearTimeout(patience);
    patience = setTimeout(() => giveUp(gate), limits.leasePatienceMs);
    // Replies that came with the last bytes are still being handed out: they count as given.
    lost = new Promise((handedOut) => setImmediate(handedOut)).then(world.onLost);
  });
  connection.on('ready', () => {
    connections += 1;
    void comeBack(connections);
  });
  if (connection.status === 'ready') void comeBack(connections);

  async function comeBack(own: number): Promise<void> {
    const isOver = () => own !== connections || connection.status !== 'ready' || isClosed;
    try {
      if (hasBeenUp) await lost.then(world.recover);
      if (isOver()) return;
      hasBeenUp = true;
      clearTimeout(patience);
      gate.resolve();
      // Whoever's patience ran out at the old gate stays refused; whoever comes now meets an open one.
      gate = openGate();
    } catch (fault) {
      if (isOver()) return;
      log.warn({ err: faultFacts(fault) }, 'lease-redis-not-recovered');
      setTimeout(() => void comeBack(own), limits.leaseRecoverAgainMs).unref();
    }
  }

  /** A command may hear of a broken connection some turns before we do; trying again in between would be in vain. */
  async function untilNoticed(through: Gate): Promise<void> {
    for (let turn = 0; gate === through && turn < limits.lostNoticedTurnsMax; turn += 1) {
      await new Promise((next) => setImmediate(next));
    }
  }

  function giveUp(waiting: Gate): void {
    waiting.reject(new AppError('unavailable', { detail: 'the lease book cannot be reached just now' }));
  }

  return Object.freeze({
    connection,

    /** Runs one script; only from within `attempt`, or while recovering. */
    run(script: LeaseScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
      const count = leaseScripts[script].numberOfKeys === undefined ? [keys.length] : [];
      return scripts[script](...count, ...keys, ...args);
    },

    isUp: () => gate.isOpen,

    /**
     * Does `act` when Redis is there; once more when the connection broke underneath it, so it must bear repeating.
     * @throws AppError `unavailable` when Redis cannot be had in time.
     */
    async attempt<Value>(act: () => Promise<Value>): Promise<Value> {
      for (let attempt = 1; ; attempt += 1) {
        const through = gate;
        await through.promise;
        try {
          return await act();
        } catch (fault) {
          if (fault instanceof AppError || !isOfRedis(fault)) throw fault;
          if (attempt === 1 && isLost(fault)) {
            await untilNoticed(through);
            continue;
          }
          throw new AppError('unavailable', { detail: 'the lease book cannot be reached just now', cause: fault });
        }
      }
    },

    close(): void {
      isClosed = true;
      clearTimeout(patience);
      connection.disconnect();
      giveUp(gate);
    },
  });
}

function closedGate(): Gate {
  const gate = { ...Promise.withResolvers<void>(), isOpen: false };
  gate.promise.catch(() => undefined);
  return gate;
}

function openGate(): Gate {
  const gate = { ...Promise.withResolvers<void>(), isOpen: true };
  gate.resolve();
  return gate;
}

/** States of Redis that pass; any other reply of fault is ours. */
const passing = /^(?:OOM|LOADING|READONLY|BUSY|MISCONF|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN)/;

/** Whether Redis refused what it was asked, and would refuse it again. */
export function isRefusedByRedis(fault: unknown): boolean {
  return fault instanceof Error && fault.name === 'ReplyError' && !passing.test(fault.message);
}

/** Whether Redis cannot do it just now, by its own word or by what ioredis says of the connection. */
function isOfRedis(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false;
  if (fault.name === 'ReplyError') return passing.test(fault.message);
  return isLost(fault) || /timed out/.test(fault.message);
}

/** The connection broke: the command may or may not have been done. */
function isLost(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false;
  return /closed|Stream isn't writeable|ECONN|EPIPE|max retries|abort|all startup nodes|ClusterAllFailed/i.test(
    `${fault.name} ${fault.message}`,
  );
}
