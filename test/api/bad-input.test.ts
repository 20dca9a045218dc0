/**
 * Everything that may be wrong with a request, each refused by a problem document (RFC 9457) with its code from the
 * catalogue, and none of it leaving a trace in the record.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorCode, errorCatalogue } from '../../src/ports/errors.ts';
import { type ApiClient, createApiClient, type Reply } from '../support/api-client.ts';
import { countRows, onEveryDeployment, type Place } from '../support/deployments.ts';
import { twilioEnvironment } from '../support/open-shop.ts';
import { type RunningGateway, runGateway } from '../support/run-gateway.ts';
import { bodies, type Case, call, carriers, fields, form, keys, signed, voice } from './bad-requests.ts';

function expectProblem(reply: Reply, code: ErrorCode, field: string | undefined): void {
  const { status, title, retry } = errorCatalogue[code];
  expect(reply.type).toMatch(/^application\/problem\+json/);
  expect(reply).toMatchObject({ status, body: { type: `urn:linekeeper:error:${code}`, title, status, code, retry } });
  const faults: { field: string; problem: string; cure: string }[] = reply.body.fields ?? [];
  for (const fault of faults) {
    expect(Object.keys(fault).sort()).toEqual(['cure', 'field', 'problem']);
    expect(Object.values(fault)).not.toContain('');
  }
  if (field !== undefined) expect(faults.map((fault) => fault.field)).toContain(field);
}

onEveryDeployment('a request that is wrong', (deployment) => {
  let place: Place;
  let gateway: RunningGateway;
  let api: ApiClient;
  let before: unknown;
  const environment = twilioEnvironment({ restUrl: 'http://127.0.0.1:9' });
  beforeAll(async () => {
    place = await deployment.open();
    await (await runGateway(place, environment)).close();
    before = await place.record(countRows);
    gateway = await runGateway(place, environment);
    api = createApiClient(gateway);
  });
  afterAll(async () => {
    await gateway.close();
    expect(await place.record(countRows), 'the record holds what it held').toEqual(before);
  });

  describe.each<[string, readonly Case[]]>([
    ['its body', bodies],
    ['its fields', fields],
    ['its key', keys],
    ['its carrier', carriers],
  ])('in %s', (_part, cases) => {
    test.each(cases.map((wrong): [string, Case] => [wrong[0], wrong]))('%s is refused', async (_wrong, bad) => {
      const [, method, path, ask, code, field] = bad;
      expectProblem(await api.send(method, path, ask), code, field);
    });
  });
});

onEveryDeployment('a carrier without an account', (deployment) => {
  test('refuses its webhooks as unconfigured, signed or not', async () => {
    const place = await deployment.open();
    await (await runGateway(place)).close();
    const api = createApiClient(await runGateway(place, { DEMO: 'off' }));
    const missing = await api.send('POST', voice, { as: 'nobody', raw: 'a=b', headers: form });
    expectProblem(missing, 'carrier-unconfigured', undefined);
    expectProblem(await api.send('POST', voice, signed(voice, call)), 'carrier-unconfigured', undefined);
  });
});
