/**
 * One call as Twilio tells of it, webhook by webhook: it comes in, the agent's phone rings once it was dialled over REST,
 * picks up, presses 1, and the caller hangs up. Each webhook follows the answer to the one before, as Twilio's do, and
 * what the answers say is checked: a caller who is not held or an agent who is not asked to press 1 is a fault.
 */

/** Of a call as it is played here. */
export const webhooksPerCall = 7;

/** One webhook to be sent. */
export interface StormWebhook {
  readonly kind: 'incoming' | 'ringing' | 'agent' | 'answered' | 'keys' | 'caller-ended' | 'leg-ended';
  readonly pathAndQuery: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly call: StormCall;
}

export interface StormCall {
  readonly callerSid: string;
  readonly from: string;
  readonly to: string;
  /** Ours, as the answer names it. */
  callId: string | null;
  /** `call=…&leg=…` of the callbacks, once the agent was dialled. */
  legQuery: string | null;
  legSid: string | null;
  agent: string | null;
}

/** The call's first webhook. */
export function incomingCall(facts: { sid: string; from: string; to: string }): StormWebhook {
  const call: StormCall = {
    callerSid: facts.sid,
    from: facts.from,
    to: facts.to,
    callId: null,
    legQuery: null,
    legSid: null,
    agent: null,
  };
  const fields = { ...callerFields(call), CallStatus: 'ringing', StirVerstat: 'TN-Validation-Passed-A', ...geography };
  return { kind: 'incoming', pathAndQuery: '/carriers/twilio/voice', fields, call };
}

/** What Twilio sends once the agent's phone rings. */
export function agentRings(call: StormCall): StormWebhook {
  return legStatus(call, 'ringing', 'ringing', 0);
}

/** The webhook that follows an answer; null when the call is over or waits for the agent to be dialled. */
export function webhookAfter({ kind, call }: StormWebhook): StormWebhook | null {
  switch (kind) {
    case 'incoming':
      return null;
    case 'ringing': {
      const fields = { ...legFields(call), CallStatus: 'in-progress' };
      return { kind: 'agent', pathAndQuery: `/carriers/twilio/voice/agent?${call.legQuery}`, fields, call };
    }
    case 'agent':
      return legStatus(call, 'answered', 'in-progress', 1);
    case 'answered': {
      const fields = { ...legFields(call), CallStatus: 'in-progress', Digits: '1' };
      return { kind: 'keys', pathAndQuery: `/carriers/twilio/voice/next?step=keys&${call.legQuery}`, fields, call };
    }
    case 'keys': {
      const fields = { ...callerFields(call), CallStatus: 'completed', SequenceNumber: '0', CallDuration: '61' };
      return { kind: 'caller-ended', pathAndQuery: '/carriers/twilio/status', fields, call };
    }
    case 'caller-ended':
      return legStatus(call, 'leg-ended', 'completed', 2);
    case 'leg-ended':
      return null;
  }
}

/** What is wrong with an answer; null when it is what this step is answered. Notes our id of the call. */
export function faultOf({ kind, call }: StormWebhook, status: number, document: string): string | null {
  if (status !== 200) return `${kind} was answered ${status}`;
  if (kind === 'incoming') {
    call.callId = /call_[0-9a-z]{26}/.exec(document)?.[0] ?? null;
    return call.callId !== null && /<Play.*<Redirect/s.test(document) ? null : 'the caller is not held';
  }
  if (kind === 'agent') return document.includes('<Gather') ? null : 'the agent is not asked';
  if (kind === 'keys') return document.includes('<Conference') ? null : 'the agent is not connected';
  return null;
}

function legStatus(call: StormCall, kind: StormWebhook['kind'], CallStatus: string, sequence: number): StormWebhook {
  const fields = { ...legFields(call), CallStatus, SequenceNumber: String(sequence) };
  return { kind, pathAndQuery: `/carriers/twilio/voice/leg-status?${call.legQuery}`, fields, call };
}

const geography = Object.freeze({
  FromCity: 'PORTLAND',
  FromState: 'OR',
  FromZip: '97201',
  FromCountry: 'US',
  ToCity: 'PORTLAND',
  ToState: 'OR',
  ToZip: '97201',
  ToCountry: 'US',
});

const common = Object.freeze({ AccountSid: `AC${'4'.repeat(32)}`, ApiVersion: '2010-04-01' });

function callerFields({ callerSid, from, to }: StormCall) {
  return { ...common, CallSid: callerSid, From: from, Caller: from, To: to, Called: to, Direction: 'inbound' };
}

function legFields({ legSid, agent, to }: StormCall) {
  const phone = agent ?? '';
  return {
    ...common,
    CallSid: legSid ?? '',
    From: to,
    Caller: to,
    To: phone,
    Called: phone,
    Direction: 'outbound-api',
  };
}
