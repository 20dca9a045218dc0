/**
 * What is heard about a contact after it was attributed: an agent's answer, a keyed code, a purchase. Each fact makes a
 * new revision, which is told to the contact centre, and the call or conversation follows it; the revisions before stay
 * as they were. A fact that comes twice changes nothing.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnterpriseId, VisitId } from '../../ports/ids.ts';
import type { Outbox } from '../../records/outbox.postgres.ts';
import type { AttributionCause } from '../../records/schema-attribution.ts';
import type { Work } from '../../records/transact.ts';
import type { Beliefs, HeldContact } from './beliefs.postgres.ts';
import { decideCredit, usualThreshold } from './decide-credit.ts';
import { type MaskedChoice, maskChoices } from './masked-question.ts';
import type { Questions } from './questions.postgres.ts';
import { type Fact, isRepeated, knownVisit, type Noted, reviseBelief } from './revise-belief.ts';
import { type ContactKind, tellBelief } from './tell-belief.ts';
import type { VisitCodes } from './visit-codes.postgres.ts';

/** A contact by its call's or conversation's id. */
export interface Subject {
  readonly enterpriseId: EnterpriseId;
  readonly subject: string;
}

export interface Answer extends Subject {
  /** A choice's id, the id of "none of these", or the visit itself where the contact centre knows it. */
  readonly choice: string;
  /** The agent knows, and does not only judge by what the caller said. */
  readonly sure: boolean;
}

export interface Purchase {
  readonly enterpriseId: EnterpriseId;
  readonly visitId: VisitId;
  /** The call or conversation it was made on, when the shop says so. */
  readonly subject: string | null;
  /** What makes the same purchase the same, such as the conversion's id. */
  readonly key: string;
  /** Unix ms. */
  readonly at: number;
}

export interface Question {
  readonly revision: number;
  /** Empty when there is nobody to choose from. */
  readonly choices: readonly MaskedChoice[];
  /** The id of "none of these". */
  readonly noneId: string;
}

interface Heard {
  readonly kind: 'revised' | 'repeated';
  readonly revision: number;
}

export type Revised = Heard | { readonly kind: 'unknown-contact' } | { readonly kind: 'unknown-choice' };

export type CodeKeyed =
  | Heard
  | { readonly kind: 'unknown-contact' }
  | { readonly kind: 'unknown-code'; readonly triesLeft: number }
  | { readonly kind: 'too-many-tries' };

export interface BeliefDesk {
  /** The same question until it is answered; null when this enterprise has no such contact. */
  question(work: Work, about: Subject): Promise<Question | null>;
  answer(work: Work, answer: Answer): Promise<Revised>;
  codeKeyed(work: Work, about: Subject & { readonly code: string }): Promise<CodeKeyed>;
  /**
   * A purchase of a known visit. Made on a contact, it says for certain whose that was; otherwise it speaks for the
   * visit's latest contact within the day before. Null: it bears on none.
   */
  purchaseMatched(work: Work, purchase: Purchase): Promise<Heard | null>;
}

interface World {
  readonly beliefs: Beliefs;
  readonly questions: Questions;
  readonly codes: Pick<VisitCodes, 'find'>;
  readonly outbox: Outbox;
  readonly fingerprint: (text: string) => string;
  readonly clock: Clock;
  /** The call's or conversation's own record of its visit follows the belief. */
  readonly follow: Readonly<Record<ContactKind, (work: Work, id: string, visitId: VisitId | null) => Promise<void>>>;
}

export function createBeliefDesk(world: World): BeliefDesk {
  return Object.freeze({
    async question(work: Work, { enterpriseId, subject }: Subject): Promise<Question | null> {
      const held = await world.beliefs.lock(work.tx, enterpriseId, subject);
      return held === null ? null : ask(world, work, held);
    },
    answer: (work: Work, answer: Answer) => takeAnswer(world, work, answer),
    codeKeyed: (work: Work, about: Subject & { readonly code: string }) => takeCode(world, work, about),
    purchaseMatched: (work: Work, purchase: Purchase) => takePurchase(world, work, purchase),
  });
}

async function ask(world: World, work: Work, held: HeldContact): Promise<Question> {
  const { revision, belief } = latestOf(held);
  const noneId = noneIdOf(world, held.subject, revision);
  const asked = await world.questions.find(work.tx, held.subject, revision);
  if (asked !== null) return { revision, choices: asked.map(masked), noneId };
  const candidates = belief.candidates.map(({ visitId }) => visitId);
  const choices = maskChoices(belief, await world.questions.glimpses(work.tx, held, candidates), {
    at: held.at,
    choicesMax: limits.questionChoicesMax,
    pageVisitorsMin: limits.questionPageVisitsMin,
    seal: (text) => world.fingerprint(`choice ${held.subject} ${revision} ${text}`),
  });
  await world.questions.insert(work.tx, held, revision, choices);
  return { revision, choices: choices.map(masked), noneId };
}

async function takeAnswer(world: World, work: Work, answer: Answer): Promise<Revised> {
  const { enterpriseId, subject, choice, sure } = answer;
  const held = await world.beliefs.lock(work.tx, enterpriseId, subject);
  if (held === null) return { kind: 'unknown-contact' };
  const fact = choice.startsWith('visit_')
    ? await visitFact(world, work, enterpriseId, choice as VisitId)
    : await answerFact(world, work, held, choice, sure);
  if (fact === null) return { kind: 'unknown-choice' };
  const isDenied = fact.kind === 'answer' && fact.chosen === null;
  return hear(world, work, held, fact, isDenied ? 'agent-denied' : 'agent-confirmed');
}

