/**
 * After Redis has lost its memory nobody may be given a number before every process has filed what it granted: a process
 * that reads the record earlier would find such a number free. So each process says in Redis that it lives, and after
 * Redis has started anew (its run id tells) that it has filed its own; the others wait for that, as long as a live process
 * may need. A process that died together with Redis is waited for in vain, once. On a cluster, whose nodes start one by
 * one, nobody waits.
 */
import type { Cluster, Redis } from 'ioredis';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { pause } from '../ports/pause.timer.ts';

interface World {
  readonly connection: Redis | Cluster;
  /** Two hashes by process: when it was there last, and which run of Redis it has filed its own for. */
  readonly keys: { readonly alive: string; readonly saved: string };
  /** The name of this process, told from all others that ever were. */
  readonly me: string;
  readonly clock: Clock;
}

export function createPeerSaves({ connection, keys, me, clock }: World) {
  /** Those that were there at the last look. */
  let peers: readonly string[] = [];
  let run: string | null = null;

  async function readRun(): Promise<string> {
    return /run_id:(\S+)/.exec(await connection.info('server'))?.[1] ?? '';
  }

  return Object.freeze({
    /** Says that this process is there, and sees who else is. */
    async look(): Promise<void> {
      const now = clock.now();
      await connection.hset(keys.alive, me, now);
      const seen = Object.entries(await connection.hgetall(keys.alive)).filter(([name]) => name !== me);
      peers = seen.filter(([, at]) => now - Number(at) < limits.peerSilentMs).map(([name]) => name);
      const gone = seen.filter(([, at]) => now - Number(at) > limits.peerForgottenMs).map(([name]) => name);
      if (gone.length > 0)
        await Promise.all([connection.hdel(keys.alive, ...gone), connection.hdel(keys.saved, ...gone)]);
      run ??= await readRun();
    },

    /** Called when this process has filed its own: resolves when the others have too, or have had the time to. */
    async everybodySaved(): Promise<void> {
      if (connection.isCluster) return;
      const present = await readRun();
      if (present === run) return;
      await connection.hset(keys.saved, me, present);
      for (let look = 0; look < limits.peerSavedLooksMax && peers.length > 0; look += 1) {
        const saved = await connection.hmget(keys.saved, ...peers);
        if (saved.every((one) => one === present)) break;
        await pause(limits.peerSavedLookEveryMs);
      }
      run = present;
    },
  });
}
