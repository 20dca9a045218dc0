/**
 * Looks whether it is a callback's turn: an agent is free, and nobody who came before waits for one. Then the agent is rung
 * first and the customer afterwards, on a call that we make. A callback further back looks more rarely. Customers who have
 * called again are not called; those who asked hours ago are not called at night.
 */
import { limits } from '../../config/limits.ts';
import type { NumberPlaces } from '../numbers/number-place.file.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallbackId, EnterpriseId } from '../ports/ids.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import type { EntryHandler } from '../records/run-lane.ts';
import type { Db, Tx } from '../records/schema.ts';
import type { Transact, Work } from '../records/transact.ts';
import type { DestinationRules } from './allowed-destination.ts';
import type { CallbackLedger } from './callback-ledger.ts';
import type { Callback, Callbacks } from './callbacks.postgres.ts';
import { callingHours, type Whereabouts } from './calling-hours.ts';
import { callbackRefusalOf } from './may-call.ts';
import type { OutboundRules } from './outbound-rules.postgres.ts';
import type { PlaceCall } from './place-call.ts';
import type { VoiceCarrier } from './voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly callbacks: Callbacks;
  readonly ledger: CallbackLedger;
  readonly rules: OutboundRules;
  readonly readDestinations: (tx: Tx, enterpriseId: EnterpriseId) => Promise<DestinationRules>;
  readonly places: Pick<NumberPlaces, 'describe'>;
  readonly placeCall: PlaceCall;
  readonly carriers: ReadonlyMap<string, VoiceCarrier>;
  readonly clock: Clock;
}

const done: Settlement = { kind: 'done' };

export function createLookAtCallback(world: World): EntryHandler {
  return async ({ payload }: Claimed): Promise<Settlement> => {
    const id = payload.callbackId as CallbackId;
    const known = await world.callbacks.read(world.db, id);
    if (known?.state !== 'waiting') return done;
    // Looked up on disk, which no transaction waits for.
    const where = await world.places.describe(known.customer);
    return world.transact(async (work) => {
      const callback = await world.callbacks.lock(work.tx, id);
      return callback?.state === 'waiting' ? look(world, work, callback, where) : done;
      // An enterprise's callbacks share its agents and its limits: one is looked at after the other.
    }, `callbacks ${known.enterprise_id}`);
  };
}

async function look(world: World, work: Work, callback: Callback, where: Whereabouts): Promise<Settlement> {
  const now = world.clock.now();
  const age = now - callback.asked_at.getTime();
  if (age >= limits.callbackLifeMs) return over(world, work, callback, 'failed', 'too-late');
  const wakesAt = age < limits.callbackExpectedMs ? now : wakingAt(where, now);
  if (wakesAt > now) {
    await world.callbacks.change(work.tx, callback, { next_at: new Date(wakesAt) });
    return { kind: 'again', dueAt: wakesAt };
  }
  const { ahead, callers, freeAgents } = await world.callbacks.turnOf(work.tx, callback, now);
  const places = Math.min(ahead, limits.callbackLookPlacesMax);
  if (freeAgents <= ahead + callers) return { kind: 'again', dueAt: now + limits.callbackLookEveryMs * (1 + places) };
  if (await world.callbacks.hasCalledSince(work.tx, callback))
    return over(world, work, callback, 'cancelled', 'called-again');
  return start(world, work, callback, now);
}

/** When they may be called again; at once when nothing is known of where they are, for they have asked. */
function wakingAt(where: Whereabouts, now: number): number {
  const hours = callingHours(where, now);
  return hours.kind === 'open' ? now : (hours.opensAt ?? now);
}

async function start(world: World, work: Work, callback: Callback, now: number): Promise<Settlement> {
  const { enterprise_id: enterpriseId, customer: to, number_id: id } = callback;
  const from = await world.rules.numberOf(work.tx, enterpriseId, { id });
  if (from === null || !world.carriers.has(from.carrier)) return over(world, work, callback, 'failed', 'number-gone');
  const { minutesPerDay: most } = await world.rules.read(work.tx, enterpriseId);
  const refusal = callbackRefusalOf({
    to,
    rules: await world.readDestinations(work.tx, enterpriseId),
    isOwn: await world.rules.isOwn(work.tx, enterpriseId, to),
    minutes: { used: await world.rules.countCalls(work.tx, enterpriseId, 0, now), most },
  });
  if (refusal?.code === 'spend-limit') {
    const nextAt = now + limits.callbackPauseMs;
    await world.callbacks.change(work.tx, callback, { next_at: new Date(nextAt), why: refusal.code });
    return { kind: 'again', dueAt: nextAt };
  }
  if (refusal !== null) return over(world, work, callback, 'failed', refusal.code);
  await world.rules.countCalls(work.tx, enterpriseId, 1, now);
  await world.callbacks.change(work.tx, callback, { state: 'calling' });
  const call = await world.placeCall(work, {
    from,
    to,
    first: 'agent',
    purpose: 'service',
    agentId: null,
    queue: callback.queue,
    product: callback.product,
    announcement: null,
    // The belief about the first call may have been revised since.
    visitId: (await world.callbacks.originOf(work.tx, callback.call_id))?.visitId ?? callback.visit_id,
    about: callback.call_id,
    metadata: {},
    callbackId: callback.id,
    ringTimeoutMs: limits.outboundRingTimeoutMs,
  });
  await world.callbacks.change(work.tx, { id: callback.id, state: 'calling' }, { last_call_id: call.id });
  await world.ledger.tell(work, callback, 'started', { callId: call.id });
  return done;
}

async function over(
  world: World,
  work: Work,
  callback: Callback,
  state: 'failed' | 'cancelled',
  why: string,
): Promise<Settlement> {
  await world.ledger.end(work, callback, state, { why });
  return done;
}
