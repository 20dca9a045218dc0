/**
 * What is believed of a contact once further facts are in. Pure: the belief of the first moment is weighed anew with
 * every fact that stands, so facts may come in any order. A fact that is sure outranks an agent's answer; of two that
 * contradict each other and are equally strong, the later one stands. Which facts were heard stays on record.
 */
import { isDeepStrictEqual } from 'node:util';
import { unreachable } from '../../ports/errors.ts';
import type { LeaseId, VisitId } from '../../ports/ids.ts';
import type { Weighed } from './decide-credit.ts';

export type Fact =
  /** It was this visit: its code was keyed, the text carries its token, the purchase was made on this very call. */
  | { readonly kind: 'known'; readonly visitId: VisitId }
  /**
   * An agent's answer to a masked question. Each choice stands for one visit or several that look alike; `chosen` counts
   * from 0, null is "none of these". `sure`: the agent knows, and does not only judge by what the caller said.
   */
  | {
      readonly kind: 'answer';
      readonly offered: readonly (readonly VisitId[])[];
      readonly chosen: number | null;
      readonly sure: boolean;
    }
  /** This visit bought soon after the contact. */
  | { readonly kind: 'purchase'; readonly visitId: VisitId };

/** A fact and when it came about, in Unix ms. */
export interface Noted {
  readonly fact: Fact;
  readonly at: number;
}

export interface Considered {
  readonly visitId: VisitId;
  readonly leaseId: LeaseId | null;
  readonly probability: number;
  readonly terms: Readonly<Record<string, number>>;
}

/** Ours: of ten answers to a question nine are right. */
const answerHonesty = 0.9;
/** Ours: who has called buys so many times as often, in the hours after, as somebody who has not. */
const purchaseFactor = 6;
const candidatesKept = 20;
const probabilityLeast = 1e-4;

/** The belief with these facts; without any, the belief itself. */
export function reviseBelief(first: Weighed<Considered>, noted: readonly Noted[]): Weighed<Considered> {
  const facts = standing(noted);
  if (facts.length === 0) return first;
  const named = new Set(first.candidates.map(({ visitId }) => visitId));
  const unnamed = facts.flatMap((fact) => (fact.kind === 'known' && !named.has(fact.visitId) ? [fact.visitId] : []));
  const candidates = [...first.candidates, ...unnamed.map(unheardOf)].map((candidate) => ({
    ...candidate,
    probability: candidate.probability * likelihood(facts, candidate.visitId),
  }));
  const nobody = first.nobody * likelihood(facts, null);
  const others = first.others * likelihood(facts, null);
  const total = candidates.reduce((sum, { probability }) => sum + probability, nobody + others);
  if (!(total > 0)) return { candidates: [], nobody: 1, others: 0 };
  const kept = candidates
    .map((candidate) => ({ ...candidate, probability: candidate.probability / total }))
    .filter(({ probability }) => probability >= probabilityLeast)
    .sort((left, right) => right.probability - left.probability)
    .slice(0, candidatesKept);
  const rest = kept.reduce((left, { probability }) => left - probability, 1 - nobody / total);
  return { candidates: kept, nobody: nobody / total, others: Math.max(0, rest) };
}

/** The one visit it certainly was; null when that is not known. */
export function knownVisit(noted: readonly Noted[]): VisitId | null {
  for (const fact of standing(noted)) {
    if (fact.kind === 'known') return fact.visitId;
    if (fact.kind !== 'answer' || !fact.sure || fact.chosen === null) continue;
    const chosen = fact.offered[fact.chosen] ?? [];
    if (chosen.length === 1) return chosen[0] ?? null;
  }
  return null;
}

/** Whether hearing this after those changes nothing: the same was said last. */
export function isRepeated(fact: Fact, noted: readonly Noted[]): boolean {
  const [last] = inOrder(noted)
    .filter((earlier) => earlier.fact.kind !== 'purchase')
    .slice(-1);
  return last !== undefined && isDeepStrictEqual(last.fact, fact);
}

/** A visit that nothing spoke for before: it has no weight but by the fact that names it. */
function unheardOf(visitId: VisitId): Considered {
  return { visitId, leaseId: null, probability: 1e-300, terms: {} };
}

function inOrder(noted: readonly Noted[]): readonly Noted[] {
  return [...noted].sort((left, right) => left.at - right.at);
}

/** The facts that count, earliest first. */
function standing(noted: readonly Noted[]): readonly Fact[] {
  let facts: Fact[] = [];
  for (const { fact } of inOrder(noted)) {
    if (facts.some((earlier) => strength(earlier) > strength(fact) && contradict(earlier, fact))) continue;
    facts = facts.filter((earlier) => strength(earlier) > strength(fact) || !contradict(earlier, fact));
    facts.push(fact);
  }
  return facts;
}

function strength(fact: Fact): number {
  switch (fact.kind) {
    case 'known':
      return 2;
    case 'answer':
      return fact.sure ? 2 : 1;
    case 'purchase':
      return 0;
    default:
      return unreachable(fact);
  }
}

/** Two facts that cannot both be right. A purchase only makes likely, so it contradicts nothing. */
function contradict(one: Fact, other: Fact): boolean {
  if (one.kind === 'purchase' || other.kind === 'purchase') return false;
  const [left, right] = [pointsAt(one), pointsAt(other)];
  if (left.isAmong && right.isAmong) return !left.visits.some((visit) => right.visits.includes(visit));
  if (!left.isAmong && !right.isAmong) return false;
  const [among, outside] = left.isAmong ? [left, right] : [right, left];
  return among.visits.every((visit) => outside.visits.includes(visit));
}

/** The visits it says it was among, or (`isAmong` false) was not. */
function pointsAt(fact: Exclude<Fact, { kind: 'purchase' }>): { isAmong: boolean; visits: readonly VisitId[] } {
  if (fact.kind === 'known') return { isAmong: true, visits: [fact.visitId] };
  if (fact.chosen === null) return { isAmong: false, visits: fact.offered.flat() };
  return { isAmong: true, visits: fact.offered[fact.chosen] ?? [] };
}

/** How likely the facts are if it was this visit; null: nobody, or a visit that is not named. */
function likelihood(facts: readonly Fact[], visitId: VisitId | null): number {
  return facts.reduce((product, fact) => product * likelihoodOf(fact, visitId), 1);
}

function likelihoodOf(fact: Fact, visitId: VisitId | null): number {
  switch (fact.kind) {
    case 'known':
      return fact.visitId === visitId ? 1 : 0;
    case 'purchase':
      return fact.visitId === visitId ? purchaseFactor : 1;
    case 'answer': {
      const { isAmong, visits } = pointsAt(fact);
      const honesty = fact.sure ? 1 : answerHonesty;
      const isRight = isAmong === (visitId !== null && visits.includes(visitId));
      // A wrong answer is any of the others with equal chance; "none of these" is one of them.
      return isRight ? honesty : (1 - honesty) / Math.max(1, fact.offered.length);
    }
    default:
      return unreachable(fact);
  }
}
