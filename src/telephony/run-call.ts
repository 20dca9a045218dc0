/**
 * Runs the call machine against the record: lock, advance, save with a version check, and write every effect beside
 * the new call in the same transaction. Choosing an agent is the one effect whose answer is a new event, so it is
 * performed inside and fed back until the machine asks for nothing more.
 */
import type { Clock } from '../ports/clock.ts';
import { unreachable } from '../ports/errors.ts';
import type { CallId, Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Transact, Work } from '../records/transact.ts';
import { endWrapUpKind } from '../routing/end-wrap-up.ts';
import type { Offers } from '../routing/offers.postgres.ts';
import type { Call, CallEffect, CallEvent } from './call.ts';
import { timerLane, waitingLanesOf } from './call-lanes.ts';
import { advance } from './call-machine.ts';
import type { Calls, StoredCall } from './calls.postgres.ts';
import { directionOf } from './outbound.ts';

export type CallRun =
  | { readonly kind: 'advanced'; readonly call: Call }
  | { readonly kind: 'ignored'; readonly call: Call; readonly reason: string }
  | { readonly kind: 'unknown' };

export interface CallRunner {
  /** Applies an event to a call in a transaction of its own. */
  run(callId: CallId, event: CallEvent): Promise<CallRun>;
  /** The same inside a transaction that stores the carrier's event too. */
  runIn(work: Work, callId: CallId, event: CallEvent): Promise<CallRun>;
  /** Applies several to a call that this transaction has locked; answers with the last one's run. */
  runLocked(work: Work, locked: StoredCall, events: readonly CallEvent[]): Promise<CallRun>;
  /**
   * Performs a new call's first effects; answers with the call as it stands then. What the caller hears is left to the
   * answer of the very webhook that brought the call: an order to the carrier would race that answer.
   */
  settleIn(work: Work, call: Call, effects: readonly CallEffect[]): Promise<Call>;
}

/** What follows from a call besides what its legs do; both in the transaction of its change. */
export interface CallAftermath {
  readonly settleOutbound: (work: Work, call: Call) => Promise<void>;
  readonly requestCallback: (work: Work, call: Call) => Promise<void>;
}

interface World extends CallAftermath {
  readonly transact: Transact;
  readonly calls: Calls;
  readonly offers: Offers;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export function createCallRunner(world: World): CallRunner {
  const runLocked = async (work: Work, locked: StoredCall, events: readonly CallEvent[]): Promise<CallRun> => {
    let run: Awaited<ReturnType<typeof apply>> = { kind: 'ignored', call: locked.call, reason: 'nothing to apply' };
    for (const event of events) run = await apply(world, work, run.call, event);
    if (run.call !== locked.call) await world.calls.save(work.tx, { call: run.call, from: locked });
    if (run.call.state === 'ended' && locked.call.state !== 'ended')
      world.outbox.withdraw(work, waitingLanesOf(run.call));
    return run;
  };
  const runIn = async (work: Work, callId: CallId, event: CallEvent): Promise<CallRun> => {
    const locked = await world.calls.lock(work.tx, callId);
    return locked === null ? { kind: 'unknown' } : runLocked(work, locked, [event]);
  };
  return Object.freeze({
    run: (callId: CallId, event: CallEvent) => world.transact((work) => runIn(work, callId, event), callId),
    runIn,
    runLocked,
    settleIn: (work: Work, call: Call, effects: readonly CallEffect[]) =>
      settle(world, work, call, effects, (effect) => effect.kind !== 'instruct-caller'),
  });
}

/** The call after one event, not saved yet. */
async function apply(
  world: World,
  work: Work,
  before: Call,
  event: CallEvent,
): Promise<Exclude<CallRun, { kind: 'unknown' }>> {
  const step = advance(before, event, world.clock.now());
  if (step.kind === 'advanced') return { kind: 'advanced', call: await settle(world, work, step.call, step.effects) };
  world.log.debug({ callId: before.id, reason: step.reason }, 'call-event-ignored');
  return { kind: 'ignored', call: before, reason: step.reason };
}

async function settle(
  world: World,
  work: Work,
  first: Call,
  effects: readonly CallEffect[],
  isWanted: (effect: CallEffect) => boolean = () => true,
): Promise<Call> {
  let call = first;
  const queue = [...effects];
  let isCallerToBeTold = false;
  for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
    if (!isWanted(effect)) continue;
    // What the caller hears is worked out when they are told it: once is enough, a second time would cut it short.
    if (effect.kind === 'instruct-caller' && isCallerToBeTold) continue;
    isCallerToBeTold ||= effect.kind === 'instruct-caller';
    const answer = await perform(world, work, call, effect);
    if (answer === null) continue;
    const step = advance(call, answer, world.clock.now());
    if (step.kind === 'ignored') continue;
    call = step.call;
    queue.push(...step.effects);
  }
  return call;
}

