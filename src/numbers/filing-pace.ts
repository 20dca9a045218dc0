/**
 * When the Redis book files its grants. A grant is safe in Redis before a page is answered, so filing it may wait a little
 * while many come at once: pages are answered first, and the record follows within a bounded time. Pure.
 */
import { limits } from '../../config/limits.ts';

/** What has been granted and not filed yet. */
export interface Backlog {
  readonly grants: number;
  /** How long the oldest of them has waited. */
  readonly waitedMs: number;
}

/** How long the next filing waits, when `came` grants came in the `overMs` before. */
export function filingPauseMs(backlog: Backlog, came: number, overMs: number): number {
  const isCalm = came * 1_000 < limits.grantsPerSecondCalm * overMs || overMs <= 0;
  if (isCalm || backlog.waitedMs >= limits.filingLagMs || backlog.grants >= limits.grantsUnfiledMax) return 0;
  return limits.filingPauseMs;
}
