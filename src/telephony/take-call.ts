/**
 * The head of every inbound call, whatever the carrier: store the raw event once, attribute, plan, start the machine,
 * and answer with what the caller hears, all in one transaction. A repeated webhook gets the answer that fits the call
 * as it stands. `hearOfCall` does the same for everything a carrier reports later.
 */
import { limits } from '../../config/limits.ts';
import type { CreditContact } from '../numbers/credit-contact.ts';
import type { Numbers, OwnNumber } from '../numbers/numbers.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { CallId, Ids } from '../ports/ids.ts';
import { type CarrierEvent, storeOnce } from '../records/carrier-events.postgres.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Transact, Work } from '../records/transact.ts';
import type { Attestation, Call, CallEvent, CallPlan } from './call.ts';
import { startCall } from './call-machine.ts';
import type { Calls } from './calls.postgres.ts';
import type { CallRun, CallRunner } from './run-call.ts';

export interface IncomingCall {
  readonly carrier: string;
  readonly carrierCallId: string;
  readonly dnis: E164;
  readonly ani: E164 | null;
  readonly attestation: Attestation | null;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A later report about a call; `callId` as our own callback addresses carry it. */
export interface CallReport {
  readonly carrier: string;
  readonly dedupKey: string;
  readonly kind: string;
  readonly callId: CallId;
  readonly event: CallEvent | null;
  readonly raw: Readonly<Record<string, unknown>>;
}

export type Taken = { readonly kind: 'taken'; readonly call: Call } | { readonly kind: 'unknown-number' };

/** Thrown inside the transaction when the caller has been answered another way meanwhile: nothing is stored. */
export class TooLate extends Error {}

export interface CallDesk {
  /** `isTooLate` is asked just before the commit. */
  take(incoming: IncomingCall, isTooLate?: () => boolean): Promise<Taken>;
  hear(report: CallReport): Promise<CallRun>;
}

interface World {
  readonly transact: Transact;
  readonly calls: Calls;
  readonly runner: CallRunner;
  readonly numbers: Numbers;
  readonly creditContact: CreditContact;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function createCallDesk(world: World): CallDesk {
  return Object.freeze({
    take: (incoming: IncomingCall, isTooLate: () => boolean = () => false) =>
      world.transact(async (work) => {
        const taken = await takeIn(world, work, incoming);
        if (isTooLate()) throw new TooLate();
        return taken;
      }),

    hear: (report: CallReport) =>
      world.transact(async (work): Promise<CallRun> => {
        const stored = await world.calls.lock(work.tx, report.callId);
        if (stored === null) return { kind: 'unknown' };
        const isNew = await storeOnce(work.tx, {
          carrier: report.carrier,
          dedupKey: report.dedupKey,
          enterpriseId: stored.call.enterpriseId,
          kind: report.kind,
          body: report.raw,
          receivedAt: world.clock.now(),
        });
        if (!isNew || report.event === null) return { kind: 'ignored', call: stored.call, reason: 'heard before' };
        return world.runner.runIn(work, report.callId, report.event);
      }),
  });
}

async function takeIn(world: World, work: Work, incoming: IncomingCall): Promise<Taken> {
  const number = await world.numbers.findOwn(work.tx, incoming.dnis, incoming.carrier);
  if (number === null) return { kind: 'unknown-number' };
  const isNew = await storeOnce(work.tx, rawEventOf(world, incoming, number));
  if (!isNew) return { kind: 'taken', call: await repeatedCall(world, work, incoming) };
  const id = world.ids.make('call');
  const now = world.clock.now();
  const received = { callId: id, from: incoming.ani, to: incoming.dnis, attestation: incoming.attestation };
  await world.outbox.appendEvent(work, {
    enterpriseId: number.enterpriseId,
    subject: id,
    type: 'call.received',
    data: received,
  });
  const credit = await world.creditContact(work, { subject: id, kind: 'call', number, at: now });
  const started = startCall(
    {
      id,
      enterpriseId: number.enterpriseId,
      numberId: number.id,
      carrier: incoming.carrier,
      carrierCallId: incoming.carrierCallId,
      dnis: incoming.dnis,
      ani: incoming.ani,
      attestation: incoming.attestation,
      visitId: credit.visitId,
      plan: planFor(number, now),
    },
    now,
  );
  await world.calls.insert(work.tx, started.call);
  const call = await world.runner.settleIn(work, started.call, started.effects);
  await world.calls.save(work.tx, call, 1);
  return { kind: 'taken', call };
}

function rawEventOf(world: World, incoming: IncomingCall, number: OwnNumber): CarrierEvent {
  return {
    carrier: incoming.carrier,
    dedupKey: `${incoming.carrierCallId}:incoming`,
    enterpriseId: number.enterpriseId,
    kind: 'call.incoming',
    body: incoming.raw,
    receivedAt: world.clock.now(),
  };
}

async function repeatedCall(world: World, work: Work, incoming: IncomingCall): Promise<Call> {
  const id = await world.calls.findByCarrier(work.tx, incoming.carrier, incoming.carrierCallId);
  const call = id === null ? null : await world.calls.read(work.tx, id);
  if (call === null) throw new Error(`the event of ${incoming.carrierCallId} is stored but its call is not`);
  return call;
}

function planFor(number: OwnNumber, now: number): CallPlan {
  return {
    greeting: 'Thank you for calling. Please hold while we connect you.',
    ringTimeoutMs: limits.ringTimeoutMs,
    acceptTimeoutMs: limits.acceptTimeoutMs,
    waitUntil: now + limits.callWaitMs,
    offersMax: limits.offersPerCallMax,
    failover: number.failover,
  };
}
