/** The grants that a process made in the last seconds and has not seen filed: oldest first, bounded in time and number. */
import { limits } from '../../config/limits.ts';
import type { GrantRecord } from './lease-book.ts';

export function createRememberedGrants() {
  const grants = new Map<string, { readonly grant: GrantRecord; readonly at: number }>();
  const nameOf = ({ visit, lease }: GrantRecord) => lease?.id ?? visit?.id ?? '';
  return Object.freeze({
    note(grant: GrantRecord, at: number): void {
      grants.set(nameOf(grant), { grant, at });
      for (const [name, oldest] of grants) {
        const isKept = oldest.at > at - limits.grantRememberedMs && grants.size <= limits.grantsRememberedMax;
        if (isKept) return;
        grants.delete(name);
      }
    },
    forget: (grant: GrantRecord): void => void grants.delete(nameOf(grant)),
    all: (): readonly GrantRecord[] => [...grants.values()].map(({ grant }) => grant),
  });
}
