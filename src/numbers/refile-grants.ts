/**
 * Files grants of the Redis book so that none is ever lost. A Redis that lost its memory may give a generation of a
 * number again that the record gets to know of only later; both were shown to somebody, so the second one is filed under
 * the next free generation. Attribution then finds both.
 */
import { limits } from '../../config/limits.ts';
import type { Log } from '../ports/log.ts';
import type { GrantRecord, LeaseRecord } from './lease-book.ts';

export type FileGrants = (grants: readonly GrantRecord[]) => Promise<void>;

export function createGrantFiler(world: { record: Pick<LeaseRecord, 'fileGrants'>; log: Log }): FileGrants {
  return async (grants) => {
    let waiting = grants;
    for (let lift = 0; waiting.length > 0; lift += 1) {
      if (lift > limits.generationsTriedMax) throw new Error(`no free generation for ${waiting.length} leases`);
      const filed = await world.record.fileGrants(waiting);
      waiting = waiting.flatMap(({ visit, lease }) => {
        if (lease === null || filed.has(lease.id)) return [];
        const { numberId, generation } = lease;
        world.log.warn({ leaseId: lease.id, numberId, generation }, 'grant-generation-taken');
        return [{ visit, lease: { ...lease, generation: generation + 1 } }];
      });
    }
  };
}
