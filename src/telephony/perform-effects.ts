/**
 * Performs what the call machine asked for, one outbox entry at a time. Every handler first looks whether the effect
 * is still wanted, because the call may have moved on since it was written, and may be run again after a crash: a
 * repeated dial asks the carrier for the call it may already have made.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { AppError } from '../ports/errors.ts';
import type { CallId, LegId } from '../ports/ids.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import { type EntryHandler, retryOrGiveUp } from '../records/run-lane.ts';
import type { Db } from '../records/schema.ts';
import { instructionsFor } from './answer-call.ts';
import { type Call, type CallTimer, isLive, type Leg, legOf } from './call.ts';
import type { Calls } from './calls.postgres.ts';
import { checkCallKind, createCheckCall } from './check-call.ts';
import { isPhone } from './instructions.ts';
import type { CallRunner } from './run-call.ts';
import type { CarrierAnswer, DialAnswer, RecordingAct, VoiceCarrier } from './voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly calls: Calls;
  readonly runner: CallRunner;
  readonly carriers: ReadonlyMap<string, VoiceCarrier>;
  readonly clock: Clock;
}

interface CallPayload {
  readonly callId: CallId;
  readonly legId?: LegId;
  readonly timer?: CallTimer;
  readonly act?: RecordingAct;
}

const done: Settlement = { kind: 'done' };

/** Outbox handlers by entry kind. */
export function createCallEffects(world: World): Readonly<Record<string, EntryHandler>> {
  return Object.freeze({
    'call.dial-leg': (claimed: Claimed) => withLeg(world, claimed, (call, leg) => dial(world, claimed, call, leg)),
    'call.hang-up-leg': (claimed: Claimed) =>
      withLeg(world, claimed, (call, leg) => hangUpLeg(world, claimed, call, leg)),
    'call.instruct-leg': (claimed: Claimed) =>
      withLeg(world, claimed, (call, leg) => instructLeg(world, claimed, call, leg)),
    'call.dial-customer': (claimed: Claimed) => withCall(world, claimed, (call) => dialCustomer(world, claimed, call)),
    'call.instruct-caller': (claimed: Claimed) =>
      withCall(world, claimed, (call) => instructCaller(world, claimed, call)),
    'call.record': (claimed: Claimed) => withCall(world, claimed, (call) => record(world, claimed, call)),
    'call.hang-up-caller': (claimed: Claimed) => withCall(world, claimed, (call) => hangUpCaller(world, claimed, call)),
    [checkCallKind]: createCheckCall(world),
    'call.timer': async (claimed: Claimed) => {
      const { callId, legId, timer } = payloadOf(claimed);
      if (timer !== undefined) await world.runner.run(callId, { type: 'timer-due', timer, legId: legId ?? null });
      return done;
    },
  });
}

async function dial(world: World, claimed: Claimed, call: Call, leg: Leg): Promise<Settlement> {
  if (!isLive(leg) || leg.carrierCallId !== null) return done;
  const { ringTimeoutMs, detectMachines } = call.plan;
  const detectMachine = detectMachines && leg.role === 'agent' && isPhone(leg.to);
  const { id: legId, agentId, to } = leg;
  const answer = await order(world, claimed, call, { legId, agentId, to, ringTimeoutMs, detectMachine });
  if (answer.kind === 'dialled') {
    await world.runner.run(call.id, { type: 'leg-dialled', legId: leg.id, carrierCallId: answer.carrierCallId });
    return done;
  }
  const settlement = dialAgain(world, claimed, call, answer);
  if (settlement.kind === 'dead')
    await world.runner.run(call.id, { type: 'leg-ended', legId: leg.id, reason: 'failed' });
  return settlement;
}

async function dialCustomer(world: World, claimed: Claimed, call: Call): Promise<Settlement> {
  const { outbound, ani: to } = call;
  if (call.state !== 'calling' || call.carrierCallId !== null || outbound === null || to === null) return done;
  const { legId, ringTimeoutMs } = outbound;
  const answer = await order(world, claimed, call, { legId, agentId: null, to, ringTimeoutMs, detectMachine: false });
  if (answer.kind === 'dialled') {
    await world.runner.run(call.id, { type: 'customer-dialled', carrierCallId: answer.carrierCallId });
    return done;
  }
  const settlement = dialAgain(world, claimed, call, answer);
  if (settlement.kind === 'dead') await world.runner.run(call.id, { type: 'caller-ended', reason: 'failed' });
  return settlement;
}

async function order(
  world: World,
  claimed: Claimed,
  call: Call,
  {
    agentId,
    ...phone
  }: Pick<Leg, 'agentId' | 'to'> & {
    readonly legId: LegId;
    readonly ringTimeoutMs: number;
    readonly detectMachine: boolean;
  },
): Promise<DialAnswer> {
  const repeated = claimed.attempts > 1;
  return carrierOf(world, call).dial({
    callId: call.id,
    from: call.dnis,
    ...phone,
    orderedAt: claimed.created_at.getTime(),
    repeated,
    ...(repeated ? { taken: await world.calls.dialledIds(world.db, call.carrier, { agentId }) } : {}),
  });
}

/**
 * A caller waits meanwhile: a phone that cannot be rung soon makes room for the next one. Where nobody waits, as before a
 * call that we make, the carrier is given longer.
 */
