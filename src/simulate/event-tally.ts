/**
 * Keeps count of the events that arrived and holds the gateway to its promise: each subject's events once and in
 * order. Decides nothing else and touches nothing.
 */
import type { ReceivedEvent } from './event-receiver.ts';

export interface EventCounts {
  /** Distinct events with a right signature. */
  readonly delivered: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly signatureFailures: number;
  /** Events that came again under the same id. */
  readonly duplicates: number;
  /** Sequence numbers passed over and not delivered later. */
  readonly gaps: number;
  /** Events that came after a later one of the same subject. */
  readonly outOfOrder: number;
}

export interface EventTally {
  /** Counts one; false when it is a duplicate, whose effects must not be repeated. */
  count(event: ReceivedEvent): boolean;
  countRefused(): void;
  counts(): EventCounts;
}

export function createEventTally(): EventTally {
  const seen = new Set<string>();
  const byType = new Map<string, number>();
  const sequences = new Map<string, Set<number>>();
  let duplicates = 0;
  let signatureFailures = 0;
  let outOfOrder = 0;

  function count(event: ReceivedEvent): boolean {
    if (seen.has(event.id)) {
      duplicates += 1;
      return false;
    }
    seen.add(event.id);
    byType.set(event.type, (byType.get(event.type) ?? 0) + 1);
    if (event.sequence === null) return true;
    const known = sequences.get(event.subject) ?? new Set<number>();
    if (known.size > 0 && event.sequence < Math.max(...known)) outOfOrder += 1;
    sequences.set(event.subject, known.add(event.sequence));
    return true;
  }

  return Object.freeze({
    count,
    countRefused: () => {
      signatureFailures += 1;
    },
    counts: () => {
      const gaps = [...sequences.values()].reduce((sum, known) => sum + gapsIn(known), 0);
      const types = Object.fromEntries([...byType].sort(([one], [other]) => one.localeCompare(other)));
      return Object.freeze({ delivered: seen.size, byType: types, signatureFailures, duplicates, gaps, outOfOrder });
    },
  });
}

/** Counted from the first that came, since a subject may be older than the endpoint. */
function gapsIn(known: ReadonlySet<number>): number {
  return Math.max(...known) - Math.min(...known) + 1 - known.size;
}
