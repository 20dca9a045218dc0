/**
 * One call with its surroundings as the runner sees them: agents whose presence the effects move, legs the carrier may
 * or may not have heard of, timers that fall due. It performs effects the way `run-call.ts` does and keeps a diary, so
 * that a random run can be judged at its end.
 */
import type { AgentId, LegId } from '../../src/ports/ids.ts';
import { type Call, type CallEffect, type CallEvent, isLive } from '../../src/telephony/call.ts';
import type { Outbound } from '../../src/telephony/outbound.ts';
import type { CallPlan } from '../../src/telephony/plan/plan-parts.ts';
import {
  type Applied,
  agentId,
  agentPhone,
  apply,
  legId,
  newCall,
  newOutbound,
  sampleMenu,
  startAt,
} from './sample-call.ts';

/** `elsewhere` is another call's agent: busy, and none of our doing. */
type Presence = 'ready' | 'offered' | 'engaged' | 'elsewhere';

export interface Run {
  readonly agents: number;
  readonly hasFailover: boolean;
  readonly offersMax: number;
  /** Phones that ring at once; 1: one after another. */
  readonly atOnce: number;
  /** By its plan: with agents, handed over whole, or treated as one outside hours. */
  readonly begins:
    | 'usual'
    | 'callback'
    | 'agent-first'
    | 'customer-first'
    | 'named'
    | 'menu'
    | 'handed-over'
    | 'voicemail'
    | 'failover'
    | 'hang-up';
}

/** What one event moved: for the chart. */
export interface Move {
  readonly from: Call['state'];
  readonly type: CallEvent['type'];
  readonly to: Call['state'];
}

/** After these the carrier's side of the customer's leg is over, or ends with what it was told last. */
const endsCustomer: ReadonlySet<CallEvent['type']> = new Set([
  'caller-ended',
  'voicemail-left',
  'failover-ended',
  'failed-over',
  'carrier-lost',
]);

