import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterReceipt, type MessageState, messageChart } from '../../src/sms/message-machine.ts';

/** The order the carrier's own documents give; two finals never both come for one message. */
const order: readonly MessageState[] = ['accepted', 'queued', 'sending', 'sent'];
const finals: readonly MessageState[] = ['delivered', 'undelivered', 'failed', 'canceled'];
const hearAll = (reports: readonly MessageState[], from: MessageState = 'accepted') =>
  reports.reduce(afterReceipt, from);

/** What a carrier may report of one message: some of the steps, at most one final, and reading only of a delivered one. */
const histories: fc.Arbitrary<MessageState[]> = fc
  .tuple(fc.subarray([...order]), fc.option(fc.constantFrom(...finals)), fc.boolean())
  .map(([steps, final, isRead]) => {
    if (final === null) return steps;
    return final === 'delivered' && isRead ? [...steps, final, 'read'] : [...steps, final];
  });

describe('receipts', () => {
  test('in any order and any number lead to the same end', () => {
    const heard = histories.chain((history) =>
      fc.tuple(
        fc.constant(history),
        fc.shuffledSubarray([...history, ...history, ...history], { minLength: history.length * 3 }),
      ),
    );
    fc.assert(
      fc.property(heard, ([history, reports]) => {
        expect(hearAll(reports)).toBe(history.at(-1) ?? 'accepted');
      }),
      { numRuns: 500 },
    );
  });

  test('that go missing leave the highest that came', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...order]), (reports) => {
        const highest = Math.max(0, ...reports.map((state) => order.indexOf(state)));
        expect(hearAll(reports)).toBe(order[highest]);
      }),
    );
  });

  test('change nothing the second time', () => {
    const anyState = fc.constantFrom(...messageChart.states);
    fc.assert(
      fc.property(anyState, anyState, (current, reported) => {
        const once = afterReceipt(current, reported);
        expect(afterReceipt(once, reported)).toBe(once);
      }),
    );
  });
});

describe('a final state', () => {
  test.each(finals)('%s is not moved by another, nor back', (final) => {
    for (const state of [...order, ...finals]) expect(afterReceipt(final, state)).toBe(final);
  });

  test('of delivered is followed by read alone', () => {
    expect(afterReceipt('delivered', 'read')).toBe('read');
    for (const state of [...order, ...finals]) expect(afterReceipt('read', state)).toBe('read');
  });
});

test('what came in stays received, whatever is reported of it', () => {
  for (const state of messageChart.states) expect(afterReceipt('received', state)).toBe('received');
});

test('every step of the chart is one a receipt makes', () => {
  const receipts = messageChart.transitions.filter(([from]) => from !== '[*]');
  for (const [from, , to] of receipts) expect(afterReceipt(from as MessageState, to)).toBe(to);
});
