/** Calls that we make, in the machine: the same end and each effect once, whatever becomes of the carrier's reports. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instructionsFor } from '../../src/telephony/answer-call.ts';
import type { Call, CallEffect, CallEvent, LegEnding } from '../../src/telephony/call.ts';
import { eventsOf } from '../../src/telephony/leg-report.ts';
import { agentId, apply, chosen, legId, moveThrough, newOutbound, sampleOutbound } from './sample-call.ts';

const agentSide: CallEvent[] = [
  { type: 'leg-dialled', legId: legId(1), carrierCallId: 'SC-1' },
  { type: 'leg-ringing', legId: legId(1) },
  { type: 'leg-answered', legId: legId(1) },
  { type: 'leg-accepted', legId: legId(1) },
];
const customerSide: CallEvent[] = [
  { type: 'customer-dialled', carrierCallId: 'SC-99' },
  { type: 'customer-ringing' },
  { type: 'customer-answered' },
];
const stories: Record<'agent' | 'customer', CallEvent[]> = {
  agent: [chosen(1), ...agentSide, ...customerSide, { type: 'caller-ended', reason: 'completed' }],
  customer: [...customerSide, chosen(1), ...agentSide, { type: 'caller-ended', reason: 'completed' }],
};
/** What a carrier may leave out without changing how the call goes. */
const missable = new Set<CallEvent['type']>(['leg-ringing', 'leg-answered', 'customer-ringing', 'leg-dialled']);

function tell(first: 'agent' | 'customer', events: readonly CallEvent[]) {
  const started = newOutbound({ first });
  let { call } = started;
  const effects: CallEffect[] = [...started.effects];
  for (const event of events) {
    const step = apply(call, event);
    call = step.call;
    effects.push(...step.effects);
  }
  return { call, effects };
}

/** Effects that the outside sees, in no order; hanging up a leg whose id nobody told is not among them. */
function seen(effects: readonly CallEffect[]): string[] {
  return effects.map((effect) => JSON.stringify(effect)).toSorted();
}

/** The story with some reports missing, ringing late, and any of what was said said again later. */
function disturbed(first: 'agent' | 'customer'): fc.Arbitrary<CallEvent[]> {
  const story = stories[first];
  return fc
    .record({
      kept: fc.array(fc.boolean(), { minLength: story.length, maxLength: story.length }),
      again: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }),
    })
    .map(({ kept, again }) => {
      const told = story.filter((event, index) => kept[index] || !missable.has(event.type));
      for (const [what, where] of again) {
        const index = what % told.length;
        const event = told[index];
        if (event !== undefined && event.type !== 'agent-chosen')
          told.splice(index + 1 + (where % (told.length - index)), 0, event);
      }
      return told;
    });
}

describe.each(['agent', 'customer'] as const)('a call with the %s first', (first) => {
  test('ends the same and does everything once, however its reports are doubled, late or missing', () => {
    const plain = tell(first, stories[first]);
    expect(plain.call).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
    fc.assert(
      fc.property(disturbed(first), (events) => {
        const { call, effects } = tell(first, events);
        expect(call.verdict).toEqual(plain.call.verdict);
        expect(seen(effects)).toEqual(seen(plain.effects));
      }),
      { numRuns: 2_000 },
    );
  });
});

test('the agent waits with music, the customer hears the line about the recording and starts the talk', () => {
  const plan = { record: true, opening: ['Calls are recorded.'], greeting: '' };
  const ready = moveThrough(newOutbound({}, plan).call, [chosen(1), ...agentSide]);
  expect(ready.state).toBe('calling');
  expect(instructionsFor(ready, legId(1))).toMatchObject([{ verb: 'join', role: 'caller', endsRoom: true }]);
  const met = apply(moveThrough(ready, customerSide.slice(0, 2)), { type: 'customer-answered' });
  expect(met.call.state).toBe('bridged');
  expect(instructionsFor(met.call, sampleOutbound.legId)).toMatchObject([
    { verb: 'say', text: 'Calls are recorded.' },
    { verb: 'join', role: 'agent', endsRoom: true, next: { step: 'left-room', legId: null } },
  ]);
  expect(met.effects).not.toContainEqual(expect.objectContaining({ kind: 'record' }));
  const announced = apply(met.call, { type: 'timer-due', timer: 'announced', legId: null });
  expect(announced.effects).toEqual([{ kind: 'record', act: 'start' }]);
  expect(apply(announced.call, { type: 'timer-due', timer: 'announced', legId: null }).ignored).toBe(true);
});