export function stageCall(run: Run) {
  const failover = run.hasFailover ? agentPhone(37) : null;
  const plan = { failover, offersMax: run.offersMax, ...dispatchOf(run), ...beginningOf(run) };
  const outbound = outboundOf(run);
  const started = outbound === null ? newCall(plan) : newOutbound(outbound, plan);
  const presence = new Map<AgentId, Presence>(
    Array.from({ length: run.agents }, (_, at) => [agentId(at + 1), run.begins === 'callback' ? 'elsewhere' : 'ready']),
  );
  const clock = { at: startAt };
  const moves: Move[] = [];
  const effects: CallEffect[] = [];
  const settled: LegId[] = [];
  const bridged = new Set<LegId>();
  const timers: Extract<CallEffect, { kind: 'set-timer' }>[] = [];
  const endedByCarrier = new Set<LegId>();
  /** Legs the carrier rings for us and that we have not asked it to hang up since we know its id for them. */
  const ringing = new Set<LegId>();
  /** Whether the phone of a customer whom we call rings or talks for us. */
  let isCustomerUp = false;
  let legs = 0;
  let call = started.call;

  const choose = ({ tried, only }: Extract<CallEffect, { kind: 'choose-agent' }>): CallEvent => {
    const able = [...presence].filter(([id]) => !tried.includes(id) && (only ?? id) === id);
    const [free] = able.find(([, state]) => state === 'ready') ?? [];
    const someoneBusy = able.some(([, state]) => state !== 'ready');
    if (free === undefined) return { type: 'nobody-free', someoneBusy };
    legs += 1;
    presence.set(free, 'offered');
    return { type: 'agent-chosen', legId: legId(legs), agentId: free, phone: agentPhone(legs) };
  };

  const perform = (effect: CallEffect): CallEvent | null => {
    effects.push(effect);
    if (effect.kind === 'choose-agent') return choose(effect);
    if (effect.kind === 'settle-offer') {
      settled.push(effect.legId);
      const agent = call.legs.find(({ id }) => id === effect.legId)?.agentId;
      if (agent) presence.set(agent, effect.as === 'accepted' ? 'engaged' : 'ready');
    }
    if (effect.kind === 'free-agent') presence.set(effect.agentId, 'ready');
    if (effect.kind === 'set-timer') timers.push(effect);
    const isLetGo = effect.kind === 'hang-up-caller' || (effect.kind === 'instruct-caller' && call.state === 'ended');
    if (isLetGo && call.carrierCallId !== null) isCustomerUp = false;
    if (isHangUp(effect) && legOfCarrier(effect.legId) !== null) ringing.delete(effect.legId);
    return null;
  };

  /** Who is told that the call is taken is hung up with it. */
  const isHangUp = (effect: CallEffect): effect is Extract<CallEffect, { kind: 'hang-up-leg' | 'instruct-leg' }> =>
    effect.kind === 'hang-up-leg' ||
    (effect.kind === 'instruct-leg' && call.legs.some(({ id, state }) => id === effect.legId && state === 'ended'));

  const legOfCarrier = (id: LegId) => call.legs.find((leg) => leg.id === id)?.carrierCallId ?? null;

  const note = (event: CallEvent, step: Applied) => {
    if (step.ignored) return;
    moves.push({ from: call.state, type: event.type, to: step.call.state });
    if (event.type === 'customer-dialled') isCustomerUp = true;
    if (endsCustomer.has(event.type)) isCustomerUp = false;
    if (event.type === 'leg-dialled') ringing.add(event.legId);
    if (event.type === 'leg-ended') endedByCarrier.add(event.legId);
    if (step.call.bridgedLegId !== null) bridged.add(step.call.bridgedLegId);
  };

  const settle = (wanted: readonly CallEffect[]) => {
    const queue = [...wanted];
    for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
      const answer = perform(effect);
      if (answer !== null) queue.push(...step(answer).effects);
    }
  };

  const step = (event: CallEvent): Applied => {
    const applied = apply(call, event, clock.at);
    note(event, applied);
    call = applied.call;
    return applied;
  };

  settle(started.effects);
  return {
    beganAs: `${outbound === null ? 'received' : 'placed'} ${started.call.state}`,
    isCustomerUp: () => isCustomerUp,
    clock,
    presence,
    moves,
    effects,
    settled,
    bridged,
    timers,
    call: () => call,
    /** Applies an event and everything the runner does because of it; false when it was ignored. */
    hear(event: CallEvent): boolean {
      const applied = step(event);
      settle(applied.effects);
      return !applied.ignored;
    },
    /** Another call takes an agent who is ready, or gives one back. */
    engageElsewhere(pick: number, isBusy: boolean): void {
      const [from, to]: [Presence, Presence] = isBusy ? ['ready', 'elsewhere'] : ['elsewhere', 'ready'];
      const able = [...presence].filter(([, state]) => state === from);
      const [id] = able[pick % Math.max(1, able.length)] ?? [];
      if (id !== undefined) presence.set(id, to);
    },
    /** Legs known to the carrier, not ended by it, and not hung up by us. */
    leftRinging: () => [...ringing].filter((id) => !endedByCarrier.has(id)),
    live: () => call.legs.filter(isLive),
  };
}

function dispatchOf({ atOnce }: Run): Partial<CallPlan> {
  return atOnce === 1 ? {} : { dispatch: 'race', raceSize: atOnce };
}

function outboundOf({ begins }: Run): Partial<Outbound> | null {
  if (begins === 'agent-first' || begins === 'customer-first')
    return { first: begins === 'agent-first' ? 'agent' : 'customer' };
  return begins === 'named' ? { agentId: agentId(1) } : null;
}

function beginningOf({ begins }: Run): Partial<CallPlan> {
  if (begins === 'agent-first' || begins === 'customer-first' || begins === 'named') return { record: true };
  if (begins === 'callback') return { callbackAfterMs: 20_000 };
  if (begins === 'usual') return { record: true };
  if (begins === 'menu') return { menu: sampleMenu };
  if (begins === 'handed-over') return { handOver: { to: agentPhone(38), headers: {} } };
  return { closed: { action: begins, announcement: null } };
}

export type StagedCall = ReturnType<typeof stageCall>;
