/**
 * What may befall a call, drawn by chance: a carrier's reports in any order and about any leg, commands that fit or do not,
 * timers that fall due early, late and twice, agents whom other calls take.
 */
import fc from 'fast-check';
import type { CallEvent } from '../../src/telephony/call.ts';
import { agentId, agentPhone, legId, toNumber } from './sample-call.ts';
import type { Run, StagedCall } from './staged-call.ts';

export const runs: fc.Arbitrary<Run> = fc.record({
  agents: fc.nat({ max: 4 }),
  hasFailover: fc.boolean(),
  offersMax: fc.integer({ min: 1, max: 4 }),
  atOnce: fc.integer({ min: 1, max: 3 }),
  begins: fc.oneof(
    { weight: 12, arbitrary: fc.constant('usual' as const) },
    { weight: 3, arbitrary: fc.constant('menu' as const) },
    { weight: 4, arbitrary: fc.constant('callback' as const) },
    { weight: 7, arbitrary: fc.constantFrom('agent-first', 'customer-first', 'named' as const) },
    { weight: 1, arbitrary: fc.constantFrom('handed-over', 'voicemail', 'failover', 'hang-up' as const) },
  ),
});

/** Leg 0 is nobody's; the others may or may not have been dialled by then. */
const anyLeg = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 106, max: 109 })).map(legId);
const endings = fc.constantFrom('busy', 'no-answer', 'failed', 'completed', 'canceled', 'declined' as const);
export const legEvents: fc.Arbitrary<CallEvent> = fc.oneof(
  anyLeg.map((id) => ({ type: 'leg-dialled', legId: id, carrierCallId: `SC-${id}` }) as const),
  anyLeg.map((id) => ({ type: 'leg-ringing', legId: id }) as const),
  anyLeg.map((id) => ({ type: 'leg-answered', legId: id }) as const),
  anyLeg.map((id) => ({ type: 'leg-accepted', legId: id }) as const),
  fc.constantFrom<CallEvent>(
    { type: 'customer-dialled', carrierCallId: 'SC-99' },
    { type: 'customer-ringing' },
    { type: 'customer-answered' },
    { type: 'customer-machine' },
  ),
  fc.tuple(anyLeg, endings).map(([id, reason]) => ({ type: 'leg-ended', legId: id, reason }) as CallEvent),
);
const endEvents: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.constant<CallEvent>({ type: 'caller-ended' }),
  endings.map((reason) => ({ type: 'caller-ended', reason }) as const),
  fc.constantFrom('call_1', 'call_1.2').map((room) => ({ type: 'room-ended', room }) as const),
  fc.boolean().map((answered) => ({ type: 'failover-ended', answered }) as const),
  fc.constant<CallEvent>({ type: 'failed-over' }),
  fc.nat({ max: 3 }).map((seconds) => ({ type: 'voicemail-left', seconds, recordingId: null }) as const),
  fc.constant<CallEvent>({ type: 'carrier-lost' }),
  fc.constant<CallEvent>({ type: 'hang-up-asked' }),
  fc.nat({ max: 2 }).map((id) => ({ type: 'conversation-recorded', recordingId: `RE${id}`, seconds: 7 }) as const),
  fc
    .record({ digits: fc.constantFrom('', '1', '2', '3', '4', '5', '7', '9'), turn: fc.constantFrom(null, 1, 2, 3) })
    .map((keys) => ({ type: 'caller-keys', ...keys }) as const),
);