async function perform(world: World, work: Work, call: Call, effect: CallEffect): Promise<CallEvent | null> {
  switch (effect.kind) {
    case 'choose-agent':
      return chooseAgent(world, work, call, effect);
    case 'settle-offer':
      await world.offers.settle(work.tx, { legId: effect.legId, as: effect.as });
      return null;
    case 'free-agent':
      await freeAgent(world, work, call, effect);
      return null;
    case 'tell':
      await world.outbox.appendEvent(work, {
        enterpriseId: call.enterpriseId,
        subject: call.id,
        type: effect.type,
        data: { callId: call.id, direction: directionOf(call), ...effect.data },
      });
      return null;
    case 'set-timer': {
      const lane = timerLane(call.id, effect.timer, effect.legId);
      const payload = { callId: call.id, timer: effect.timer, legId: effect.legId };
      await addEffect(world, work, call, { lane, kind: 'call.timer', payload, dueAt: effect.dueAt });
      return null;
    }
    case 'dial-leg':
    case 'hang-up-leg':
    case 'instruct-leg': {
      const payload = { callId: call.id, legId: effect.legId };
      await addEffect(world, work, call, { lane: laneOf(call), kind: `call.${effect.kind}`, payload });
      return null;
    }
    case 'settle-outbound':
      await world.settleOutbound(work, call);
      return null;
    case 'request-callback':
      await world.requestCallback(work, call);
      return null;
    case 'dial-customer':
    case 'record':
    case 'instruct-caller':
    case 'hang-up-caller':
      await addEffect(world, work, call, {
        lane: laneOf(call),
        kind: `call.${effect.kind}`,
        payload: { callId: call.id, ...('act' in effect ? { act: effect.act } : {}) },
      });
      return null;
    default:
      return unreachable(effect);
  }
}

async function chooseAgent(
  world: World,
  work: Work,
  call: Call,
  { tried, only, as }: Extract<CallEffect, { kind: 'choose-agent' }>,
): Promise<CallEvent> {
  const legId = world.ids.make('leg');
  const chosen = await world.offers.offerNext(work.tx, {
    enterpriseId: call.enterpriseId,
    callId: call.id,
    legId,
    tried,
    only,
    as,
    isAskedFor: call.state === 'preparing' && only !== null,
    queuedAt: call.outbound === null && as === 'call' ? call.startedAt : null,
  });
  if (chosen.kind === 'nobody') return { type: 'nobody-free', someoneBusy: chosen.someoneBusy };
  return { type: 'agent-chosen', legId, agentId: chosen.agentId, phone: chosen.phone };
}

/** Left alone for as long as the plan says, and ready again by a timer that is written with it. */
async function freeAgent(
  world: World,
  work: Work,
  call: Call,
  { agentId, legId, wrapUpMs }: Extract<CallEffect, { kind: 'free-agent' }>,
): Promise<void> {
  const wraps = await world.offers.freeAgent(work.tx, { agentId, legId, wrapUpMs });
  if (!wraps) return;
  const since = world.clock.now();
  await addEffect(world, work, call, {
    lane: `timer:${agentId}:wrap-up:`,
    kind: endWrapUpKind,
    payload: { agentId, since },
    dueAt: since + wrapUpMs,
  });
}

function laneOf(call: Call): string {
  return `call:${call.id}`;
}

function addEffect(
  world: World,
  work: Work,
  call: Call,
  effect: { lane: string; kind: string; payload: Record<string, unknown>; dueAt?: number },
): Promise<void> {
  return world.outbox.addEffect(work, { enterpriseId: call.enterpriseId, ...effect });
}
