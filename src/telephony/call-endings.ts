/**
 * How a call ends: the steps that close it with a verdict, and the late facts that may still refine one. Pure, like the
 * steps that keep it going.
 */
import { limits } from '../../config/limits.ts';
import { type Call, type CallEffect, isLive, type Leg, talkMs } from './call.ts';
import { type EventOf, hangUpAndFree, isOnCall, letGo, type Moved } from './moved.ts';
import { type VerdictSlug, verdictOf } from './verdict.ts';

/** The caller hung up before anybody took the call. */
export function abandon(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'caller-gave-up', now, { hangUpCaller: false });
}

/** The answer was given from memory because the record was slow: the caller is with the failover, out of our hands. */
export function endFailedOver(call: Call, _event: EventOf<'failed-over'>, now: number): Moved {
  return end(call, 'failover-unrecorded', now, { hangUpCaller: false });
}

/** The same, heard of after the caller had hung up: they neither gave up nor were missed, we sent them on. */
export function noteFailedOverLate(call: Call): Moved | null {
  const isMisjudged = call.verdict?.outcome === 'abandoned' || call.verdict?.outcome === 'missed';
  return isMisjudged ? revised(call, 'failover-unrecorded') : null;
}

/** How the failover dial went, heard of after the caller's own end: the verdict is put right. */
export function noteLateFailover(call: Call, event: EventOf<'failover-ended'>): Moved | null {
  if (!event.answered || call.verdict?.slug !== 'failover-unanswered') return null;
  return revised(call, 'failover-answered');
}

export function timerOfLife(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  return event.timer === 'life' ? end(call, 'carrier-silent', now, { hangUpCaller: true }) : null;
}

export function timerOfVoicemail(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  const over = event.timer === 'life' || event.timer === 'voicemail';
  return over ? end(call, 'voicemail-empty', now, { hangUpCaller: true }) : null;
}

export function endWithVoicemail(call: Call, event: EventOf<'voicemail-left'>, now: number): Moved {
  const voicemail = { seconds: event.seconds, recordingId: event.recordingId };
  const ended = end(call, event.seconds > 0 ? 'voicemail-left' : 'voicemail-empty', now, { hangUpCaller: false });
  return { call: { ...ended.call, voicemail }, effects: [tellVoicemail(voicemail), ...ended.effects] };
}

/** The caller hung up while recording; what was recorded is reported separately and may still come. */
export function endWithoutVoicemail(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'voicemail-empty', now, { hangUpCaller: false });
}

export function noteLateVoicemail(call: Call, event: EventOf<'voicemail-left'>): Moved | null {
  if (call.voicemail !== null || event.seconds === 0) return null;
  const voicemail = { seconds: event.seconds, recordingId: event.recordingId };
  const kept: Call = { ...call, voicemail };
  const told = tellVoicemail(voicemail);
  if (call.verdict?.outcome !== 'missed') return { call: kept, effects: [told] };
  const { call: refined, effects } = revised(kept, 'voicemail-left');
  return { call: refined, effects: [told, ...effects] };
}

export function endFailover(call: Call, event: EventOf<'failover-ended'>, now: number): Moved {
  if (event.answered) return end(call, 'failover-answered', now, { hangUpCaller: false });
  return toVoicemail(call, now, { instruct: false });
}

export function endFailoverByCaller(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'failover-unanswered', now, { hangUpCaller: false });
}

/** The contact centre ends a talk, and a call that nobody has taken yet. */
export function hangUpTalk(call: Call, _event: EventOf<'hang-up-asked'>, now: number): Moved {
  return end(call, 'answered', now, { hangUpCaller: true });
}

export function hangUpUnanswered(call: Call, _event: EventOf<'hang-up-asked'>, now: number): Moved {
  return end(call, 'hung-up', now, { hangUpCaller: true });
}

/** Nobody took a call that we have made: a customer who is there is told so. */
export function endWithoutAgent(call: Call, now: number): Moved {
  const isThere = call.outbound !== null && call.outbound.answeredAt !== null;
  const ended = end(call, 'no-agent', now, { hangUpCaller: false });
  return isThere ? { call: ended.call, effects: [...ended.effects, { kind: 'instruct-caller' }] } : ended;
}

/** The caller hung up while they could talk with somebody, or were on hold for it. */
export function endTalk(call: Call, _event: EventOf<'caller-ended'>, now: number): Moved {
  return end(call, 'answered', now, { hangUpCaller: false });
}

/** The carrier no longer knows this call. */
export function endLost(call: Call, _event: EventOf<'carrier-lost'>, now: number): Moved {
  return end(call, 'carrier-lost', now, { hangUpCaller: false });
}

/** The caller is asked for a message; `instruct` when nobody is waiting for our answer to say so. */
export function toVoicemail(call: Call, now: number, how: { instruct: boolean }): Moved {
  const dueAt = now + limits.voicemailSecondsMax * 1_000 + limits.legTimerSlackMs;
  const instruct: CallEffect[] = how.instruct ? [{ kind: 'instruct-caller' }] : [];
  return {
    call: { ...call, state: 'voicemail' },
    effects: [...instruct, { kind: 'set-timer', timer: 'voicemail', legId: null, dueAt }],
  };
}

/** Ends the call with a verdict: whoever is still rung or talking is let go, and the contact centre is told. */
export function end(call: Call, slug: VerdictSlug, now: number, how: { hangUpCaller: boolean }): Moved {
  const live = call.legs.filter(isLive);
  const ended: Call = { ...call, state: 'ended', endedAt: now, verdict: verdictOf(slug), legs: call.legs.map(closed) };
  const hangUpCaller: CallEffect[] = how.hangUpCaller ? [{ kind: 'hang-up-caller' }] : [];
  const data = { verdict: ended.verdict, durationMs: now - call.startedAt, talkMs: talkMs(ended) };
  return {
    call: ended,
    effects: [
      ...hangUpCaller,
      ...live.filter(isOnCall).flatMap((leg) => hangUpAndFree(leg, call.plan.wrapUpMs)),
      ...letGo(live.filter((leg) => !isOnCall(leg))),
      { kind: 'tell', type: 'call.ended', data },
      ...(call.outbound === null ? [] : [{ kind: 'settle-outbound' } as const]),
    ],
  };
}

function revised(call: Call, slug: VerdictSlug): Moved {
  const verdict = verdictOf(slug);
  return { call: { ...call, verdict }, effects: [{ kind: 'tell', type: 'call.revised', data: { verdict } }] };
}

function tellVoicemail(voicemail: { seconds: number; recordingId: string | null }): CallEffect {
  return { kind: 'tell', type: 'call.voicemail', data: { ...voicemail } };
}

function closed(leg: Leg): Leg {
  return isLive(leg) ? { ...leg, state: 'ended', ending: isOnCall(leg) ? 'completed' : 'withdrawn' } : leg;
}
