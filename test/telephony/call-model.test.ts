/**
 * The call machine under everything a carrier may do to it: reports that are shuffled, doubled, late, missing or about
 * nothing of ours, between timers that fall due early, late and twice.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallEvent } from '../../src/telephony/call.ts';
import { callChart } from '../../src/telephony/call-machine.ts';
import { verdictOf } from '../../src/telephony/verdict.ts';
import { type Act, act, legEvents, runs } from './call-acts.ts';
import { apply } from './sample-call.ts';
import { type Run, type StagedCall, stageCall } from './staged-call.ts';

/** Plays the acts; `each` looks at every stop on the way. */
function play(run: Run, acts: readonly Act[], each: (staged: StagedCall) => void = () => undefined): StagedCall {
  const staged = stageCall(run);
  const said: CallEvent[] = [];
  for (const one of acts) {
    one(staged, said);
    each(staged);
  }
  return staged;
}

/** The same, brought to its end: the carrier at last hears of every leg, and the caller is gone for certain. */
function playOut(run: Run, acts: readonly Act[], each?: (staged: StagedCall) => void): StagedCall {
  const staged = play(run, acts, each);
  staged.hear({ type: 'timer-due', timer: 'life', legId: null });
  for (const { id } of staged.call().legs) staged.hear({ type: 'leg-dialled', legId: id, carrierCallId: `SC-${id}` });
  staged.hear({ type: 'customer-dialled', carrierCallId: 'SC-99' });
  return staged;
}

const acts = fc.array(act, { maxLength: 60, size: 'max' });
const holds = (property: (run: Run, acts: readonly Act[]) => void, how: fc.Parameters<[Run, readonly Act[]]> = {}) =>
  fc.assert(fc.property(runs, acts, property), { numRuns: 1_500, ...how });

test('a call only ever moves as its chart says', () => {
  const charted = new Set<string>(callChart.transitions.map((transition) => transition.join(' ')));
  holds((run, list) => {
    const { moves, beganAs } = playOut(run, list);
    expect(charted).toContain(`[*] ${beganAs}`);
    for (const { from, type, to } of moves) expect(charted).toContain(`${from} ${type} ${to}`);
  });
});

/** With one seed, because what is rare would else be missing now and then. */
test('every transition of the chart is one the runs have seen', () => {
  const seen = new Set<string>();
  holds(
    (run, list) => {
      const { moves, beganAs } = playOut(run, list);
      seen.add(`[*] ${beganAs}`);
      for (const { from, type, to } of moves) seen.add(`${from} ${type} ${to}`);
    },
    { seed: 20_260_504, numRuns: 6_000 },
  );
  const unseen = callChart.transitions.map((transition) => transition.join(' ')).filter((row) => !seen.has(row));
  expect(unseen).toEqual([]);
});

test('a call that has ended has one verdict and no live leg, and one that has not has none; ended is for good', () => {
  holds((run, list) => {
    let hasEnded = false;
    play(run, list, (staged) => {
      const { state, verdict, endedAt } = staged.call();
      if (hasEnded) expect(state).toBe('ended');
      hasEnded = state === 'ended';
      expect([verdict !== null, endedAt !== null]).toEqual([hasEnded, hasEnded]);
      if (verdict !== null) expect(verdict).toEqual(verdictOf(verdict.slug));
      if (hasEnded) expect(staged.live()).toEqual([]);
    });
  });
});

test('the end is told once, and what is told last is the verdict that stands', () => {
  holds((run, list) => {
    const staged = playOut(run, list);
    const told = staged.effects.flatMap((effect) => (effect.kind === 'tell' ? [effect] : []));
    expect(told.filter(({ type }) => type === 'call.ended')).toHaveLength(1);
    expect(told.findLast(({ data }) => 'verdict' in data)?.data.verdict).toEqual(staged.call().verdict);
  });
});

test('no more than one leg is bridged at any moment unless they were put together, and who accepted is freed once', () => {
  holds((run, list) => {
    const staged = playOut(run, list, ({ call, moves }) => {
      if (moves.some(({ type }) => type === 'merge-asked')) return;
      const bridged = call().legs.filter(({ state, role }) => state === 'bridged' && role !== 'supervisor');
      expect(bridged.length).toBeLessThanOrEqual(1);
    });
    const accepted = staged.effects.filter((effect) => effect.kind === 'settle-offer' && effect.as === 'accepted');
    expect(staged.effects.filter(({ kind }) => kind === 'free-agent')).toHaveLength(accepted.length);
  });
});

test('no phone is left ringing: a leg the carrier knows has ended there or is hung up', () => {
  holds((run, list) => {
    const staged = playOut(run, list);
    expect(staged.leftRinging()).toEqual([]);
    expect(staged.isCustomerUp()).toBe(false);
  });
});

test('each offer is settled exactly once and every agent is free again at the end', () => {
  holds((run, list) => {
    const staged = playOut(run, list);
    expect(staged.settled.toSorted()).toEqual(
      staged
        .call()
        .legs.flatMap(({ id, role }) => (role === 'agent' ? [id] : []))
        .toSorted(),
    );
    expect([...staged.presence.values()]).not.toContain('offered');
    expect([...staged.presence.values()]).not.toContain('engaged');
  });
});

test('no agent is tried twice in one wait, and never more of them than allowed', () => {
  holds((run, list) => {
    const { call, moves } = playOut(run, list);
    if (moves.some(({ from, to }) => to === 'consulting' || (to === 'waiting' && from !== 'waiting'))) return;
    const tried = call().legs.flatMap((leg) => leg.agentId ?? []);
    expect(new Set(tried).size).toBe(tried.length);
    expect(tried.length).toBeLessThanOrEqual(run.offersMax);
  });
});

test('timers are set for the call or for a leg it has', () => {
  holds((run, list) => {
    const staged = playOut(run, list);
    const known = new Set(staged.call().legs.map(({ id }) => id));
    for (const { legId: id } of staged.timers) if (id !== null) expect(known).toContain(id);
  });
});

test('a report about a leg changes nothing the second time', () => {
  fc.assert(
    fc.property(runs, acts, legEvents, (run, list, event) => {
      const staged = play(run, list);
      const once = apply(staged.call(), event, staged.clock.at);
      expect(apply(once.call, event, staged.clock.at)).toEqual({ call: once.call, effects: [], ignored: true });
    }),
    { numRuns: 1_500 },
  );
});
