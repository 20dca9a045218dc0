/** Calls stored by an older program must still read: their plans lack what was added since. */
import { expect, test } from 'vitest';
import { planDefaults } from '../../src/telephony/plan/plan-parts.ts';
import { readCall } from '../../src/telephony/read-call.ts';
import { newCall } from './sample-call.ts';

test('a call from before route plans reads with the defaults of what its plan lacks', () => {
  const { call } = newCall({ greeting: 'Hello.', waitUntil: 7 });
  const { greeting, ringTimeoutMs, acceptTimeoutMs, waitUntil, offersMax, failover } = call.plan;
  const old = JSON.parse(
    JSON.stringify({ ...call, plan: { greeting, ringTimeoutMs, acceptTimeoutMs, waitUntil, offersMax, failover } }),
  );
  expect(readCall(old)).toEqual({ ...call, plan: { ...planDefaults, ...old.plan } });
  expect(readCall(old).plan).toMatchObject({ greeting: 'Hello.', waitUntil: 7, overflow: 'failover', opening: [] });
});

test('what a stored plan says stands against the defaults', () => {
  const { call } = newCall({ overflow: 'voicemail', wrapUpMs: 5_000, source: 'pool' });
  expect(readCall(JSON.parse(JSON.stringify(call)))).toEqual(call);
});
