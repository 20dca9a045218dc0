/**
 * What a pool of one size would have done with the traffic: its numbers are lent by the real ledger, the drawn calls are
 * weighed by the real attribution, and both are held against the truth, which only this file knows.
 */
import { limits } from '../../../config/limits.ts';
import type { CallModel } from '../attribution/call-model.ts';
import { type Belief, type Holder, weighContact } from '../attribution/weigh-contact.ts';
import type { LeaseTerms } from '../lease-book.ts';
import { expectedCalls } from '../visit-intent.ts';
import type { DrawnCall } from './draw-calls.ts';
import { beginVisit, endVisit, type PlannedVisit, seeVisit } from './planned-visit.ts';
import { createReplay } from './replay-traffic.ts';

/** Shares of the visits and of the calls. Of the calls, `correct`, `wrong` and `open` add up to 1. */
export interface SizeScore {
  /** Visits that were given no number of their own. */
  readonly overflow: number;
  /** Calls credited to the visit they came from; to another one; to none. */
  readonly correct: number;
  readonly wrong: number;
  readonly open: number;
  /** The same calls under the convention: whoever was shown the number last. */
  readonly lastHolderCorrect: number;
  /** Calls that were weighed. */
  readonly calls: number;
}

export interface ScoringWorld {
  readonly visits: readonly PlannedVisit[];
  /** Draws of the traffic's calls, each complete in itself; the shares are taken over all. */
  readonly draws: readonly (readonly DrawnCall[])[];
  readonly model: CallModel;
  readonly terms: LeaseTerms;
  /** Whether visits without a number of their own are shown one that can be called. */
  readonly hasShared: boolean;
  /** A visit is credited from this probability on. */
  readonly creditFrom: number;
  /** What happens before is played and not counted: the numbers have no history yet. */
  readonly countFrom: number;
}

/** Scores any size on this traffic; the same size scores the same each time. */
export function createScoreSize(world: ScoringWorld): (numbers: number) => SizeScore {
  const replay = createReplay(world.visits);
  return (numbers) => {
    const tally = { visits: 0, overflowed: 0, calls: 0, correct: 0, open: 0, lastHolder: 0 };
    for (const calls of world.draws) {
      for (const visit of world.visits) beginVisit(visit);
      const played = replay<DrawnCall>(
        calls,
        {
          numbers,
          terms: world.terms,
          ends: 'silent',
          intentOf: ({ allSeconds, allPages }) => expectedCalls({ engagedSeconds: allSeconds, pages: allPages }),
          ended: endVisit,
          called: (call, _index, holders, number) => weigh(call, holders, number === numbers),
        },
        world.countFrom,
      );
      tally.visits += played.visits;
      tally.overflowed += played.overflowed;
    }
    const { visits, overflowed, calls, correct, open, lastHolder } = tally;
    return {
      overflow: visits === 0 ? 0 : overflowed / visits,
      correct: shareOf(correct, calls),
      wrong: shareOf(calls - correct - open, calls),
      open: shareOf(open, calls),
      lastHolderCorrect: shareOf(lastHolder, calls),
      calls,
    };

    function weigh(call: DrawnCall, everHeld: readonly PlannedVisit[], isShared: boolean): void {
      const isCounted = call.at >= world.countFrom;
      if (isCounted) tally.calls += 1;
      if (isShared && !world.hasShared) {
        if (isCounted) tally.open += 1;
        return;
      }
      const caller = world.visits[call.dials] as PlannedVisit;
      if (call.tappedAt !== null) caller.tappedAt = call.tappedAt;
      const holders = everHeld.slice(-limits.planHoldersMax);
      for (const holder of holders) if (holder.live) seeVisit(holder, call.at);
      const belief = weighContact(holders, { at: call.at, region: call.region, bond: null }, world.model);
      noteContacted(world.visits, belief);
      if (!isCounted) return;
      if (everHeld.at(-1) === caller) tally.lastHolder += 1;
      const credited = creditedOf(belief, world.creditFrom);
      if (credited === null) tally.open += 1;
      else if (credited === caller.visitId) tally.correct += 1;
    }
  };
}

/** The most probable candidate, when that is a visit and probable enough. */
function creditedOf({ candidates, nobody }: Belief, creditFrom: number): Holder['visitId'] | null {
  const top = candidates[0];
  return top !== undefined && top.probability >= nobody && top.probability >= creditFrom ? top.visitId : null;
}

/** A visit that has probably called is less likely to be behind a later call from another telephone. */
function noteContacted(visits: readonly PlannedVisit[], { candidates }: Belief): void {
  for (const { visitId, probability } of candidates) {
    const visit = visits[Number(visitId.slice(1))] as PlannedVisit;
    visit.contacted = 1 - (1 - visit.contacted) * (1 - probability);
  }
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
