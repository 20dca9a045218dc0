/**
 * What follows from a belief: the contact is credited to a visit, it is left open between several, or it is nobody's.
 */
import type { VisitId } from '../../ports/ids.ts';

/** What is believed of a contact: probabilities of the candidates, the others and nobody add up to 1. */
export interface Weighed<Who extends { readonly visitId: VisitId; readonly probability: number } = WeighedVisit> {
  /** Most probable first. */
  readonly candidates: readonly Who[];
  readonly nobody: number;
  /** Visits not worth naming, together. */
  readonly others: number;
}

interface WeighedVisit {
  readonly visitId: VisitId;
  readonly probability: number;
}

export interface Credit {
  readonly decision: 'credited' | 'ambiguous' | 'nobody';
  /** Whom it is credited to. */
  readonly visitId: VisitId | null;
  /** Of the most probable candidate; when that is nobody, of nobody. */
  readonly probability: number;
}

/** Ours: what a pool and its enterprise have not set. */
export const usualThreshold = 0.6;

/** `threshold`: the probability from which on the most probable visit is credited. */
export function decideCredit({ candidates, nobody }: Weighed, threshold: number): Credit {
  const [top] = candidates;
  if (top === undefined || top.probability <= nobody) return { decision: 'nobody', visitId: null, probability: nobody };
  const { visitId, probability } = top;
  if (probability < threshold) return { decision: 'ambiguous', visitId: null, probability };
  return { decision: 'credited', visitId, probability };
}
