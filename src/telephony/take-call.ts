/**
 * The head of every inbound call, whatever the carrier: store the raw event once, attribute, plan, start the machine,
 * and answer with what the caller hears, all in one transaction. A repeated webhook gets the answer that fits the call
 * as it stands. `hear` does the same for everything a carrier reports later.
 */
import { limits } from '../../config/limits.ts';
import type { SettleHolders } from '../numbers/settle-holders.ts';
import { allDone } from '../ports/all-done.ts';
import type { E164 } from '../ports/e164.ts';
import type { CallId } from '../ports/ids.ts';
import { isStored, storeOnce } from '../records/carrier-events.postgres.ts';
import { NothingDone, type Transact, type Work } from '../records/transact.ts';
import { afterMusic, instructionsFor } from './answer-call.ts';
import type { Call } from './call.ts';
import { startCall, startElsewhere } from './call-machine.ts';
import type { Calls } from './calls.postgres.ts';
import { checkOf } from './check-call.ts';
import type { Instruction } from './instructions.ts';
import { eventsOf, type LegReport } from './leg-report.ts';
import { type IncomingCall, type NewCall, type OpenCallWorld, openCall } from './open-call.ts';
import type { HookDesk } from './plan/consult-hook.ts';
import type { CallRun, CallRunner } from './run-call.ts';

/** A report that was taken: the call as it stands, and what the leg it is about does next. */
export type Heard =
  | { readonly kind: 'heard'; readonly call: Call; readonly instructions: readonly Instruction[] }
  | { readonly kind: 'unknown' };

