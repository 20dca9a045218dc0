/**
 * The record as many processes write it: the same visits and leases may come from several at once, in any order, and
 * PostgreSQL then ends one of two statements that wait for each other. Rows go in one order, which makes that rare, and
 * whoever was ended does it again: everything here may be written twice.
 */
import { limits } from '../../config/limits.ts';
import type { BeatRecord, GrantRecord, LeaseRecord } from './lease-book.ts';

export function shareRecord(record: LeaseRecord): LeaseRecord {
  return {
    ...record,
    fileGrants: (grants) => untilDone(() => record.fileGrants(grants.toSorted(byName(nameOfGrant)))),
    fileBeats: (beats) => untilDone(() => record.fileBeats(beats.toSorted(byName((beat: BeatRecord) => beat.leaseId)))),
  };
}

async function untilDone<Value>(act: () => Promise<Value>): Promise<Value> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (fault) {
      if (tries >= limits.transactionRetriesMax || !isDeadlock(fault)) throw fault;
    }
  }
}

function isDeadlock(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === '40P01';
}

const nameOfGrant = ({ visit, lease }: GrantRecord): string => lease?.id ?? visit?.id ?? '';

function byName<Row>(nameOf: (row: Row) => string): (left: Row, right: Row) => number {
  return (left, right) => (nameOf(left) < nameOf(right) ? -1 : 1);
}
