/** How the snippet is served: its size, its caching, its versions, the ready tag, and the requests browsers send. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { embeddedDeployment, type Place } from '../support/deployments.ts';
import { type RunningGateway, runGateway } from '../support/run-gateway.ts';

const gzippedBytesMax = 3_000;
const origin = 'https://shop.example';
const text = { 'content-type': 'text/plain;charset=UTF-8' };
const deployment = embeddedDeployment();

describe('the snippet as it is served', () => {
  let place: Place;
  let gateway: RunningGateway;
  let api: ApiClient;
  const former = Buffer.from('/* of an earlier gateway */');
  const formerVersion = createHash('sha384').update(former).digest('hex').slice(0, 16);
  beforeAll(async () => {
    place = await deployment.open();
    await mkdir(join(place.folder, 'snippets'), { recursive: true });
    await writeFile(join(place.folder, 'snippets', `lk-${formerVersion}.js`), former);
    await writeFile(join(place.folder, 'snippets', `lk-${'0'.repeat(16)}.js`), 'not what its name says');
    gateway = await runGateway(place, { PUBLIC_URL: 'https://lines.example/gw' });
    api = createApiClient(gateway);
  });
  afterAll(() => gateway.close());
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${gateway.url}${path}`, { headers });

  test('it is under 3 kB gzipped, and opens no eval and no inline code', async () => {
    const view = await api.must('GET', '/v1/snippet');
    expect(view.gzippedBytes).toBeLessThan(gzippedBytesMax);
    const script = await (await get('/lk.js')).text();
    expect(Buffer.byteLength(script)).toBe(view.bytes);
    expect(script).not.toMatch(/\beval\b|new Function|innerHTML|document\.write|\(\?</);
  });

  test('the ready tag is pinned to the exact bytes, with the operator’s own values escaped', async () => {
    const query = new URLSearchParams({
      key: `pk_${'a'.repeat(20)}`,
      numbers: '+1 503 555 0100, "><b>',
      consent: 'required',
    });
    const view = await api.must('GET', `/v1/snippet?${query}`);
    expect(view.src).toBe(`https://lines.example/gw/lk-${view.version}.js`);
    const script = await (await get(`/lk-${view.version}.js`)).text();
    expect(view.integrity).toBe(`sha384-${createHash('sha384').update(script).digest('base64')}`);
    expect(view.tag).toBe(
      `<script async src="${view.src}" integrity="${view.integrity}" crossorigin="anonymous" data-key="pk_${'a'.repeat(20)}" data-numbers="+1 503 555 0100, &#34;&#62;&#60;b&#62;" data-consent="required"></script>`,
    );
    expect(await api.send('GET', '/v1/snippet?key=sk_secret')).toMatchObject({ status: 400 });
    expect(await api.send('GET', '/v1/snippet', { as: 'page' })).toMatchObject({ status: 403 });
  });

  test('a version never changes; the plain name is asked for again', async () => {
    const plain = await get('/lk.js');
    expect(plain.headers.get('cache-control')).toBe('public, max-age=300');
    const etag = plain.headers.get('etag') ?? '';
    expect((await get('/lk.js', { 'if-none-match': `W/${etag}` })).status).toBe(304);
    const pinned = await get(`/lk-${etag.slice(1, -1)}.js`);
    expect(pinned.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(pinned.headers.get('access-control-allow-origin')).toBe('*');
    expect(pinned.headers.get('content-encoding')).toBe('gzip');
    const raw = await get('/lk.js', { 'accept-encoding': 'identity' });
    expect(raw.headers.get('content-encoding')).toBeNull();
    expect(await raw.text()).toBe(await pinned.text());
  });

  test('a version of an earlier gateway is served on; one that is damaged, or was never served, is not', async () => {
    expect(await (await get(`/lk-${formerVersion}.js`)).text()).toBe(former.toString());
    expect((await get(`/lk-${'0'.repeat(16)}.js`)).status).toBe(404);
    expect((await get(`/lk-${'f'.repeat(16)}.js`)).status).toBe(404);
    expect((await get('/lk-..%2f..%2fsecret.key.js')).status).toBe(404);
    const { version } = await api.must('GET', '/v1/snippet');
    expect(await readdir(join(place.folder, 'snippets'))).toContain(`lk-${version}.js`);
  });

  test('JSON may come as text, in the same bounds and with the same refusals', async () => {
    const key = `?key=${gateway.practice.publishableKey}`;
    const ask = (path: string, raw: string) =>
      api.send('POST', `${path}${key}`, { as: 'nobody', raw, headers: { ...text, origin } });
    const opened = await ask('/v1/visits', '{"url":"https://shop.example/","human":true,"replaces":"(503) 555-0100"}');
    expect(opened).toMatchObject({ status: 201, body: { number: { shared: false } } });
    const beat = `/v1/visits/${opened.body.visit.id}/beat`;
    expect(await ask(beat, '{"pages":2,"tap":"tel","replaces":"no number"}')).toMatchObject({ status: 200 });
    expect(await ask(beat, `{"productPage":"${'x'.repeat(17_000)}"}`)).toMatchObject({ status: 413 });
    expect(await ask(beat, '{"pages":')).toMatchObject({ status: 400, body: { code: 'malformed-body' } });
    expect(await ask(beat, '')).toMatchObject({ status: 400 });
    expect(await ask(beat, '{"__proto__":{"pages":2}}')).toMatchObject({ status: 400 });
    expect(await api.send('POST', '/v1/agents', { raw: '{}', headers: text })).toMatchObject({ status: 400 });
  });

  test('without an origin only the visit’s own id, with its enterprise’s key, keeps it alive', async () => {
    const opened = await api.must('POST', '/v1/visits', { as: 'page', body: { url: 'https://shop.example/' } });
    const key = `?key=${gateway.practice.publishableKey}`;
    const ask = (path: string, headers: Record<string, string>) =>
      api.send('POST', `${path}${key}`, { as: 'nobody', raw: '{"url":"x"}', headers: { ...text, ...headers } });
    const beat = async (id: string, headers: Record<string, string>) =>
      (
        await api.send('POST', `/v1/visits/${id}/beat${key}`, {
          as: 'nobody',
          raw: '{}',
          headers: { ...text, ...headers },
        })
      ).status;
    expect(await beat(opened.visit.id, { origin: 'null' })).toBe(200);
    expect(await beat(opened.visit.id, {})).toBe(403);
    expect(await beat(opened.visit.id, { origin: 'https://evil.example' })).toBe(403);
    expect(await beat(`visit_${'0'.repeat(26)}`, { origin: 'null' })).toBe(403);
    expect((await ask('/v1/visits', { origin: 'null' })).status).toBe(403);
  });

  test.each([
    ['a field that is wrong', '/v1/visits', '{"url":7}', 400],
    ['a body that is none', '/v1/visits', '{', 400],
    ['a visit that is not', `/v1/visits/visit_${'0'.repeat(26)}/beat`, '{}', 404],
    ['an id that is none', '/v1/visits/x/beat', '{}', 400],
  ])('a page may read why it was refused: %s', async (_why, path, body, status) => {
    const headers = { authorization: `Bearer ${gateway.practice.publishableKey}`, 'content-type': 'application/json' };
    const ask = (from: string) =>
      fetch(`${gateway.url}${path}`, { method: 'POST', body, headers: { ...headers, origin: from } });
    const refused = await ask(origin);
    expect(refused.status).toBe(status);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('what is learnt by a later beat fills what the arrival left open, and overwrites nothing', async () => {
    const open = (more: object) =>
      api.must('POST', '/v1/visits', { as: 'page', body: { url: 'https://shop.example/', ...more } });
    const first = await open({});
    const beat = { as: 'page', body: { gaClientId: '1.2', visitorId: 'later' } } as const;
    await api.must('POST', `/v1/visits/${first.visit.id}/beat`, beat);
    expect((await api.must('GET', `/v1/visits/${first.visit.id}`)).arrival).toMatchObject({ gaClientId: '1.2' });
    const second = await open({ gaClientId: '0.0', visitorId: 'first' });
    await api.must('POST', `/v1/visits/${second.visit.id}/beat`, beat);
    expect((await api.must('GET', `/v1/visits/${second.visit.id}`)).arrival).toMatchObject({ gaClientId: '0.0' });
  });

  test('the demo page is there with the demo, and its key is in its tag', async () => {
    const page = await (await get('/demo')).text();
    expect(page).toContain(`src="/lk.js" data-key="${gateway.practice.publishableKey}"`);
    expect(await (await get('/')).text()).toContain('href="/demo"');
  });
});

test.each([{ STATUS_PAGE: 'off' }, { DEMO: 'off' }])(
  'without the status page or the demo there is no demo page: %j',
  async (without) => {
    const place = await deployment.open();
    if (without.DEMO === 'off') await (await runGateway(place)).close();
    const { url } = await runGateway(place, { ...without } as Record<string, string>);
    expect((await fetch(`${url}/demo`)).status).toBe(404);
    expect(await (await fetch(`${url}/`)).text()).not.toContain('/demo');
  },
);
