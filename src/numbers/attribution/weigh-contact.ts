/**
 * Whose call or text is this? Pure: every holder of the dialled number, past and present, is weighed against the others
 * and against "nobody" by the rate at which it would have made just this contact at just this instant
 * (`call-model.ts`). One function serves calls and texts.
 */
import type { LeaseId, VisitId } from '../../ports/ids.ts';
import type { CallModel } from './call-model.ts';

/** Somebody who was shown the number. Instants in Unix ms. */
export interface Holder {
  readonly visitId: VisitId;
  readonly leaseId: LeaseId | null;
  readonly visitorId: string | null;
  readonly shownAt: number;
  /** The last sign of the visit; later than the contact when it went on. */
  readonly lastSeenAt: number;
  /** The number was still on the visitor's screen when the contact came. */
  readonly live: boolean;
  readonly tappedAt: number | null;
  readonly engagedSeconds: number;
  readonly pages: number;
  /** Such as `US-OR`; null when the page did not say. */
  readonly region: string | null;
  /** How likely it is that this visit has already made an earlier contact from another number. */
  readonly contacted: number;
}

/** An earlier contact from the same number, and whose it was believed to be. */
export interface Bond {
  readonly at: number;
  readonly nobody: number;
  readonly believed: readonly {
    readonly visitId: VisitId;
    readonly visitorId: string | null;
    readonly probability: number;
  }[];
}

/** What is known of the contact itself. */
export interface Contact {
  readonly at: number;
  /** Where the number that calls is at home; null when it is withheld, mobile or unknown. */
  readonly region: string | null;
  /** The latest earlier contact from the same number; null when there is none or the number is withheld. */
  readonly bond: Bond | null;
  /**
   * Earlier contacts with the dialled number that may be the same caller's though no number says so: all of them when this
   * one is withheld, otherwise those that were. None when left out.
   */
  readonly echoes?: readonly Bond[];
}

/** The factors of one candidate's weight, so that the choice can be explained. */
export interface Terms {
  /** Calls expected of such a visit. */
  readonly intent: number;
  /** How common this delay is, per hour. */
  readonly delayPerHour: number;
  readonly tap: number;
  readonly region: number;
  readonly contacted: number;
  readonly sameVisitor: number;
  /** Added for an earlier contact from the same number, as a share of the weight. */
  readonly repeat: number;
}

export interface Candidate {
  readonly visitId: VisitId;
  readonly leaseId: LeaseId | null;
  readonly probability: number;
  readonly terms: Terms;
}

export interface Belief {
  /** Most probable first, whoever saw the number last among them; the improbable rest is summed up in `others`. */
  readonly candidates: readonly Candidate[];
  readonly nobody: number;
  readonly others: number;
  /** By index of the holders: that this is the holder's own first contact. What the model learns from. */
  readonly own: Float64Array;
  /** That a stranger calls for the first time. */
  readonly stranger: number;
}

/** Taps are believed to be about this contact for so long. */
export const tapWithinMs = 30_000;
/** A visit whose call has come calls from a second telephone this often; ours. */
const secondPhoneShare = 0.02;
/** A number that has called before belongs to this other visitor; ours. */
const otherVisitorShare = 1e-5;
const candidatesKept = 20;
/** A candidate below this is left to `others`. */
const probabilityLeast = 1e-4;
const hourSeconds = 3_600;

/** Weighs the holders of the dialled number. Probabilities of candidates, others and nobody add up to 1. */
export function weighContact(holders: readonly Holder[], contact: Contact, model: CallModel): Belief {
  const region = regionFactors(contact, model);
  const visitorOf = visitorFactors(contact.bond);
  const own = new Float64Array(holders.length);
  let total = 0;
  for (let index = 0; index < holders.length; index += 1) {
    const holder = holders[index] as Holder;
    const weight = intentOf(holder, model) * delayOf(holder, contact.at, model) * tapOf(holder, contact.at, model);
    own[index] = weight * regionOf(holder, contact, region) * contactedOf(holder) * visitorOf(holder);
    total += own[index] as number;
  }
  const bonds = bondsOf(contact, model);
  const stranger = model.strangerRate * (contact.bond === null ? 1 : otherVisitorShare);
  total += stranger + bonds.total;
  if (!(total > 0)) return { candidates: [], nobody: 1, others: 0, own, stranger: 1 };
  const candidates = gather(holders, own, bonds.visits, total).map(({ holder, visitId, weight, repeat }) => ({
    visitId,
    leaseId: holder?.leaseId ?? null,
    probability: weight / total,
    terms: {
      intent: holder === null ? 0 : intentOf(holder, model),
      delayPerHour: holder === null ? 0 : delayOf(holder, contact.at, model) * hourSeconds,
      tap: holder === null ? 1 : tapOf(holder, contact.at, model),
      region: holder === null ? 1 : regionOf(holder, contact, region),
      contacted: holder === null ? 1 : contactedOf(holder),
      sameVisitor: holder === null ? 1 : visitorOf(holder),
      repeat: repeat / weight,
    },
  }));
  for (let index = 0; index < own.length; index += 1) own[index] = (own[index] as number) / total;
  const nobody = (stranger + bonds.nobody) / total;
  const others = candidates.reduce((rest, { probability }) => rest - probability, 1 - nobody);
  return { candidates, nobody, others: Math.max(0, others), own, stranger: stranger / total };
}

