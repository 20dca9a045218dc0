/**
 * Whose call or text is this? Pure: all holders of the dialled number within the look-back, weighed against each other
 * and against "nobody". This is the plain model: how long ago the number was last on the visitor's screen, whether the
 * visit is still going on, and a tap on the number seconds before. The weights are ours and not yet learned.
 */
import type { LeaseId, VisitId } from '../ports/ids.ts';

/** One past or present holder of the number. Instants in Unix ms. */
export interface Holder {
  readonly leaseId: LeaseId;
  readonly visitId: VisitId;
  readonly grantedAt: number;
  readonly expiresAt: number;
  readonly lastSeenAt: number;
  readonly tappedAt: number | null;
  readonly engagedSeconds: number;
}

export interface Candidate {
  readonly visitId: VisitId;
  readonly leaseId: LeaseId;
  readonly probability: number;
  /** Each term's factor, so that the choice can be explained. */
  readonly terms: Readonly<Record<string, number>>;
}

export interface Attribution {
  readonly decision: 'credited' | 'ambiguous' | 'nobody';
  readonly visitId: VisitId | null;
  /** Of the most probable candidate, or of "nobody". */
  readonly probability: number;
  readonly candidates: readonly Candidate[];
}

const liveWeight = 8;
const tapWeight = 20;
const tapWithinMs = 30_000;
const halfLifeMs = 30 * 60_000;
const nobodyWeight = 0.05;
const creditedFrom = 0.6;

/** Weighs the holders as of `at` (Unix ms). Probabilities of the candidates and "nobody" add up to 1. */
export function attribute(holders: readonly Holder[], at: number): Attribution {
  const weighed = latestByVisit(holders).map((holder) => ({ holder, terms: termsOf(holder, at) }));
  const weights = weighed.map(({ terms }) => Object.values(terms).reduce((product, factor) => product * factor, 1));
  const total = weights.reduce((sum, weight) => sum + weight, nobodyWeight);
  const candidates = weighed
    .map(({ holder, terms }, index) => ({
      visitId: holder.visitId,
      leaseId: holder.leaseId,
      probability: (weights[index] ?? 0) / total,
      terms,
    }))
    .sort((left, right) => right.probability - left.probability);
  return decide(candidates, nobodyWeight / total);
}

function decide(candidates: readonly Candidate[], nobody: number): Attribution {
  const top = candidates[0];
  if (top === undefined || top.probability < nobody) {
    return { decision: 'nobody', visitId: null, probability: nobody, candidates };
  }
  const credited = top.probability >= creditedFrom;
  return {
    decision: credited ? 'credited' : 'ambiguous',
    visitId: credited ? top.visitId : null,
    probability: top.probability,
    candidates,
  };
}

function termsOf(holder: Holder, at: number): Record<string, number> {
  const live = holder.expiresAt > at;
  const sinceMs = Math.max(0, at - Math.max(holder.lastSeenAt, holder.grantedAt));
  const tapped = holder.tappedAt !== null && at - holder.tappedAt >= 0 && at - holder.tappedAt <= tapWithinMs;
  return {
    recency: 0.5 ** (sinceMs / halfLifeMs),
    live: live ? liveWeight : 1,
    tap: tapped ? tapWeight : 1,
    intent: 1 + Math.log1p(holder.engagedSeconds / 60),
  };
}

/** A visit that held the number twice stands once, with its later lease. */
function latestByVisit(holders: readonly Holder[]): Holder[] {
  const latest = new Map<VisitId, Holder>();
  for (const holder of holders) {
    const other = latest.get(holder.visitId);
    if (other === undefined || other.grantedAt < holder.grantedAt) latest.set(holder.visitId, holder);
  }
  return [...latest.values()];
}
