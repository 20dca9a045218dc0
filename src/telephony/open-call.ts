/**
 * The first record of a call: the raw event once, whose it is, what is planned for it. In the transaction of whoever took
 * it, found it or sent it elsewhere.
 */
import type { CreditContact } from '../numbers/credit-contact.ts';
import type { Numbers, OwnNumber } from '../numbers/numbers.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { CallId, Ids } from '../ports/ids.ts';
import { type CarrierEvent, storeOnce } from '../records/carrier-events.postgres.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { Attestation, CallFacts } from './call.ts';
import type { Consulted } from './plan/consult-hook.ts';
import type { PlanCall } from './plan/plan-call.ts';
import type { VoiceCarrier } from './voice-carrier.ts';

export interface IncomingCall {
  readonly carrier: string;
  readonly carrierCallId: string;
  readonly dnis: E164;
  readonly ani: E164 | null;
  readonly attestation: Attestation | null;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A call with the id it will have, when it came in, and what is known of it before its transaction. */
export interface NewCall {
  readonly incoming: IncomingCall;
  readonly id: CallId;
  /** The number that was called, as it was found a moment ago; null: it is looked for again. */
  readonly number: OwnNumber | null;
  /** How asking the decision hook went. */
  readonly consulted: Consulted | null;
  /** Unix ms at which it came in. */
  readonly at: number;
}

export type Opened =
  | { readonly kind: 'opened'; readonly facts: CallFacts }
  | { readonly kind: 'unknown-number' }
  /** It has come before, or at once and the other one was faster. Nothing was written. */
  | { readonly kind: 'repeated' };

export interface OpenCallWorld {
  readonly numbers: Numbers;
  readonly creditContact: CreditContact;
  readonly planCall: PlanCall;
  readonly outbox: Outbox;
  readonly voice: ReadonlyMap<string, Pick<VoiceCarrier, 'capabilities'>>;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Writes what came in, and answers with what is known of the call. */
export async function openCall(world: OpenCallWorld, work: Work, call: NewCall): Promise<Opened> {
  const { incoming, id, consulted, at: now } = call;
  const dialled = { e164: incoming.dnis, carrier: incoming.carrier };
  const number = call.number ?? (await world.numbers.findOwn(work.tx, dialled));
  if (number === null) return { kind: 'unknown-number' };
  const { enterpriseId } = number;
  if (!(await storeOnce(work.tx, rawEventOf(world, incoming, number)))) return { kind: 'repeated' };
  const { ani: from, dnis: to } = incoming;
  const received = { callId: id, direction: 'inbound', from, to, attestation: incoming.attestation };
  await world.outbox.appendEvent(work, { enterpriseId, subject: id, type: 'call.received', data: received });
  const contact = { subject: id, kind: 'call' as const, number, at: now, address: incoming.ani };
  const attribution = await world.creditContact(work, contact);
  const { carrier, carrierCallId, dnis, ani, attestation } = incoming;
  const plan = await world.planCall(work, { callId: id, number, ani, attestation, attribution, consulted, at: now });
  const waitsOutside = world.voice.get(carrier)?.capabilities.has('hold-outside') === true;
  const facts = { id, enterpriseId, numberId: number.id, carrier, carrierCallId, dnis, ani, attestation, waitsOutside };
  return { kind: 'opened', facts: { ...facts, visitId: attribution.visitId, plan } };
}

function rawEventOf(world: OpenCallWorld, incoming: IncomingCall, number: OwnNumber): CarrierEvent {
  return {
    carrier: incoming.carrier,
    dedupKey: `${incoming.carrierCallId}:incoming`,
    enterpriseId: number.enterpriseId,
    kind: 'call.incoming',
    body: incoming.raw,
    receivedAt: world.clock.now(),
  };
}