interface Gathered {
  readonly visitId: VisitId;
  readonly holder: Holder | null;
  readonly weight: number;
  readonly repeat: number;
}

/**
 * Every visit worth naming, heaviest first: a holder by its own weight and by an earlier contact, others by that alone. Who
 * saw the number last is named however many outweigh it, unless it can hardly have been them.
 */
function gather(
  holders: readonly Holder[],
  own: Float64Array,
  bonds: ReadonlyMap<VisitId, number>,
  total: number,
): Gathered[] {
  const byVisit = new Map<VisitId, Gathered>();
  for (const [visitId, repeat] of bonds) byVisit.set(visitId, { visitId, holder: null, weight: repeat, repeat });
  for (let index = 0; index < holders.length; index += 1) {
    const holder = holders[index] as Holder;
    const weight = own[index] as number;
    const known = byVisit.get(holder.visitId);
    if (known === undefined && weight < total * probabilityLeast) continue;
    byVisit.set(holder.visitId, {
      visitId: holder.visitId,
      holder,
      weight: weight + (known?.weight ?? 0),
      repeat: known?.repeat ?? 0,
    });
  }
  const ranked = [...byVisit.values()]
    .filter(({ weight }) => weight >= total * probabilityLeast)
    .sort((left, right) => right.weight - left.weight);
  const latest = latestOf(holders);
  const place = ranked.findIndex(({ visitId }) => visitId === latest?.visitId);
  if (place < candidatesKept) return ranked.slice(0, candidatesKept);
  return [...ranked.slice(0, candidatesKept - 1), ...ranked.slice(place, place + 1)];
}

function latestOf(holders: readonly Holder[]): Holder | undefined {
  let latest = holders[0];
  for (const holder of holders) if (latest === undefined || holder.lastSeenAt > latest.lastSeenAt) latest = holder;
  return latest;
}

/** Calls expected of the visit; for one that is still open its rate says both, so this is 1. */
function intentOf(holder: Holder, model: CallModel): number {
  return holder.live ? 1 : model.callsAfter(holder.engagedSeconds, holder.pages);
}

/** Per second. */
function delayOf(holder: Holder, at: number, model: CallModel): number {
  if (holder.live) return model.liveRate(Math.max(0, at - holder.shownAt) / 1_000, holder.pages);
  return model.delayDensity(Math.max(0, at - holder.lastSeenAt) / 1_000, holder.engagedSeconds);
}

function tapOf(holder: Holder, at: number, model: CallModel): number {
  if (!holder.live) return 1;
  return isTapped(holder, at) ? model.tapShare / ((tapWithinMs / 1_000) * model.tapRate) : 1 - model.tapShare;
}

/** The visitor tapped the number right before the contact. */
export function isTapped(holder: Holder, at: number): boolean {
  return holder.tappedAt !== null && holder.tappedAt <= at && at - holder.tappedAt <= tapWithinMs;
}

interface RegionFactors {
  readonly same: number;
  readonly other: number;
}

function regionFactors(contact: Contact, model: CallModel): RegionFactors {
  if (contact.region === null) return { same: 1, other: 1 };
  const other = 1 - model.homeShare;
  return { same: other + model.homeShare / model.regionShare(contact.region), other };
}

function regionOf(holder: Holder, contact: Contact, factors: RegionFactors): number {
  if (contact.region === null || holder.region === null) return 1;
  return contact.region === holder.region ? factors.same : factors.other;
}

/** A visit whose contact has come is not expected to make another one from another telephone. */
export function contactedOf(holder: Holder): number {
  return 1 - holder.contacted * (1 - secondPhoneShare);
}

/** A number that has called before is somebody's: another visitor is unlikely to call from it. */
export function visitorFactors(bond: Bond | null): (holder: Holder) => number {
  if (bond === null) return () => 1;
  const shares = new Map<string, number>();
  for (const { visitorId, probability } of bond.believed) {
    if (visitorId !== null) shares.set(visitorId, (shares.get(visitorId) ?? 0) + probability);
  }
  return ({ visitorId }) => Math.max(otherVisitorShare, visitorId === null ? 0 : (shares.get(visitorId) ?? 0));
}

/** The rates at which those who called before, and may be this caller, call again. */
function bondsOf(
  { at, bond, echoes = [] }: Contact,
  model: CallModel,
): { visits: ReadonlyMap<VisitId, number>; nobody: number; total: number } {
  const visits = new Map<VisitId, number>();
  let nobody = 0;
  let total = 0;
  for (const earlier of bond === null ? echoes : [bond]) {
    const rate = model.repeatRate(Math.max(0, at - earlier.at) / 1_000);
    nobody += rate * earlier.nobody;
    total += rate * earlier.nobody;
    for (const { visitId, probability } of earlier.believed) {
      visits.set(visitId, (visits.get(visitId) ?? 0) + rate * probability);
      total += rate * probability;
    }
  }
  return { visits, nobody, total };
}
