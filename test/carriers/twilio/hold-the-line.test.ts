/** A leg whose record is slow in the middle of a call is asked to wait, and asks again with what it has said. */
import { expect, test } from 'vitest';
import { holdTheLine, withWhatWasSaid } from '../../../src/carriers/twilio/hold-the-line.ts';
import { readTwiml } from '../../../src/simulate/far-end/read-twiml.ts';

const asked = '/carriers/twilio/voice/next?step=keys&call=call_1&turn=2';

function heldBy(fields: Record<string, string>, url = asked) {
  const [pause, redirect] = readTwiml(holdTheLine(fields, url, 'https://lines.example'));
  if (redirect?.kind !== 'redirect') throw new Error('asks nobody');
  return { pause, url: new URL(redirect.url), method: redirect.method };
}

test('it waits for a moment and asks at the same address', () => {
  const { pause, url, method } = heldBy({ CallSid: 'CA1' });
  expect([pause, method]).toEqual([{ kind: 'pause', lengthMs: 2_000 }, 'POST']);
  expect(`${url.pathname}${url.search}`).toBe(asked);
});

test.each([
  { Digits: '5' },
  { Digits: '#' },
  { DialCallStatus: 'no-answer' },
  { RecordingSid: 'RE1', RecordingDuration: '7' },
])('what it said once comes again with the address: %j', (said) => {
  const { url } = heldBy(said);
  const query = Object.fromEntries(url.searchParams);
  expect(withWhatWasSaid({ CallSid: 'CA1' }, query)).toEqual({ CallSid: 'CA1', ...said });
  const again = heldBy({ CallSid: 'CA1' }, `${url.pathname}${url.search}`);
  expect(again.url.href, 'however often').toBe(url.href);
});

test('what is said now stands against what was said before, and nothing else of the address is taken for a field', () => {
  expect(withWhatWasSaid({ Digits: '1' }, { wasDigits: '2', wasCallSid: 'CA2', step: 'keys' })).toEqual({
    Digits: '1',
  });
});
