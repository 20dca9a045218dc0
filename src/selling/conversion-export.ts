/**
 * What a vendor should be told of a phone conversion, decided without telling anybody: from what is believed of the
 * call now and what the vendor holds already. So a repeated, late or doubled wish to export finds nothing left to do,
 * and a revised attribution or a refund becomes a correction where the vendor has one. Once sent, a conversion is never
 * sent a second time unless the vendor has taken the first one back.
 */

import { limits } from '../../config/limits.ts';
import type { VisitId } from '../ports/ids.ts';
import type { ConversionKind, DestinationConfig, DestinationKind } from './destination.ts';

/** The clicks and clients a visit arrived with, as vendors know them. */
export interface ClickIds {
  readonly gclid?: string;
  readonly gbraid?: string;
  readonly wbraid?: string;
  readonly fbclid?: string;
  readonly gaClientId?: string;
}

/** The visit a call is credited to, as of the latest revision. */
export interface CreditedVisit {
  readonly visitId: VisitId;
  /** When the visit began, and with it the click; Unix ms. */
  readonly startedAt: number;
  readonly consented: boolean;
  readonly clicks: ClickIds;
}

export interface Credit {
  readonly probability: number;
  readonly visit: CreditedVisit;
}

/** One thing that came of a call. */
export interface PhoneConversion {
  /** The call's or the outcome's id: the same whenever it is looked at. */
  readonly key: string;
  readonly kind: ConversionKind;
  /** Unix ms. */
  readonly occurredAt: number;
  /** What is left of it after refunds, as decimal text; null when no value was given. */
  readonly value: string | null;
  readonly currency: string | null;
  /** How long caller and agent talked, in ms. */
  readonly talkMs: number;
}

/** What a vendor is told, and afterwards holds. Holds no telephone number. */
export interface ConversionMessage {
  /** The vendor knows the conversion by this. */
  readonly transactionId: string;
  readonly kind: ConversionKind;
  readonly occurredAt: number;
  readonly value: string | null;
  readonly currency: string | null;
  readonly talkMs: number;
  readonly visitId: VisitId;
  readonly clickedAt: number;
  readonly clicks: ClickIds;
}

/** One message to a vendor. `message` is what it holds once this has arrived; `retract` leaves it with nothing. */
export interface ExportStep {
  readonly kind: 'send' | 'restate' | 'retract';
  readonly message: ConversionMessage;
  /** By how much a restatement lowers the value, for vendors who are told the difference; decimal text. */
  readonly lowersBy: string | null;
}

export type ExportDecision =
  | { readonly kind: 'step'; readonly step: ExportStep }
  /** The vendor holds what it should. */
  | { readonly kind: 'held' }
  /** The vendor holds something else than it should, and cannot be corrected. */
  | { readonly kind: 'kept'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: string };

export interface ExportQuestion {
  readonly destination: DestinationConfig & { readonly minProbability: number; readonly enabled: boolean };
  readonly conversion: PhoneConversion;
  /** Null: the call is credited to nobody. */
  readonly credit: Credit | null;
  /** Whether the caller's number is known and may be hashed. */
  readonly hasPhone: boolean;
  readonly held: ConversionMessage | null;
  /** How often it has been sent; after a retraction it goes out under a new name. */
  readonly generation: number;
  readonly now: number;
}

/** The next step towards what the vendor should hold. */
export function decideExport(question: ExportQuestion): ExportDecision {
  const { conversion, credit, held, generation } = question;
  if (held !== null) return decideHeld(question, held);
  const reason = reasonAgainst(question);
  if (reason !== null || credit === null) return { kind: 'skipped', reason: reason ?? 'credited to nobody' };
  const message: ConversionMessage = {
    transactionId: generation === 0 ? conversion.key : `${conversion.key}-${generation + 1}`,
    kind: conversion.kind,
    occurredAt: conversion.occurredAt,
    value: conversion.value,
    currency: conversion.currency,
    talkMs: conversion.talkMs,
    visitId: credit.visit.visitId,
    clickedAt: credit.visit.startedAt,
    clicks: credit.visit.clicks,
  };
  return { kind: 'step', step: { kind: 'send', message, lowersBy: null } };
}

