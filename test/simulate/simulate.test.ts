import { expect, test } from 'vitest';
import { planVisit } from '../../src/simulate/plan-visit.ts';
import { createProgressLine } from '../../src/simulate/progress-line.ts';
import { runSimulation } from '../../src/simulate/simulate.ts';
import { readSimulationOptions } from '../../src/simulate/simulate-command.ts';
import { printSummary } from '../../src/simulate/simulation-summary.ts';
import { freePort } from '../support/child-gateway.ts';
import { startBusinessStub } from './business-stub.ts';
import { account } from './gateway-stub.ts';

const keys = { secretKey: 'sk_test', publishableKey: 'pk_test', origin: 'https://shop.example', ...account };

async function play(
  options: Partial<Parameters<typeof runSimulation>[0]>,
  stub: Partial<Parameters<typeof startBusinessStub>[0]> = {},
) {
  const farEndPort = await freePort();
  const business = await startBusinessStub({ account, farEndPort, ...stub });
  const day = {
    ...keys,
    gatewayUrl: business.url,
    farEndPort,
    visits: 24,
    seed: 3,
    pace: 0.001,
    quietMs: 100,
    ...options,
  };
  const summary = await runSimulation(day);
  await business.close();
  return { summary, business };
}

test('a day is played, and what the business did is counted against the truth', async () => {
  const { summary, business } = await play({ atOnce: 1 });
  expect(summary.visits).toEqual({ wanted: 24, made: 24, refused: 0 });
  expect(summary.leases).toEqual({ own: 24, shared: 0, none: 0, elsewhere: 0 });
  const { placed, answered, missed, voicemail, gaveUp } = summary.calls;
  expect(placed).toBeGreaterThan(3);
  expect(answered + missed + voicemail + gaveUp).toBe(placed);
  const { right, stranger } = summary.attribution;
  expect(right + stranger).toBe(placed);
  expect(summary.outcomes).toBe(business.outcomes.length);
  expect(summary.texts.in).toBeGreaterThan(0);
  expect(summary.texts.answered).toBe(summary.texts.in);
  expect(summary.events).toMatchObject({
    delivered: placed + summary.texts.in,
    signatureFailures: 0,
    duplicates: 0,
    gaps: 0,
  });
  expect(summary.errors).toEqual({});
  expect(printSummary(summary)).toContain(`${placed}`);
});

test('calls credited to nobody, and an event signed wrongly, are told', async () => {
  const { summary } = await play({}, { credit: () => null, stumble: true });
  expect(summary.attribution.nobody).toBeGreaterThan(0);
  expect(summary.attribution.wrong).toBe(0);
  expect(summary.events.signatureFailures).toBe(1);
});

test('a day that is stopped tells what was done so far', async () => {
  const stop = new AbortController();
  const progress = (done: number) => (done === 2 ? stop.abort() : undefined);
  const { summary } = await play({ visits: 500, atOnce: 1, progress, signal: stop.signal });
  expect(summary).toMatchObject({ stopped: true, visits: { wanted: 500, made: 2 } });
  expect(printSummary(summary)).toMatch(/^Stopped early/);
});

test('a gateway that is away cannot be played against', async () => {
  const gone = await freePort();
  const day = { ...keys, gatewayUrl: `http://127.0.0.1:${gone}`, farEndPort: await freePort(), visits: 1, seed: 1 };
  await expect(runSimulation(day)).rejects.toThrow();
});

test('the same seed plans the same day', () => {
  const plans = (seed: number) => Array.from({ length: 20 }, (_, index) => planVisit(seed, index, keys.origin));
  expect(plans(5)).toEqual(plans(5));
  expect(plans(5)).not.toEqual(plans(6));
});

test('progress writes over one line on a terminal, and a line per ten per cent elsewhere', () => {
  const written = (isTTY: boolean) => {
    const texts: string[] = [];
    const progress = createProgressLine('visits', { isTTY, write: (text: string) => texts.push(text) });
    for (const done of [1, 10, 11, 20]) progress(done, 20);
    return texts;
  };
  expect(written(true)).toEqual(['\rvisits 1/20', '\rvisits 10/20', '\rvisits 11/20', '\rvisits 20/20\n']);
  expect(written(false)).toEqual(['visits 50 %\n', 'visits 100 %\n']);
});

test('what is missing from the command line is named', () => {
  expect(readSimulationOptions([], {}, null)).toMatch(/Missing: secretKey, publishableKey, accountSid, authToken/);
  const env = {
    LINEKEEPER_SECRET_KEY: 'sk',
    LINEKEEPER_PUBLISHABLE_KEY: 'pk',
    TWILIO_ACCOUNT_SID: 'AC',
    TWILIO_AUTH_TOKEN: 't',
  };
  expect(readSimulationOptions(['--visits', '7'], env, null)).toMatchObject({ visits: 7, seed: 1, farEndPort: 8091 });
  expect(readSimulationOptions(['--visits', 'many'], env, null)).toMatch(/Not a number: visits/);
});
