/**
 * What beats have told and the record does not know yet: one entry a visit, values that only rise, written together each
 * second. A write that fails is kept for the next one, as is a beat of a lease that the record does not know yet: another
 * process may still have it on its way there.
 */
import { limits } from '../../config/limits.ts';
import type { NumberId, VisitId } from '../ports/ids.ts';
import type { BeatRecord, LeaseRecord } from './lease-book.ts';

export interface BufferedBeat extends BeatRecord {
  readonly numberId: NumberId;
  /** How often it was written to a record that did not know its lease. */
  readonly writes?: number;
}

export function createBeatBuffer(file: LeaseRecord['fileBeats']) {
  let waiting = new Map<VisitId, BufferedBeat>();
  /** One write at a time: an older value must not be written after a newer one that ends a lease. */
  let writing: Promise<unknown> = Promise.resolve();

  function note(beat: BufferedBeat): void {
    const before = waiting.get(beat.visitId);
    waiting.set(beat.visitId, before === undefined ? beat : joined(before, beat));
  }

  async function write(beats: readonly BufferedBeat[]): Promise<void> {
    for (let from = 0; from < beats.length; from += limits.beatsPerWriteMax) {
      const part = beats.slice(from, from + limits.beatsPerWriteMax);
      try {
        const known = await file(part);
        for (const beat of part) if (known?.has(beat.leaseId) === false) keepUnknown(beat);
      } catch (fault) {
        for (const beat of beats.slice(from)) keep(beat);
        throw fault;
      }
    }
  }

  function keep(beat: BufferedBeat): void {
    const since = waiting.get(beat.visitId);
    waiting.set(beat.visitId, since === undefined ? beat : joined(beat, since));
  }

  function keepUnknown(beat: BufferedBeat): void {
    const { writes = 0 } = beat;
    if (writes < limits.beatWritesMax) keep({ ...beat, writes: writes + 1 });
  }

  function writeNext(beats: () => readonly BufferedBeat[]): Promise<void> {
    const written = writing.then(() => write(beats()));
    writing = written.catch(() => undefined);
    return written;
  }

  return Object.freeze({
    note,

    /** Writes everything, but for what `isEarly`. Rejects when the record cannot be reached; nothing is lost then. */
    flush: (isEarly: (beat: BufferedBeat) => boolean = () => false): Promise<void> =>
      writeNext(() => {
        const all = [...waiting.values()];
        waiting = new Map();
        const ready: BufferedBeat[] = [];
        for (const beat of all) {
          if (isEarly(beat)) waiting.set(beat.visitId, beat);
          else ready.push(beat);
        }
        return ready;
      }),

    /** Visits and numbers of which something is known. */
    subjects: (): (VisitId | NumberId)[] =>
      [...waiting.values()].flatMap(({ visitId, numberId }) => [visitId, numberId]),

    /** Visits of which something is known on this number. */
    visitsOf: (numberId: NumberId): VisitId[] =>
      [...waiting.values()].filter((beat) => beat.numberId === numberId).map(({ visitId }) => visitId),

    /** Writes what is known of one number. */
    flushNumber: (numberId: NumberId): Promise<void> =>
      writeNext(() => {
        const own = [...waiting.values()].filter((beat) => beat.numberId === numberId);
        for (const { visitId } of own) waiting.delete(visitId);
        return own;
      }),
  });
}

/** The later word counts for the lease; the visit's values only rise. */
function joined(before: BufferedBeat, after: BufferedBeat): BufferedBeat {
  const isSameLease = before.leaseId === after.leaseId;
  return {
    ...after,
    at: Math.max(before.at, after.at),
    engagedSeconds: Math.max(before.engagedSeconds, after.engagedSeconds),
    pages: Math.max(before.pages, after.pages),
    expiresAt: after.ended || !isSameLease ? after.expiresAt : Math.max(before.expiresAt, after.expiresAt),
  };
}