async function visitFact(world: World, work: Work, enterpriseId: EnterpriseId, visitId: VisitId): Promise<Fact | null> {
  return (await world.beliefs.hasVisit(work.tx, enterpriseId, visitId)) ? { kind: 'known', visitId } : null;
}

/** The choice may be of an earlier question: an agent answers what was on the screen. */
async function answerFact(
  world: World,
  work: Work,
  { subject, revisions }: HeldContact,
  choice: string,
  sure: boolean,
): Promise<Fact | null> {
  for (const { revision } of revisions.toReversed()) {
    const choices = await world.questions.find(work.tx, subject, revision);
    if (choices === null) continue;
    const chosen = choices.findIndex(({ id }) => id === choice);
    if (chosen < 0 && choice !== noneIdOf(world, subject, revision)) continue;
    const offered = choices.map(({ visits }) => visits);
    return { kind: 'answer', offered, chosen: chosen < 0 ? null : chosen, sure };
  }
  return null;
}

async function takeCode(
  world: World,
  work: Work,
  { enterpriseId, subject, code }: Subject & { readonly code: string },
): Promise<CodeKeyed> {
  const held = await world.beliefs.lock(work.tx, enterpriseId, subject);
  if (held === null) return { kind: 'unknown-contact' };
  if ((await world.beliefs.codeTries(work.tx, subject)) >= limits.codeTriesPerCallMax)
    return { kind: 'too-many-tries' };
  const visitId = await world.codes.find(work.tx, { enterpriseId, numberId: held.numberId, code });
  if (visitId === null) {
    const tries = await world.beliefs.countCodeTry(work.tx, subject);
    return { kind: 'unknown-code', triesLeft: Math.max(0, limits.codeTriesPerCallMax - tries) };
  }
  return hear(world, work, held, { kind: 'known', visitId }, 'code-keyed');
}

async function takePurchase(world: World, work: Work, purchase: Purchase): Promise<Heard | null> {
  const { enterpriseId, visitId, at } = purchase;
  const key = `purchase ${purchase.key}`;
  const from = at - limits.purchaseAfterContactMs;
  const subject = purchase.subject ?? (await world.beliefs.contactOf(work.tx, visitId, from, at));
  const held = subject === null ? null : await world.beliefs.lock(work.tx, enterpriseId, subject);
  if (held === null || !(await world.beliefs.hasVisit(work.tx, enterpriseId, visitId))) return null;
  const before = await world.beliefs.revisionBy(work.tx, enterpriseId, key);
  if (before !== null) return { kind: 'repeated', revision: before };
  const fact: Fact = purchase.subject === null ? { kind: 'purchase', visitId } : { kind: 'known', visitId };
  return revise(world, work, held, { noted: { fact, at }, cause: 'purchase-matched', factKey: key });
}

interface News {
  readonly noted: Noted;
  readonly cause: AttributionCause;
  readonly factKey: string | null;
}

/** The same said again changes nothing. */
function hear(world: World, work: Work, held: HeldContact, fact: Fact, cause: AttributionCause): Promise<Heard> {
  if (isRepeated(fact, notedOf(held))) {
    return Promise.resolve({ kind: 'repeated', revision: latestOf(held).revision });
  }
  return revise(world, work, held, { noted: { fact, at: world.clock.now() }, cause, factKey: null });
}

async function revise(world: World, work: Work, held: HeldContact, { noted, cause, factKey }: News): Promise<Heard> {
  const { enterpriseId, subject, numberId } = held;
  const latest = latestOf(held);
  const before = notedOf(held);
  const all = [...before, noted];
  const belief = reviseBelief(firstOf(held).belief, all);
  const threshold = (await world.beliefs.threshold(work.tx, { enterpriseId, poolId: held.poolId })) ?? usualThreshold;
  const credit = decideCredit(belief, threshold);
  const revision = latest.revision + 1;
  const { modelVersion } = latest;
  const wanted = { enterpriseId, subject, numberId, revision, cause, belief, credit, threshold, modelVersion };
  await world.beliefs.revise(work.tx, held, { ...wanted, noted, factKey }, knownVisit(all));
  const kind: ContactKind = subject.startsWith('call_') ? 'call' : 'conversation';
  await world.follow[kind](work, subject, credit.visitId);
  await tellBelief(world.outbox, work, { enterpriseId, subject, kind, belief, credit, revision, cause });
  return { kind: 'revised', revision };
}

function notedOf({ revisions }: HeldContact): readonly Noted[] {
  return revisions.flatMap(({ noted }) => (noted === null ? [] : [noted]));
}

function firstOf({ revisions, subject }: HeldContact) {
  const [first] = revisions;
  if (first === undefined) throw new Error(`${subject} has a belief and no revision`);
  return first;
}

function latestOf(held: HeldContact) {
  return held.revisions.at(-1) ?? firstOf(held);
}

function noneIdOf(world: World, subject: string, revision: number): string {
  return world.fingerprint(`choice ${subject} ${revision} none`).slice(0, 24);
}

function masked({ id, says }: MaskedChoice): MaskedChoice {
  return { id, says };
}