/** The end of a call that the record does not know (yet). */
export interface EarlyEnd {
  readonly carrier: string;
  readonly carrierCallId: string;
  readonly dnis: E164;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Unix ms, as the carrier has them. */
export interface UnseenTimes {
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export type Taken = { readonly kind: 'taken'; readonly call: Call } | { readonly kind: 'unknown-number' };

/** Thrown inside the transaction when the caller has been answered another way meanwhile: nothing is stored. */
class TooLate extends Error {}

export interface CallDesk {
  /** `isTooLate` is asked just before the commit. */
  take(incoming: IncomingCall, isTooLate?: () => boolean): Promise<Taken>;
  /** A later report about a call. Stored once; the second time it only answers with what fits now. */
  hear(report: LegReport): Promise<Heard>;
  /** A caller who waits outside of the room has heard their music and asks what comes next. */
  ask(callId: CallId): Promise<Heard>;
  /** Keeps the end of a call whose beginning is still on its way, so that nobody is rung for it and it does not live on. */
  endedEarly(end: EarlyEnd): Promise<void>;
  /**
   * Records a call that only the carrier knows, as one whose caller met us not at all; `endedAt` null: it goes on there.
   * False when it is known, or was made to a number that is not ours.
   */
  unseen(incoming: IncomingCall, times: UnseenTimes): Promise<boolean>;
  /** Records a call that was sent to the failover number while the record was away. */
  failedOver(incoming: IncomingCall): Promise<void>;
}

interface World extends OpenCallWorld {
  readonly transact: Transact;
  readonly calls: Calls;
  readonly runner: CallRunner;
  readonly settleHolders: SettleHolders;
  readonly hookDesk: Pick<HookDesk, 'consult'>;
}

export function createCallDesk(world: World): CallDesk {
  return Object.freeze({
    async take(incoming: IncomingCall, isTooLate: () => boolean = () => false): Promise<Taken> {
      const arrivedAt = world.clock.now();
      const id = world.ids.make('call');
      const number = await world.settleHolders(incoming.dnis, incoming.carrier, incoming.ani);
      // Before the transaction: a stranger's server is waited for, and the embedded database has one session.
      const consulted = await world.hookDesk.consult(incoming, id, arrivedAt);
      return world.transact(async (work) => {
        if (isTooLate()) throw new NothingDone();
        work.beforeCommit(async () => {
          if (isTooLate()) throw new TooLate();
        });
        return takeIn(world, work, { incoming, id, number, consulted, at: world.clock.now() });
      }, aboutOf(incoming));
    },

    async hear(report: LegReport): Promise<Heard> {
      const run = await world.transact((work) => hearIn(world, work, report), report.callId);
      if (run.kind === 'unknown') return run;
      return { kind: 'heard', call: run.call, instructions: instructionsFor(run.call, report.legId) };
    },

    async ask(callId: CallId): Promise<Heard> {
      const call = await world.transact((work) => askIn(world, work, callId), callId);
      if (call === null) return { kind: 'unknown' };
      return { kind: 'heard', call, instructions: afterMusic(call, world.clock.now()) };
    },

    endedEarly: (end: EarlyEnd) => world.transact((work) => keepEarlyEnd(world, work, end), aboutOf(end)),

    async failedOver(incoming: IncomingCall): Promise<void> {
      const number = await world.settleHolders(incoming.dnis, incoming.carrier, incoming.ani);
      const found = { incoming, number, consulted: null, at: world.clock.now() };
      await world.transact((work) => recordFailover(world, work, found), aboutOf(incoming));
    },

    async unseen(incoming: IncomingCall, { startedAt, endedAt }: UnseenTimes): Promise<boolean> {
      const number = await world.settleHolders(incoming.dnis, incoming.carrier, incoming.ani);
      const found = { incoming, number, consulted: null, at: startedAt };
      const record = (work: Work) => recordUnseen(world, work, found, endedAt);
      return world.transact(record, aboutOf(incoming));
    },
  });
}

/** A call whose id here may not be known yet. */
function aboutOf({ carrier, carrierCallId }: Pick<IncomingCall, 'carrier' | 'carrierCallId'>): string {
  return `${carrier} ${carrierCallId}`;
}

async function keepEarlyEnd(world: World, work: Work, end: EarlyEnd): Promise<void> {
  const number = await world.numbers.findOwn(work.tx, { e164: end.dnis, carrier: end.carrier });
  if (number === null) return;
  await storeOnce(work.tx, {
    carrier: end.carrier,
    dedupKey: earlyEndKey(end.carrierCallId),
    enterpriseId: number.enterpriseId,
    kind: 'call.status',
    body: end.raw,
    receivedAt: world.clock.now(),
  });
  // The beginning may have been recorded since the caller of this looked for it.
  const known = await world.calls.findByCarrier(work.tx, end);
  if (known !== null) await world.runner.runIn(work, known, { type: 'caller-ended' });
}

function earlyEndKey(carrierCallId: string): string {
  return `${carrierCallId}:ended-early`;
}

async function hearIn(world: World, work: Work, report: LegReport): Promise<CallRun> {
  const locked = await world.calls.lockAndStore(work.tx, {
    callId: report.callId,
    carrier: report.carrier,
    dedupKey: report.dedupKey,
    kind: `${report.legId === null ? 'call' : 'leg'}.${report.fact.what}`,
    body: report.raw,
    receivedAt: world.clock.now(),
  });
  if (locked === null) return { kind: 'unknown' };
  if (!locked.isNew) return { kind: 'ignored', call: locked.call, reason: 'heard before' };
  return world.runner.runLocked(work, locked, eventsOf(report, locked.call));
}

/**
 * The answer tells the caller what an order may still be on its way with; otherwise nothing is written. Nor does the end of
 * the wait need a timer of ours here, which orders to a carrier that hangs might keep from its turn.
 */
async function askIn({ calls, runner, clock }: World, work: Work, callId: CallId): Promise<Call | null> {
  const call = await calls.read(work.tx, callId);
  if (call === null) return null;
  const isWaitOver = call.state === 'waiting' && clock.now() >= call.plan.waitUntil;
  if (!isWaitOver && call.ordersHeard >= call.orders) return call;
  if (isWaitOver) await runner.runIn(work, callId, { type: 'timer-due', timer: 'wait', legId: null });
  const run = await runner.runIn(work, callId, { type: 'caller-told', order: null });
  return run.kind === 'unknown' ? null : run.call;
}

/** Says afterwards what was done without the record: the call is kept as one that went to the failover number. */
async function recordFailover(world: World, work: Work, found: Omit<NewCall, 'id'>): Promise<void> {
  const call = await findOrInsert(world, work, found);
  if (call !== null) await world.runner.runIn(work, call.id, { type: 'failed-over' });
}

async function recordUnseen(
  world: World,
  work: Work,
  found: Omit<NewCall, 'id'>,
  endedAt: number | null,
): Promise<boolean> {
  const call = await findOrInsert(world, work, found);
  if (call === null || !call.isNew) return false;
  await world.runner.runIn(work, call.id, { type: 'unseen', endedAt });
  return true;
}

/** A call that met others than us; null when the number is not ours. */
async function findOrInsert(
  world: World,
  work: Work,
  found: Omit<NewCall, 'id'>,
): Promise<{ readonly id: CallId; readonly isNew: boolean } | null> {
  const known = await world.calls.findByCarrier(work.tx, found.incoming);
  if (known !== null) return { id: known, isNew: false };
  const opened = await openCall(world, work, { ...found, id: world.ids.make('call') });
  if (opened.kind === 'unknown-number') return null;
  if (opened.kind === 'repeated') return { id: (await storedCall(world, work, found.incoming)).id, isNew: false };
  await world.calls.insert(work.tx, startElsewhere(opened.facts, found.at));
  return { id: opened.facts.id, isNew: true };
}

async function takeIn(world: World, work: Work, call: NewCall): Promise<Taken> {
  const { incoming } = call;
  const opened = await openCall(world, work, call);
  if (opened.kind === 'unknown-number') return opened;
  if (opened.kind === 'repeated') return { kind: 'taken', call: await storedCall(world, work, incoming) };
  const started = startCall(opened.facts, call.at);
  const begun = await world.runner.settleIn(work, started.call, started.effects);
  const isEnded = isStored(work.tx, { carrier: incoming.carrier, dedupKey: earlyEndKey(incoming.carrierCallId) });
  await allDone([world.calls.insert(work.tx, begun), isEnded]);
  const dueAt = world.clock.now() + limits.callCheckEveryMs;
  await world.outbox.addEffect(work, { enterpriseId: begun.enterpriseId, ...checkOf(begun.id), dueAt });
  if (!(await isEnded)) return { kind: 'taken', call: begun };
  const ended = await world.runner.runIn(work, begun.id, { type: 'caller-ended' });
  return { kind: 'taken', call: ended.kind === 'unknown' ? begun : ended.call };
}

/** The call whose first event is in the record already. */
async function storedCall({ calls }: World, { tx }: Work, incoming: IncomingCall): Promise<Call> {
  const id = await calls.findByCarrier(tx, incoming);
  const call = id === null ? null : await calls.read(tx, id);
  if (call === null) throw new Error(`the call ${aboutOf(incoming)} has come in and is not there`);
  return call;
}