function dialAgain(
  world: World,
  claimed: Claimed,
  call: Call,
  { kind, reason: error }: Exclude<DialAnswer, { kind: 'dialled' }>,
): Settlement {
  if (kind === 'refused') return { kind: 'dead', error };
  const now = world.clock.now();
  const pauses = limits.dialRetryPausesMs;
  const pauseMs = pauses[claimed.attempts - 1];
  if (pauseMs !== undefined) return { kind: 'retry', dueAt: now + pauseMs, error };
  const isAwaited = (call.state !== 'preparing' && call.state !== 'calling') || call.bridgedLegId !== null;
  const isLate = now - claimed.created_at.getTime() >= limits.outboundDialPatienceMs;
  if (isAwaited || isLate) return { kind: 'dead', error };
  return { kind: 'retry', dueAt: now + (pauses.at(-1) ?? 0), error };
}

async function hangUpLeg(world: World, claimed: Claimed, call: Call, leg: Leg): Promise<Settlement> {
  if (leg.carrierCallId === null) return done;
  return settlementOf(world, claimed, await carrierOf(world, call).hangUp(leg.carrierCallId));
}

/** A leg that cannot be told what it should do, and has no part in the call, is hung up instead. */
async function instructLeg(world: World, claimed: Claimed, call: Call, leg: Leg): Promise<Settlement> {
  if (leg.carrierCallId === null) return done;
  const answer = await carrierOf(world, call).instruct(leg.carrierCallId, instructionsFor(call, leg.id));
  if (answer.kind === 'gone' && isLive(leg))
    await world.runner.run(call.id, { type: 'leg-ended', legId: leg.id, reason: 'completed' });
  if (answer.kind === 'refused' && !isLive(leg)) return hangUpLeg(world, claimed, call, leg);
  return settlementOf(world, claimed, answer);
}

/** Nothing is ordered that the caller has been told meanwhile by an answer: it would cut short what they hear. */
async function instructCaller(world: World, claimed: Claimed, call: Call): Promise<Settlement> {
  const { carrierCallId } = call;
  // Nobody is told anything after the end, but a customer whom we called and nobody can talk with.
  if (carrierCallId === null || (call.state === 'ended' && call.verdict?.slug !== 'no-agent')) return done;
  if (call.waitsOutside && call.ordersHeard >= call.orders) return done;
  const answer = await carrierOf(world, call).instruct(carrierCallId, instructionsFor(call, null));
  if (answer.kind === 'gone') await world.runner.run(call.id, { type: 'caller-ended' });
  if (answer.kind === 'done' && call.waitsOutside)
    await world.runner.run(call.id, { type: 'caller-told', order: call.orders });
  const settlement = settlementOf(world, claimed, answer);
  if (answer.kind !== 'unavailable' || settlement.kind !== 'dead') return settlement;
  // A caller who is not told hears music for ever: they are told for as long as the call lives.
  const { reason: error } = answer;
  return { kind: 'retry', dueAt: world.clock.now() + (limits.effectRetryPausesMs.at(-1) ?? 0), error };
}

async function record(world: World, claimed: Claimed, call: Call): Promise<Settlement> {
  const { act } = payloadOf(claimed);
  const carrier = carrierOf(world, call);
  if (call.carrierCallId === null) return done;
  if (act === undefined || carrier.record === undefined)
    return { kind: 'dead', error: `${call.carrier} records no conversations` };
  return settlementOf(world, claimed, await carrier.record(call.carrierCallId, act, call.id));
}

async function hangUpCaller(world: World, claimed: Claimed, call: Call): Promise<Settlement> {
  if (call.carrierCallId === null) return done;
  return settlementOf(world, claimed, await carrierOf(world, call).hangUp(call.carrierCallId));
}

function settlementOf(world: World, claimed: Claimed, answer: CarrierAnswer): Settlement {
  if (answer.kind === 'done' || answer.kind === 'gone') return done;
  if (answer.kind === 'refused') return { kind: 'dead', error: answer.reason };
  return retryOrGiveUp(world.clock, claimed.attempts, answer.reason);
}

async function withCall(world: World, claimed: Claimed, act: (call: Call) => Promise<Settlement>): Promise<Settlement> {
  const call = await world.calls.read(world.db, payloadOf(claimed).callId);
  return call === null ? { kind: 'dead', error: 'the call is not in the record' } : act(call);
}

function withLeg(
  world: World,
  claimed: Claimed,
  act: (call: Call, leg: Leg) => Promise<Settlement>,
): Promise<Settlement> {
  return withCall(world, claimed, async (call) => {
    const { legId } = payloadOf(claimed);
    const leg = legId === undefined ? undefined : legOf(call, legId);
    return leg === undefined ? { kind: 'dead', error: 'the leg is not in the record' } : act(call, leg);
  });
}

function carrierOf(world: World, call: Call): VoiceCarrier {
  const carrier = world.carriers.get(call.carrier);
  if (carrier === undefined)
    throw new AppError('carrier-unavailable', { detail: `carrier ${call.carrier} is not configured` });
  return carrier;
}

function payloadOf(claimed: Claimed): CallPayload {
  return claimed.payload as unknown as CallPayload;
}
