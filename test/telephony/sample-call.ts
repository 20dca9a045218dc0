/** A call for the machine's tests, with short ways to say what befell it. Frozen to the bottom, so a step that writes into it fails. */
import type { E164 } from '../../src/ports/e164.ts';
import type { AgentId, CallId, EnterpriseId, LegId, NumberId } from '../../src/ports/ids.ts';
import type { Call, CallEffect, CallEvent } from '../../src/telephony/call.ts';
import { advance, startCall, startOutbound } from '../../src/telephony/call-machine.ts';
import type { Outbound } from '../../src/telephony/outbound.ts';
import { type CallPlan, type Menu, type MenuChoice, planDefaults } from '../../src/telephony/plan/plan-parts.ts';

export const startAt = Date.parse('2026-05-04T10:00:00Z');
export const failoverNumber = '+15035550177' as E164;

export const legId = (number: number): LegId => `leg_${number}` as LegId;
export const agentId = (number: number): AgentId => `agent_${number}` as AgentId;
export const agentPhone = (number: number): E164 => `+150355501${String(40 + number)}` as E164;

/** A call that has just come in; `plan` says what is different. */
export function newCall(plan: Partial<CallPlan> = {}): { call: Call; effects: readonly CallEffect[] } {
  return frozen(
    startCall(
      {
        id: 'call_1' as CallId,
        enterpriseId: 'ent_1' as EnterpriseId,
        numberId: 'num_1' as NumberId,
        carrier: 'sandbox',
        carrierCallId: 'SC1',
        dnis: '+15035550100' as E164,
        ani: '+15035550123' as E164,
        attestation: 'A',
        visitId: null,
        plan: {
          ...planDefaults,
          greeting: 'Please hold.',
          ringTimeoutMs: 20_000,
          acceptTimeoutMs: 8_000,
          waitUntil: startAt + 60_000,
          offersMax: 3,
          failover: null,
          ...plan,
        },
      },
      startAt,
    ),
  );
}

/** A call that we make to somebody; `outbound` says what is different. */
export function newOutbound(
  outbound: Partial<Outbound> = {},
  plan: Partial<CallPlan> = {},
): { call: Call; effects: readonly CallEffect[] } {
  const { plan: usual, ...facts } = newCall({ overflow: 'voicemail', ...plan }).call;
  const started = startOutbound(
    { ...facts, plan: usual, carrierCallId: null },
    { ...sampleOutbound, ...outbound },
    startAt,
  );
  return frozen(started);
}

export const sampleOutbound: Outbound = {
  first: 'agent',
  purpose: 'service',
  legId: legId(99),
  agentId: null,
  about: null,
  metadata: {},
  callbackId: null,
  ringTimeoutMs: 30_000,
  isRinging: false,
  answeredAt: null,
};

/** The event of choosing agent `number`, whose leg has the same number. */
export function chosen(number: number): CallEvent {
  return { type: 'agent-chosen', legId: legId(number), agentId: agentId(number), phone: agentPhone(number) };
}

const below = (prompt: string, otherwise: MenuChoice): MenuChoice => ({
  to: 'menu',
  menu: { prompt, keys: { '1': { to: 'agents' } }, retries: 0, timeoutMs: 3_000, otherwise },
});

/** 1 a queue, 2 and 5 further menus, 3 a number, 4 a product, 9 a message; otherwise any agent. */
export const sampleMenu: Menu = {
  prompt: 'For sales press 1.',
  keys: {
    '1': { to: 'queue', queue: 'sales' },
    '2': below('For boilers press 1.', below('Once more.', { to: 'number', number: agentPhone(36) })),
    '3': { to: 'number', number: agentPhone(36) },
    '4': { to: 'product', product: 'boilers' },
    '5': below('For pumps press 1.', { to: 'voicemail' }),
    '9': { to: 'voicemail' },
  },
  retries: 1,
  timeoutMs: 5_000,
  otherwise: { to: 'agents' },
};

/** The order to move the call to an outside number, which is rung on leg `number`. */
export function toNumber(mode: 'blind' | 'warm', number: number): CallEvent {
  return { type: 'transfer-asked', mode, to: { kind: 'number', number: agentPhone(38) }, legId: legId(number) };
}

/** What one event did: the next call (the same one when it was ignored) and the effects. */
export interface Applied {
  readonly call: Call;
  readonly effects: readonly CallEffect[];
  readonly ignored: boolean;
}

export function apply(call: Call, event: CallEvent, now = startAt + 1_000): Applied {
  const step = advance(call, event, now);
  if (step.kind === 'ignored') return { call, effects: [], ignored: true };
  return { ...frozen({ call: step.call, effects: step.effects }), ignored: false };
}

/** The call after all of `events`, ignored ones included. */
export function moveThrough(call: Call, events: readonly CallEvent[], now = startAt + 1_000): Call {
  return events.reduce((current, event) => apply(current, event, now).call, call);
}

/** A call in each state, reached the way calls get there. */
export function callIn(state: Call['state']): Call {
  const nobody: CallEvent = { type: 'nobody-free', someoneBusy: false };
  switch (state) {
    case 'preparing':
      return moveThrough(newOutbound().call, [chosen(1)]);
    case 'calling':
      return newOutbound({ first: 'customer' }).call;
    case 'waiting':
      return moveThrough(newCall().call, [chosen(1)]);
    case 'bridged':
      return certain(moveThrough(newCall().call, [chosen(1), { type: 'leg-accepted', legId: legId(1) }]));
    case 'menu':
      return newCall({ menu: sampleMenu }).call;
    case 'held':
      return moveThrough(callIn('bridged'), [{ type: 'hold-asked' }]);
    case 'consulting':
      return moveThrough(callIn('bridged'), [toNumber('warm', 9)]);
    case 'voicemail':
      return moveThrough(newCall().call, [nobody]);
    case 'failover':
      return moveThrough(newCall({ failover: failoverNumber }).call, [nobody]);
    case 'ended':
      return moveThrough(newCall().call, [chosen(1), { type: 'caller-ended' }]);
  }
}

/** As though the two had talked for long enough that they have certainly met. */
function certain(call: Call): Call {
  return frozen({ ...call, provenAt: null });
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
