/**
 * Where the Redis book keeps a pool: every key of one pool, and the stream its grants go to, carry one hash tag, so that
 * Redis Cluster holds them on one node and a script may touch them together. Pools are spread over a fixed number of
 * tags, because the streams have to be known to whoever drains them.
 */
import type { PoolId, VisitId } from '../ports/ids.ts';

/** The tags `{prefix-0}` … `{prefix-15}`; changing this moves every pool, so only on an empty Redis. */
const shards = 16;

/** Stands in the keys of a pool: a version that keeps pools in another way reads them from the record again. */
const format = 2;

export type LeaseKeys = ReturnType<typeof createLeaseKeys>;

export function createLeaseKeys(prefix: string) {
  const tags = Array.from({ length: shards }, (_, shard) => `{${prefix}-${shard}}`);
  const tag = (id: string) => tags[shardOf(id)] ?? '';
  return Object.freeze({
    /** The four keys that every script about a pool is given first, in the order of `lua/pool-slots.lua`. */
    ofPool: (poolId: PoolId): readonly string[] =>
      ['pool', 'busy', 'idle', 'groups'].map((name) => `${tag(poolId)}:${poolId}:${format}:${name}`),
    /** How the version before kept a pool. */
    ofOldPool: (poolId: PoolId): readonly string[] =>
      ['meta', 'slots', 'busy', 'idle', 'groups', 'visits'].map((name) => `${tag(poolId)}:${poolId}:${name}`),
    visitor: (poolId: PoolId, visitorId: string | null) => `${tag(poolId)}:${poolId}:visitor:${visitorId ?? ''}`,
    address: (poolId: PoolId, address: string | null) => `${tag(poolId)}:${poolId}:from:${address ?? ''}`,
    /** The stream that the grants of this pool go to; a visit that wants no number goes by its own id. */
    grants: (id: PoolId | VisitId) => `${tag(id)}:grants`,
    /** Grants that the record will never take stay here for somebody to look at. */
    buried: (stream: string) => stream.replace(/grants$/, 'buried'),
    /** Of the processes that share the book: who is there, and who has filed their own. */
    peers: { alive: `{${prefix}-0}:alive`, saved: `{${prefix}-0}:saved` },
    streams: tags.map((own) => `${own}:grants`) as readonly string[],
  });
}

/** FNV-1a over the id's characters: the same in every process and version. */
function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shards;
}
