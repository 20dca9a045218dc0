/** When grants that are safe in Redis are written into the record: at once as a rule, soon while many come. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import { filingPauseMs } from '../../src/numbers/filing-pace.ts';

const few = { grants: 1, waitedMs: 0 };
const burst = limits.grantsPerSecondCalm;

test('a grant of a calm process is filed at once', () => {
  expect(filingPauseMs(few, 1, 1_000)).toBe(0);
  expect(filingPauseMs(few, burst - 1, 1_000)).toBe(0);
});

test('in a burst filing waits, and looks again soon', () => {
  expect(filingPauseMs(few, burst, 1_000)).toBe(limits.filingPauseMs);
  expect(filingPauseMs({ grants: limits.grantsUnfiledMax - 1, waitedMs: limits.filingLagMs - 1 }, burst, 1)).toBe(
    limits.filingPauseMs,
  );
});

test('no burst keeps a grant from the record for longer than the lag, nor more grants than the bound', () => {
  expect(filingPauseMs({ grants: 1, waitedMs: limits.filingLagMs }, burst, 1)).toBe(0);
  expect(filingPauseMs({ grants: limits.grantsUnfiledMax, waitedMs: 0 }, burst, 1)).toBe(0);
});

test('what may wait unfiled is remembered, and is not taken for a dead process’s', () => {
  expect(limits.grantsUnfiledMax).toBeLessThan(limits.grantsRememberedMax);
  expect(limits.filingLagMs).toBeLessThan(limits.grantClaimAfterMs);
});
