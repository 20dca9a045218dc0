/** The plan over HTTP: three forms of one answer, refusals that name the field, and a request that goes away. */
import { XMLValidator } from 'fast-xml-parser';
import { beforeAll, expect, test } from 'vitest';
import { createApiClient } from '../support/api-client.ts';
import { type Deployment, onEveryDeployment } from '../support/deployments.ts';
import { runGateway } from '../support/run-gateway.ts';
import { stageVisits } from '../support/stage-visits.ts';

const dayMs = 86_400_000;
const described = 'visitsPerHour=20&days=1&callsPerVisit=1&sizeMax=4';

async function setUp(deployment: Deployment) {
  const place = await deployment.open();
  const first = await runGateway(place);
  await first.close();
  const poolId = await place.record(async (db) => {
    const site = await db.selectFrom('website').selectAll().executeTakeFirstOrThrow();
    const owner = { enterpriseId: site.enterprise_id, websiteId: site.id };
    await stageVisits(db, owner, { count: 400, from: Date.now() - 3 * dayMs, everyMs: 600_000 });
    return site.pool_id;
  });
  const gateway = await runGateway(place);
  return { api: createApiClient(gateway), gateway, path: `/v1/pools/${poolId}/plan` };
}

onEveryDeployment('GET /v1/pools/:id/plan', (deployment) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await setUp(deployment);
  });

  test('the pool’s own traffic is replayed', async () => {
    const plan = await shop.api.must('GET', `${shop.path}?days=5&sizeMax=8&maxOverflow=0.5&targetCorrect=0.1`);
    expect(plan).toMatchObject({
      poolId: shop.path.split('/')[3],
      present: 7,
      visits: 400,
      basis: { kind: 'recorded', isCut: false, callersSeen: 0 },
      targets: { correctMin: 0.1, overflowMax: 0.5 },
      smallest: expect.any(Number),
      says: expect.stringContaining('It has 7 now.'),
    });
    expect(plan.rows.find((row: { isPresent: boolean }) => row.isPresent).numbers).toBe(7);
  });

  test('the same question is answered as JSON, as a table or as a picture', async () => {
    const ask = (accept?: string) =>
      shop.api.send('GET', `${shop.path}?${described}`, accept === undefined ? {} : { headers: { accept } });
    const json = await ask();
    expect(json).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
    expect(json.body.basis).toEqual({ kind: 'synthetic', visitsPerHour: [20], days: 1 });
    const csv = await ask('text/csv');
    expect(csv.type).toBe('text/csv; charset=utf-8');
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(json.body.rows.length + 1);
    const svg = await ask('image/svg+xml,*/*;q=0.8');
    expect(svg.type).toBe('image/svg+xml; charset=utf-8');
    expect(XMLValidator.validate(svg.text)).toBe(true);
  });

  test('what cannot be planned is refused by field', async () => {
    const faultOf = async (query: string) => {
      const { status, body } = await shop.api.send('GET', `${shop.path}?${query}`);
      return { status, code: body.code, field: body.fields?.[0]?.field };
    };
    const wrong = { status: 400, code: 'invalid-request' };
    expect(await faultOf('visitsPerHour=1,2,3')).toEqual({ ...wrong, field: 'visitsPerHour' });
    expect(await faultOf('visitsPerHour=many')).toEqual({ ...wrong, field: 'visitsPerHour' });
    expect(await faultOf('visitsPerHour=0')).toEqual({ ...wrong, field: 'visitsPerHour' });
    expect(await faultOf('visitsPerHour=99999')).toEqual({ ...wrong, field: 'visitsPerHour' });
    expect(await faultOf('days=0')).toEqual({ ...wrong, field: 'days' });
    expect(await faultOf('targetCorrect=1.2')).toEqual({ ...wrong, field: 'targetCorrect' });
    expect(await faultOf('callsPerVisit=0.1')).toEqual({ ...wrong, field: 'callsPerVisit' });
    expect(await faultOf('sise=4')).toMatchObject(wrong);
    expect((await shop.api.send('GET', shop.path, { as: 'page' })).status).toBe(403);
    const other = shop.path.replace(/pool_\w{26}/, `pool_${'0'.repeat(26)}`);
    expect((await shop.api.send('GET', `${other}?${described}`)).body).toMatchObject({ code: 'not-found' });
  });

  test('a plan whose asker has gone makes room for the next', async () => {
    const gone = new AbortController();
    const long = askForLong(shop, gone.signal);
    await expectStatus(shop, 429);
    gone.abort();
    await expect(long).rejects.toThrow(/abort/i);
    await expectStatus(shop, 200);
  });

  test('a plan under way does not keep the gateway from stopping', async () => {
    const long = askForLong(shop);
    await expectStatus(shop, 429);
    await shop.gateway.close();
    expect((await long).status).toBe(503);
  });
});

type Shop = Awaited<ReturnType<typeof setUp>>;

/** A plan that takes long. Asked again when it meets the short one of `expectStatus`, so that only it is refused. */
async function askForLong({ api, gateway, path }: Shop, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${gateway.practice.secretKey}` };
  const init = signal === undefined ? { headers } : { headers, signal };
  for (;;) {
    const response = await fetch(`${api.url}${path}?visitsPerHour=250&days=20`, init);
    if (response.status !== 429) return response;
    await response.text();
  }
}

/** A short plan is answered with this sooner or later. */
async function expectStatus({ api, path }: Shop, status: number): Promise<void> {
  const ask = async () => (await api.send('GET', `${path}?${described}`)).status;
  await expect.poll(ask, { timeout: 10_000, interval: 10 }).toBe(status);
}