test.each<[LegEnding, string, RegExp | null]>([
  ['busy', 'customer-busy', /busy/],
  ['no-answer', 'customer-unanswered', /does not answer/],
  ['declined', 'customer-declined', /declined/],
  ['failed', 'customer-unreachable', /could not be reached/],
  ['completed', 'caller-gave-up', /hung up/],
])('a customer whose phone ends as %s: %s, and the agent is told', (reason, slug, words) => {
  const calling = moveThrough(newOutbound().call, [chosen(1), ...agentSide]);
  const ended = apply(calling, { type: 'caller-ended', reason });
  expect(ended.call).toMatchObject({ state: 'ended', verdict: { slug } });
  expect(ended.effects).toContainEqual({ kind: 'instruct-leg', legId: legId(1) });
  expect(ended.effects).toContainEqual(expect.objectContaining({ kind: 'free-agent', agentId: agentId(1) }));
  expect(instructionsFor(ended.call, legId(1))).toMatchObject([
    { verb: 'say', text: expect.stringMatching(words ?? /./) },
    { verb: 'hang-up' },
  ]);
});

test('an agent who was named is the only one to be rung', () => {
  const { call } = newOutbound({ agentId: agentId(1) });
  expect(call.wantedAgentId).toBe(agentId(1));
  const declined = apply(moveThrough(call, [chosen(1)]), { type: 'leg-ended', legId: legId(1), reason: 'busy' });
  expect(declined.call).toMatchObject({ state: 'ended', verdict: { slug: 'agent-unavailable' } });
  expect(declined.effects.filter(({ kind }) => kind === 'choose-agent')).toEqual([]);
});

test('a customer who is there when nobody can be, is told so and let go', () => {
  const waiting = moveThrough(newOutbound({ first: 'customer' }).call, customerSide);
  const over = apply(waiting, { type: 'nobody-free', someoneBusy: false });
  expect(over.call).toMatchObject({ state: 'ended', verdict: { slug: 'no-agent' } });
  expect(over.effects).toContainEqual({ kind: 'instruct-caller' });
  expect(instructionsFor(over.call, null)).toMatchObject([{ verb: 'say' }, { verb: 'hang-up' }]);
});

test('whoever picks up hears of the customer, also when somebody else was faster', () => {
  const { call } = newOutbound({ first: 'customer' }, { dispatch: 'race', raceSize: 2 });
  const both = moveThrough(call, [...customerSide, chosen(1), chosen(2)]);
  const won = moveThrough(both, [{ type: 'leg-accepted', legId: legId(1) }]);
  for (const later of [both, won])
    expect(instructionsFor(later, legId(2))).toMatchObject([
      { verb: 'gather', prompt: expect.stringMatching(/^A customer whom we have called/) },
      { verb: 'hang-up' },
    ]);
});

test('a machine that picks up ends a call that no agent waits for; with one it is theirs', () => {
  const machine: CallEvent = { type: 'customer-machine' };
  const alone = apply(newOutbound({ first: 'customer' }).call, machine);
  expect(alone.call.verdict?.slug).toBe('customer-machine');
  expect(apply(moveThrough(newOutbound().call, [chosen(1), ...agentSide]), machine).ignored).toBe(true);
});

test('a phone that was dialled for a call that is over is hung up once its id is known', () => {
  const over = moveThrough(newOutbound({ first: 'customer' }).call, [{ type: 'hang-up-asked' }]);
  const late = apply(over, { type: 'customer-dialled', carrierCallId: 'SC-99' });
  expect(late.effects).toEqual([{ kind: 'hang-up-caller' }]);
});

test('what is reported of the customer’s leg is said of the caller, under their own id', () => {
  const { call } = newOutbound();
  const about = { callId: call.id, legId: sampleOutbound.legId, carrierCallId: 'SC-99' };
  const types = (fact: Parameters<typeof eventsOf>[0]['fact'], of: Pick<Call, 'outbound'> = call) =>
    eventsOf({ ...about, fact }, of).map(({ type }) => type);
  expect(types({ what: 'answered' })).toEqual(['customer-dialled', 'customer-answered']);
  expect(types({ what: 'machine' })).toEqual(['customer-dialled', 'customer-machine']);
  expect(types({ what: 'ended', reason: 'busy' })).toEqual(['customer-dialled', 'caller-ended']);
  expect(types({ what: 'left-room', room: 'r' })).toEqual(['customer-dialled', 'room-ended']);
  expect(types({ what: 'answered' }, { outbound: null })).toEqual(['leg-dialled', 'leg-answered']);
});