/** Legs 106 and 107 are outside numbers, 108 and 109 supervisors, if they are rung at all. */
const target = fc.integer({ min: 106, max: 107 });
const supervisor = fc.integer({ min: 108, max: 109 }).map(legId);
const hears = fc.constantFrom('talk', 'listen', 'coach' as const);
const mode = fc.constantFrom('blind', 'warm' as const);
const commands: fc.Arbitrary<CallEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<CallEvent>({ type: 'hold-asked' }, { type: 'resume-asked' }) },
  { weight: 3, arbitrary: fc.tuple(mode, target).map(([how, leg]) => toNumber(how, leg)) },
  {
    weight: 4,
    arbitrary: fc
      .record({ mode, agent: fc.integer({ min: 1, max: 5 }), leg: target, isQueue: fc.boolean() })
      .map(({ agent, leg, isQueue, mode: how }): CallEvent => {
        const to = isQueue
          ? { kind: 'queue' as const, queue: 'sales' }
          : { kind: 'agent' as const, agentId: agentId(agent) };
        return { type: 'transfer-asked', mode: how, to, legId: legId(leg) };
      }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<CallEvent>(
      { type: 'transfer-completed' },
      { type: 'transfer-cancelled' },
      { type: 'merge-asked' },
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(supervisor, hears)
      .map(
        ([id, how]) =>
          ({ type: 'supervision-asked', legId: id, agentId: null, to: agentPhone(39), hears: how }) as const,
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(supervisor, hears)
      .map(([id, how]) => ({ type: 'supervision-changed', legId: id, hears: how }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('start', 'pause', 'resume', 'stop' as const)
      .map((act) => ({ type: 'recording-asked', act }) as const),
  },
  { weight: 1, arbitrary: supervisor.map((id) => ({ type: 'supervision-ended', legId: id }) as const) },
);

/** What fits the call as it stands, so that runs get far: somebody picks up, accepts, moves the call on. */
function likely({ call, clock }: StagedCall): CallEvent[] {
  const { state } = call();
  const ofLegs = call().legs.flatMap(({ id, state: leg }): CallEvent[] => {
    if (leg === 'ended') return [];
    const up: CallEvent[] = [
      { type: 'leg-ringing', legId: id },
      { type: 'leg-answered', legId: id },
      { type: 'leg-accepted', legId: id },
    ];
    return [
      ...(leg === 'dialling' || leg === 'ringing' || leg === 'answered' ? up : []),
      { type: 'leg-ended', legId: id, reason: 'completed' },
    ];
  });
  const next = legId(110 + call().legs.length);
  const listen: CallEvent = {
    type: 'supervision-asked',
    legId: next,
    agentId: null,
    to: agentPhone(39),
    hears: 'listen',
  };
  const toAgent: CallEvent = {
    type: 'transfer-asked',
    mode: 'warm',
    to: { kind: 'agent', agentId: agentId(1 + (clock.at % 4)) },
    legId: next,
  };
  const blind = { ...toNumber('blind', 0), legId: next } as CallEvent;
  const warm = { ...toNumber('warm', 0), legId: next } as CallEvent;
  const supervisors = call().legs.filter(({ role, state: leg }) => role === 'supervisor' && leg !== 'ended');
  const changes = supervisors.flatMap(({ id }): CallEvent[] => [
    { type: 'supervision-changed', legId: id, hears: 'talk' },
    { type: 'supervision-ended', legId: id },
  ]);
  const talk: CallEvent[] = [listen, ...changes, { type: 'recording-asked', act: 'pause' }];
  if (state === 'menu') {
    const { turn } = call();
    return ['', '1', '2', '3', '4', '5', '7', '9'].map((digits) => ({ type: 'caller-keys', digits, turn }));
  }
  const customer: CallEvent[] = [
    { type: 'customer-dialled', carrierCallId: 'SC-99' },
    { type: 'customer-ringing' },
    { type: 'customer-answered' },
    { type: 'customer-answered' },
  ];
  if (state === 'waiting') return [...ofLegs, { type: 'timer-due', timer: 'callback', legId: null }];
  if (state === 'calling') return [...ofLegs, ...customer];
  if (state === 'bridged') return [...ofLegs, ...talk, { type: 'hold-asked' }, toAgent, blind, warm];
  if (state === 'held') return [...ofLegs, ...talk, { type: 'resume-asked' }, toAgent, blind, warm];
  if (state !== 'consulting') return ofLegs;
  return [...ofLegs, ...talk, { type: 'transfer-completed' }, { type: 'transfer-cancelled' }, { type: 'merge-asked' }];
}

/** One thing that befalls the call. */
export type Act = (staged: StagedCall, said: CallEvent[]) => void;

export const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: legEvents.map(
      (event): Act =>
        (staged, said) =>
          say(staged, said, event),
    ),
  },
  {
    weight: 12,
    arbitrary: fc.nat().map(
      (pick): Act =>
        (staged, said) => {
          const fitting = likely(staged);
          const event = fitting[pick % Math.max(1, fitting.length)];
          if (event !== undefined) say(staged, said, event);
        },
    ),
  },
  {
    weight: 5,
    arbitrary: commands.map(
      (event): Act =>
        (staged, said) =>
          say(staged, said, event),
    ),
  },
  {
    weight: 1,
    arbitrary: endEvents.map(
      (event): Act =>
        (staged, said) =>
          say(staged, said, event),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat().map(
      (pick): Act =>
        (staged, said) => {
          const again = said[pick % Math.max(1, said.length)];
          if (again !== undefined) staged.hear(again);
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat().map(
      (pick): Act =>
        (staged, said) => {
          const due = staged.timers[pick % Math.max(1, staged.timers.length)];
          if (due === undefined || due.timer === 'life') return;
          staged.clock.at = Math.max(staged.clock.at, due.dueAt);
          say(staged, said, { type: 'timer-due', timer: due.timer, legId: due.legId });
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(), fc.boolean()).map(
      ([pick, isBusy]): Act =>
        (staged) =>
          staged.engageElsewhere(pick, isBusy),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 0, max: 20_000 }).map(
      (ms): Act =>
        ({ clock }) => {
          clock.at += ms;
        },
    ),
  },
);

function say(staged: StagedCall, said: CallEvent[], event: CallEvent): void {
  said.push(event);
  staged.hear(event);
}