/** Whether the vendor takes a step that comes twice for one: it knows the name under which it came. */
export function isRepeatable(vendor: DestinationKind, step: ExportStep): boolean {
  // GA4 drops a purchase whose transaction_id it has; other events and refunds count each time they come.
  return vendor !== 'ga4' || (step.kind === 'send' && step.message.kind === 'sale');
}

function decideHeld(question: ExportQuestion, held: ConversionMessage): ExportDecision {
  const { destination, conversion, credit } = question;
  const isTakenBack = isNothing(conversion.value) && !isNothing(held.value);
  const isMoved = credit?.visit.visitId !== held.visitId;
  if (isMoved || isTakenBack) {
    const reason = cannotRetract[destination.kind](held);
    const why = isMoved ? 'the call is no longer credited to this visit' : 'it was refunded';
    if (reason !== null) return { kind: 'kept', reason: `${why}, but ${reason}` };
    return { kind: 'step', step: { kind: 'retract', message: held, lowersBy: held.value } };
  }
  if (conversion.value === held.value || conversion.value === null || held.value === null) return { kind: 'held' };
  const lowersBy = difference(held.value, conversion.value);
  const reason = cannotRestate[destination.kind](lowersBy);
  if (reason !== null) return { kind: 'kept', reason: `the value changed, but ${reason}` };
  const message = { ...held, value: conversion.value };
  return { kind: 'step', step: { kind: 'restate', message, lowersBy } };
}

const metaKeeps = 'Meta has no way to take an event back or change it';

const cannotRetract: Readonly<Record<DestinationKind, (held: ConversionMessage) => string | null>> = {
  ga4: ({ kind, value }) =>
    kind === 'sale' && value !== null ? null : 'GA4 takes back nothing but a purchase with a value, by a refund',
  'google-ads': () => null,
  meta: () => metaKeeps,
};

const cannotRestate: Readonly<Record<DestinationKind, (lowersBy: string) => string | null>> = {
  ga4: (lowersBy) => (lowersBy.startsWith('-') ? 'GA4 takes refunds only, no higher value' : null),
  'google-ads': () => null,
  meta: () => metaKeeps,
};

/** Why a conversion the vendor does not hold is not sent; null when it may be. */
function reasonAgainst(question: ExportQuestion): string | null {
  const { destination, conversion, credit } = question;
  if (!destination.enabled) return 'the destination is off';
  if (credit === null) return 'credited to nobody';
  if (credit.probability < destination.minProbability)
    return `probability ${credit.probability.toFixed(2)} is below ${destination.minProbability}`;
  if (!credit.visit.consented) return 'the visitor gave no consent';
  if (isNothing(conversion.value)) return 'it was refunded';
  return vendorReason(question, credit.visit);
}

function vendorReason({ destination, conversion, hasPhone, now }: ExportQuestion, visit: CreditedVisit): string | null {
  const ageMs = now - conversion.occurredAt;
  const { gclid, gbraid, wbraid, fbclid, gaClientId } = visit.clicks;
  if (destination.kind === 'ga4') {
    if (gaClientId === undefined) return 'the visit has no GA4 client id';
    return ageMs > limits.ga4BackdateMs ? 'it is older than the 72 h GA4 takes' : null;
  }
  const byPhone = destination.config.withoutClick && destination.config.hashedPhone && hasPhone;
  if (destination.kind === 'meta') {
    if (fbclid === undefined && !byPhone) return 'the visit has no fbclid';
    return ageMs > limits.metaBackdateMs ? 'it is older than the 7 days Meta takes' : null;
  }
  if (gclid === undefined && gbraid === undefined && wbraid === undefined && !byPhone)
    return 'the visit has no gclid, gbraid or wbraid';
  return now - visit.startedAt > limits.googleAdsClickLifeMs ? 'the click is older than the 90 days it counts' : null;
}

/** Amounts with two decimals, exact as whole hundredths. */
function difference(from: string, to: string): string {
  const hundredths = toHundredths(from) - toHundredths(to);
  return (hundredths / 100).toFixed(2);
}

/** Hundredths of a decimal amount with at most two places, such as `129.00`. */
export function toHundredths(amount: string): number {
  return Math.round(Number(amount) * 100);
}

function isNothing(value: string | null): boolean {
  return value !== null && toHundredths(value) <= 0;
}
