import { describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { CallEvent, CallState, CallTimer } from '../../src/telephony/call.ts';
import { callChart } from '../../src/telephony/call-machine.ts';
import type { CallOutcome } from '../../src/telephony/verdict.ts';
import { agentId, apply, callIn, chosen, failoverNumber, legId, moveThrough, newCall, startAt } from './sample-call.ts';

const nobody = (someoneBusy: boolean): CallEvent => ({ type: 'nobody-free', someoneBusy });
const legEnded = (number: number, reason: 'busy' | 'no-answer' | 'completed' = 'no-answer'): CallEvent => ({
  type: 'leg-ended',
  legId: legId(number),
  reason,
});
const accepted = (number: number): CallEvent => ({ type: 'leg-accepted', legId: legId(number) });
const timer = (name: CallTimer, leg: number | null = null): CallEvent => ({
  type: 'timer-due',
  timer: name,
  legId: leg === null ? null : legId(leg),
});
const lookAgain = startAt + 1_000 + limits.agentRetryMs;
const kinds = (effects: readonly { kind: string }[]) => effects.map(({ kind }) => kind);

/** One event of every type, about leg 1 where it is about a leg. */
const everyEvent: readonly CallEvent[] = [
  chosen(2),
  nobody(false),
  { type: 'leg-dialled', legId: legId(1), carrierCallId: 'SC2' },
  { type: 'leg-ringing', legId: legId(1) },
  { type: 'leg-answered', legId: legId(1) },
  accepted(1),
  legEnded(1),
  { type: 'caller-ended' },
  { type: 'room-ended', room: 'call_1' },
  { type: 'failover-ended', answered: true },
  { type: 'failed-over' },
  { type: 'voicemail-left', seconds: 7, recordingId: 'rec_1' },
  { type: 'carrier-lost' },
  timer('life'),
];

test('a new call waits, arms its two timers and looks for an agent', () => {
  const { call, effects } = newCall();
  expect(call).toMatchObject({ state: 'waiting', legs: [], verdict: null, startedAt: startAt });
  expect(effects).toEqual([
    { kind: 'set-timer', timer: 'life', legId: null, dueAt: startAt + limits.callLifeMs },
    { kind: 'set-timer', timer: 'wait', legId: null, dueAt: startAt + 60_000 },
    { kind: 'choose-agent', tried: [], only: null, as: 'call' },
  ]);
});

describe('while waiting', () => {
  test('a chosen agent is dialled, watched by a timer of ours, and told of', () => {
    const { call, effects } = apply(newCall().call, chosen(1));
    expect(call.legs).toMatchObject([{ id: legId(1), agentId: agentId(1), state: 'dialling', carrierCallId: null }]);
    const dueAt = startAt + 1_000 + 20_000 + 8_000 + limits.legTimerSlackMs;
    expect(effects).toEqual([
      { kind: 'dial-leg', legId: legId(1) },
      { kind: 'set-timer', timer: 'ring', legId: legId(1), dueAt },
      { kind: 'tell', type: 'call.offered', data: { agentId: agentId(1), legId: legId(1) } },
    ]);
  });

  test.each([
    ['somebody busy, time left: looks again soon', true, 60_000, null, 'waiting', ['set-timer']],
    [
      'somebody busy, no time to look again: voicemail',
      true,
      2_000,
      null,
      'voicemail',
      ['instruct-caller', 'set-timer'],
    ],
    ['nobody at all: voicemail', false, 60_000, null, 'voicemail', ['instruct-caller', 'set-timer']],
    ['nobody at all, with a failover: there', false, 60_000, failoverNumber, 'failover', ['instruct-caller']],
  ] as const)('%s', (_title, someoneBusy, waitMs, failover, state, effects) => {
    const moved = apply(newCall({ failover, waitUntil: startAt + waitMs }).call, nobody(someoneBusy));
    expect([moved.call.state, kinds(moved.effects)]).toEqual([state, effects]);
    if (state === 'waiting') expect(moved.effects).toMatchObject([{ timer: 'retry', dueAt: lookAgain }]);
  });

  test('the agent who presses 1 has the caller', () => {
    const { call, effects } = apply(moveThrough(newCall().call, [chosen(1)]), accepted(1), startAt + 9_000);
    expect(call).toMatchObject({ state: 'bridged', bridgedLegId: legId(1), bridgedAt: startAt + 9_000 });
    expect(effects).toEqual([
      { kind: 'settle-offer', legId: legId(1), as: 'accepted' },
      { kind: 'tell', type: 'call.answered', data: { agentId: agentId(1), waitedMs: 9_000 } },
    ]);
  });

  test.each([
    ['busy', 'declined'],
    ['declined', 'declined'],
    ['no-answer', 'missed'],
    ['failed', 'missed'],
    ['canceled', 'missed'],
  ] as const)('a leg that ends %s settles its offer as %s and the next agent is looked for', (reason, as) => {
    const moved = apply(moveThrough(newCall().call, [chosen(1)]), { type: 'leg-ended', legId: legId(1), reason });
    expect(moved.effects).toEqual([
      { kind: 'settle-offer', legId: legId(1), as },
      { kind: 'choose-agent', tried: [agentId(1)], only: null, as: 'call' },
    ]);
  });

  test('an agent who picked up and pressed nothing has declined', () => {
    const call = moveThrough(newCall().call, [chosen(1), { type: 'leg-answered', legId: legId(1) }]);
    expect(apply(call, legEnded(1, 'completed')).effects).toContainEqual({
      kind: 'settle-offer',
      legId: legId(1),
      as: 'declined',
    });
  });

  test('after the last allowed offer nobody else is tried', () => {
    const call = moveThrough(newCall({ offersMax: 1 }).call, [chosen(1)]);
    expect(apply(call, legEnded(1)).call.state).toBe('voicemail');
  });

  test('after the wait limit nobody else is tried', () => {
    const call = moveThrough(newCall().call, [chosen(1)]);
    expect(apply(call, legEnded(1), startAt + 60_000).call.state).toBe('voicemail');
  });

  test('a leg the carrier is silent about is hung up by our own timer and the next agent looked for', () => {
    const moved = apply(moveThrough(newCall().call, [chosen(1)]), timer('ring', 1), startAt + 33_000);
    expect(kinds(moved.effects)).toEqual(['hang-up-leg', 'settle-offer', 'choose-agent']);
  });

  test('the wait limit and the second look disturb nobody who is being rung', () => {
    const call = moveThrough(newCall().call, [chosen(1)]);
    expect([apply(call, timer('wait')).ignored, apply(call, timer('retry')).ignored]).toEqual([true, true]);
    expect(apply(newCall().call, timer('retry')).effects).toEqual([
      { kind: 'choose-agent', tried: [], only: null, as: 'call' },
    ]);
    expect(apply(newCall().call, timer('wait'), startAt + 60_000).call.state).toBe('voicemail');
  });

  test('a caller who hangs up is an abandoned call and the ringing agent is let go', () => {
    const { call, effects } = apply(moveThrough(newCall().call, [chosen(1)]), { type: 'caller-ended' });
    expect(call).toMatchObject({ state: 'ended', verdict: { slug: 'caller-gave-up', outcome: 'abandoned' } });
    expect(kinds(effects)).toEqual(['settle-offer', 'hang-up-leg', 'tell']);
  });
});

describe('late and lost news', () => {
  test('a leg that turns out to be dialled after it was given up is hung up', () => {
    const call = moveThrough(newCall().call, [chosen(1), { type: 'caller-ended' }]);
    const moved = apply(call, { type: 'leg-dialled', legId: legId(1), carrierCallId: 'SC2' });
    expect(moved.effects).toEqual([{ kind: 'hang-up-leg', legId: legId(1) }]);
  });

  test('late ringing after answer is ignored', () => {
    const call = moveThrough(newCall().call, [chosen(1), { type: 'leg-answered', legId: legId(1) }]);
    expect(apply(call, { type: 'leg-ringing', legId: legId(1) }).ignored).toBe(true);
  });

  test('an acceptance is believed even when dialled, ringing and answered were never heard', () => {
    expect(moveThrough(newCall().call, [chosen(1), accepted(1)]).state).toBe('bridged');
  });

  test('an acceptance after the caller hung up, or by a leg that ended, bridges nobody', () => {
    expect(apply(callIn('ended'), accepted(1)).ignored).toBe(true);
    expect(apply(moveThrough(newCall().call, [chosen(1), legEnded(1)]), accepted(1)).ignored).toBe(true);
  });

  test('news of a leg that is not ours changes nothing in any state', () => {
    const foreign = everyEvent.filter((event) => 'legId' in event && event.type.startsWith('leg-'));
    for (const state of callChart.states) {
      for (const event of foreign) {
        expect(apply(callIn(state), { ...event, legId: legId(99) } as CallEvent).ignored).toBe(true);
      }
    }
  });

  test('a voicemail that arrives after the caller’s end puts the verdict right and says so', () => {
    const call = moveThrough(callIn('voicemail'), [{ type: 'caller-ended' }]);
    expect(call.verdict?.slug).toBe('voicemail-empty');
    const left = apply(call, { type: 'voicemail-left', seconds: 7, recordingId: 'rec_1' });
    expect(left.call).toMatchObject({ verdict: { slug: 'voicemail-left' }, voicemail: { seconds: 7 } });
    expect(left.effects).toMatchObject([
      { kind: 'tell', type: 'call.voicemail', data: { seconds: 7, recordingId: 'rec_1' } },
      { kind: 'tell', type: 'call.revised', data: { verdict: { slug: 'voicemail-left' } } },
    ]);
  });

  test.each(['waiting', 'voicemail', 'failover'] as const)(
    'a call sent to its failover from memory is known as that, whether the record had it %s or ended',
    (state) => {
      const failedOver: CallEvent = { type: 'failed-over' };
      const slugOf = (events: CallEvent[]) => moveThrough(callIn(state), events).verdict?.slug;
      expect(slugOf([failedOver, { type: 'caller-ended' }])).toBe('failover-unrecorded');
      expect(slugOf([{ type: 'caller-ended' }, failedOver])).toBe('failover-unrecorded');
    },
  );
});

describe('endings', () => {
  test.each([
    ['the agent hangs up', 'bridged', legEnded(1, 'completed'), 'answered', true],
    ['the caller hangs up', 'bridged', { type: 'caller-ended' }, 'answered', false],
    ['the room closes', 'bridged', { type: 'room-ended', room: 'call_1' }, 'answered', true],
    ['the carrier loses a talk', 'bridged', { type: 'carrier-lost' }, 'carrier-lost', false],
    ['the carrier says nothing for the life of a talk', 'bridged', timer('life'), 'carrier-silent', true],
    ['the carrier says nothing for the life of a wait', 'waiting', timer('life'), 'carrier-silent', true],
    [
      'a message is left',
      'voicemail',
      { type: 'voicemail-left', seconds: 3, recordingId: null },
      'voicemail-left',
      false,
    ],
    [
      'nothing is said',
      'voicemail',
      { type: 'voicemail-left', seconds: 0, recordingId: null },
      'voicemail-empty',
      false,
    ],
    ['the recording is never heard of', 'voicemail', timer('voicemail'), 'voicemail-empty', true],
    ['the failover answers', 'failover', { type: 'failover-ended', answered: true }, 'failover-answered', false],
    ['the caller leaves while it rings', 'failover', { type: 'caller-ended' }, 'failover-unanswered', false],
    ['the carrier loses it', 'failover', { type: 'carrier-lost' }, 'carrier-lost', false],
  ] as const)('%s: %s ends as told, once', (_title, state, event, slug, hangsUp) => {
    const { call, effects } = apply(callIn(state), event as CallEvent);
    expect(call).toMatchObject({ state: 'ended', verdict: { slug }, endedAt: startAt + 1_000 });
    expect(kinds(effects).includes('hang-up-caller')).toBe(hangsUp);
    expect(effects.filter((effect) => effect.kind === 'tell' && effect.type === 'call.ended')).toHaveLength(1);
  });

  test('the end of a talk frees the agent and hangs up the agent’s leg', () => {
    const { effects } = apply(callIn('bridged'), { type: 'caller-ended' }, startAt + 31_000);
    expect(effects).toMatchObject([
      { kind: 'hang-up-leg', legId: legId(1) },
      { kind: 'free-agent', agentId: agentId(1) },
      { kind: 'tell', type: 'call.ended', data: { durationMs: 31_000, talkMs: 30_000 } },
    ]);
  });

  test('an unanswered failover leads to voicemail in the same answer', () => {
    const moved = apply(callIn('failover'), { type: 'failover-ended', answered: false });
    expect([moved.call.state, kinds(moved.effects)]).toEqual(['voicemail', ['set-timer']]);
  });
});

test('whatever the chart does not list for a state is ignored and names the state', () => {
  const listed = new Set(callChart.transitions.map(([from, type]) => `${from} ${type}`));
  const seen: string[] = [];
  for (const state of callChart.states) {
    for (const event of everyEvent) {
      const moved = apply(callIn(state), event);
      if (moved.ignored) expect(moved.call).toEqual(callIn(state));
      else seen.push(`${state} ${event.type}`);
    }
  }
  expect(seen.filter((pair) => !listed.has(pair))).toEqual([]);
});

/** Every order of `events`. */
function orders(events: readonly CallEvent[]): CallEvent[][] {
  if (events.length <= 1) return [[...events]];
  return events.flatMap((event, at) => orders(events.toSpliced(at, 1)).map((rest) => [event, ...rest]));
}

/**
 * Real orders that reports can overtake each other in. Not listed, because our own answer stands between the two and
 * makes the order certain: an acceptance and the caller's end (the agent is told who was first), a leg's end and the
 * caller's end while waiting (the next agent is rung between), and the failover's end before a voicemail (the recording
 * is our answer to it).
 */
test.each<readonly [string, CallState, readonly CallEvent[], CallOutcome]>([
  [
    'a talk',
    'bridged',
    [legEnded(1, 'completed'), { type: 'room-ended', room: 'call_1' }, { type: 'caller-ended' }],
    'answered',
  ],
  [
    'a message',
    'voicemail',
    [{ type: 'voicemail-left', seconds: 7, recordingId: null }, { type: 'caller-ended' }],
    'voicemail',
  ],
  [
    'silence',
    'voicemail',
    [{ type: 'voicemail-left', seconds: 0, recordingId: null }, { type: 'caller-ended' }],
    'missed',
  ],
  ['a failover', 'failover', [{ type: 'failover-ended', answered: true }, { type: 'caller-ended' }], 'failover'],
  ['no failover', 'failover', [{ type: 'failover-ended', answered: false }, { type: 'caller-ended' }], 'missed'],
  ['the memory’s failover', 'waiting', [{ type: 'failed-over' }, { type: 'caller-ended' }], 'failover'],
])('the end of %s has one outcome in whatever order it is told', (_title, state, events, outcome) => {
  const outcomes = orders(events).map((order) => moveThrough(callIn(state), order).verdict?.outcome);
  expect(new Set(outcomes)).toEqual(new Set([outcome]));
});
