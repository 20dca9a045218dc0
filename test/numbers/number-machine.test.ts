/** The life of a number: what leads where, and what is refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceNumber, type NumberEvent, type NumberState, numberChart } from '../../src/numbers/number-machine.ts';

const events = [...new Set(numberChart.transitions.map(([, event]) => event))] as NumberEvent[];

test('every transition is one of the chart’s, and what the chart does not have is refused with a reason', () => {
  for (const state of numberChart.states) {
    for (const event of events) {
      const drawn = numberChart.transitions.find(([from, by]) => from === state && by === event);
      const advanced = advanceNumber(state, event);
      if (drawn === undefined) expect(advanced).toEqual({ kind: 'refused', reason: expect.stringContaining(state) });
      else expect(advanced).toMatchObject({ kind: 'advanced', state: drawn[2] });
    }
  }
});

test('whatever happens, in any order and twice, only an order that was bought or an operator makes a number active', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (list) => {
      let state: NumberState = 'ordered';
      for (const event of list) {
        const advanced = advanceNumber(state, event);
        if (advanced.kind === 'refused') continue;
        const waking: NumberEvent[] = ['bought', 'activate', 'quieted', 'import'];
        if (advanced.state === 'active') expect(waking).toContain(event);
        if (state === 'porting') expect(['released', 'resting']).toContain(advanced.state);
        state = advanced.state;
      }
    }),
  );
});

test('the carrier is asked for a number once it is ordered, and told of a release that it has to do', () => {
  expect(advanceNumber('released', 'order')).toMatchObject({ state: 'ordered', task: 'buy' });
  expect(advanceNumber('active', 'order-release')).toMatchObject({ state: 'resting', task: 'release' });
  expect(advanceNumber('active', 'release')).toMatchObject({ state: 'released', task: null });
});
