/** Reports the record did not take are remembered, once each, and told in order when it does. */
import { expect, test } from 'vitest';
import type { CallId } from '../../src/ports/ids.ts';
import { silentLog } from '../../src/ports/log.ts';
import { createUntoldReports } from '../../src/telephony/untold-reports.ts';

const callId = 'call_1' as CallId;

function setup() {
  const told: string[] = [];
  const record = { isAway: true };
  const untold = createUntoldReports({ log: silentLog });
  const keep = (key: string, of: CallId | null = callId) =>
    untold.keep({
      key,
      callId: of,
      tell: async () => {
        if (record.isAway) throw new Error('away');
        told.push(key);
      },
    });
  return { told, record, untold, keep };
}

test('each is told once when the record is back', async () => {
  const { told, record, untold, keep } = setup();
  for (const key of ['a', 'b', 'a', 'c']) keep(key);
  await untold.tellLater();
  expect(told).toEqual([]);
  record.isAway = false;
  await Promise.all([untold.tellLater(), untold.tellLater()]);
  // The one that was tried while the record was away has gone to the back.
  expect(told).toEqual(['b', 'c', 'a']);
  await untold.tellLater();
  expect(told).toHaveLength(3);
});

test('one call’s can be told by themselves, and are not told again', async () => {
  const { told, record, untold, keep } = setup();
  keep('mine');
  keep('another’s', 'call_2' as CallId);
  await expect(untold.tellOf(callId)).rejects.toThrow('away');
  record.isAway = false;
  await untold.tellOf(callId);
  expect(told).toEqual(['mine']);
  await untold.tellLater();
  expect(told).toEqual(['mine', 'another’s']);
});
