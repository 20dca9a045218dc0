import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createEventPoster } from '../../src/records/post-event.http.ts';

type PosterWorld = Parameters<typeof createEventPoster>[0];
const now = Date.parse('2026-05-04T10:00:00Z');

function setup(change: Partial<PosterWorld> = {}) {
  const poster = createEventPoster({
    clock: { now: () => now },
    allowLoopback: true,
    timeoutMs: 5_000,
    responseBytesMax: 16 * 1_024,
    ...change,
  });
  onTestFinished(() => poster.close());
  return poster;
}

async function serve(answer: RequestListener, host = '127.0.0.1') {
  const seen: { method: string; url: string; headers: Record<string, unknown>; body: string; port: number }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body, port: request.socket.remotePort ?? 0 });
    answer(request, response);
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, port, url: `http://127.0.0.1:${port}/hooks?tenant=7` };
}

const resolvingTo =
  (...addresses: readonly string[]) =>
  async (): Promise<LookupAddress[]> =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

test('the body and headers arrive as given, with our name', async () => {
  const server = await serve((_request, response) => response.writeHead(204).end());
  const answer = await setup().post(server.url, { 'webhook-id': 'evt_1' }, '{"type":"call.ended","data":"é"}');
  expect(answer).toEqual({ kind: 'answered', status: 204, retryAfterMs: null });
  expect(server.seen).toHaveLength(1);
  expect(server.seen[0]).toMatchObject({
    method: 'POST',
    url: '/hooks?tenant=7',
    body: '{"type":"call.ended","data":"é"}',
    headers: {
      'webhook-id': 'evt_1',
      'user-agent': 'Linekeeper',
      'content-type': 'application/json',
      host: `127.0.0.1:${server.port}`,
    },
  });
});

test('a connection serves the next post too', async () => {
  const server = await serve((_request, response) => response.end('ok'));
  const poster = setup();
  await poster.post(server.url, {}, '{}');
  await poster.post(server.url, {}, '{}');
  expect(new Set(server.seen.map(({ port }) => port)).size).toBe(1);
});

test('a redirect is an answer and is not followed', async () => {
  const elsewhere = await serve((_request, response) => response.end());
  const server = await serve((_request, response) => response.writeHead(307, { location: elsewhere.url }).end());
  expect(await setup().post(server.url, {}, '{}')).toMatchObject({ kind: 'answered', status: 307 });
  expect(elsewhere.seen).toEqual([]);
});

test('Retry-After comes in milliseconds from seconds and dates', async () => {
  const waits = ['30', 'Mon, 04 May 2026 10:02:00 GMT'];
  const server = await serve((_request, response) =>
    response.writeHead(503, { 'retry-after': waits.shift() ?? '' }).end(),
  );
  const poster = setup();
  expect(await poster.post(server.url, {}, '{}')).toMatchObject({ status: 503, retryAfterMs: 30_000 });
  expect(await poster.post(server.url, {}, '{}')).toMatchObject({ status: 503, retryAfterMs: 120_000 });
});

test('a server that never answers ends by the timeout', async () => {
  const server = await serve(() => {});
  const answer = await setup({ timeoutMs: 60 }).post(server.url, {}, '{}');
  expect(answer).toEqual({ kind: 'failed', reason: 'timeout' });
});

test('a body that never ends is cut off by the timeout and the status stands', async () => {
  const server = await serve((_request, response) => response.writeHead(200).write('still '));
  const answer = await setup({ timeoutMs: 60 }).post(server.url, {}, '{}');
  expect(answer).toEqual({ kind: 'answered', status: 200, retryAfterMs: null });
});

test('a body past the bound is cut off at once and the status stands', async () => {
  const closed = Promise.withResolvers<void>();
  const server = await serve((request, response) => {
    request.socket.on('close', () => closed.resolve());
    response.writeHead(200);
    const pour = () => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1_024)));
    };
    response.on('drain', pour);
    pour();
  });
  expect(await setup().post(server.url, {}, '{}')).toMatchObject({ kind: 'answered', status: 200 });
  await closed.promise;
});

test('headers past the bound are a failure', async () => {
  const server = await serve((_request, response) => response.writeHead(200, { 'x-long': 'x'.repeat(4_000) }).end());
  const answer = await setup({ responseBytesMax: 2_000 }).post(server.url, {}, '{}');
  expect(answer).toEqual({ kind: 'failed', reason: 'HPE_HEADER_OVERFLOW' });
});

test('a connection cut before the status is a failure', async () => {
  const server = await serve((request) => request.socket.destroy());
  expect(await setup().post(server.url, {}, '{}')).toEqual({ kind: 'failed', reason: 'ECONNRESET' });
});

test('a body cut off in the middle leaves the status standing', async () => {
  const server = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => request.socket.destroy());
  });
  expect(await setup().post(server.url, {}, '{}')).toMatchObject({ kind: 'answered', status: 200 });
});

test('loopback is refused without the development switch, by address and by name, and nothing connects', async () => {
  const server = await serve((_request, response) => response.end());
  const poster = setup({ allowLoopback: false });
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::1]', '[::ffff:127.0.0.1]'])
    for (const scheme of ['https', 'http'])
      expect(await poster.post(`${scheme}://${host}:${server.port}/`, {}, '{}')).toMatchObject({ kind: 'refused' });
  expect(server.seen).toEqual([]);
});

test.each([['127.0.0.1'], ['::1'], ['10.0.0.1'], ['169.254.169.254'], ['::ffff:10.0.0.1'], ['8.8.8.8', '10.0.0.1']])(
  'a name that resolves to %s %s is refused',
  async (...addresses) => {
    const poster = setup({ allowLoopback: false, resolveHost: resolvingTo(...addresses) });
    expect(await poster.post('https://hooks.example.com/', {}, '{}')).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('not a public one'),
    });
  },
);

test('a name of the system that resolves to loopback is reached with the switch only', async () => {
  const server = await serve((_request, response) => response.end());
  expect(await setup().post(`http://localhost:${server.port}/`, {}, '{}')).toMatchObject({ status: 200 });
  expect(server.seen[0]?.headers).toMatchObject({ host: `localhost:${server.port}` });
});

test('plain http to a name that leads off this machine is refused, even with the switch', async () => {
  const poster = setup({ resolveHost: resolvingTo('8.8.8.8') });
  expect(await poster.post('http://localhost/', {}, '{}')).toEqual({
    kind: 'refused',
    reason: 'plain http goes to this machine only',
  });
});

test('a name is resolved once, and the connection goes to the address that was checked', async () => {
  const server = await serve((_request, response) => response.end());
  let asked = 0;
  const resolveHost = async () => {
    asked += 1;
    return asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '10.0.0.1', family: 4 }];
  };
  const poster = setup({ resolveHost });
  // The system knows nothing of this name: had the socket asked for itself, it would not have arrived.
  const url = `http://rebinding.localhost:${server.port}/`;
  expect(await poster.post(url, {}, '{}')).toMatchObject({ status: 200 });
  expect(asked).toBe(1);
  expect(await poster.post(url, {}, '{}')).toMatchObject({ kind: 'refused' });
  expect(server.seen).toHaveLength(1);
});

test('when the first address does not connect, the next one that was checked is used', async () => {
  const server = await serve((_request, response) => response.end());
  const poster = setup({ resolveHost: resolvingTo('::1', '127.0.0.1') });
  expect(await poster.post(`http://localhost:${server.port}/`, {}, '{}')).toMatchObject({ status: 200 });
});

test('nobody listening, a name unknown and a resolver that hangs are failures with a word', async () => {
  const server = await serve(() => {});
  const unknown = async (): Promise<LookupAddress[]> => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND hooks.example.com'), { code: 'ENOTFOUND' });
  };
  const none = setup({ resolveHost: unknown });
  expect(await none.post('https://hooks.example.com/', {}, '{}')).toEqual({ kind: 'failed', reason: 'ENOTFOUND' });
  const hanging = setup({ timeoutMs: 60, resolveHost: () => new Promise(() => {}) });
  expect(await hanging.post('https://hooks.example.com/', {}, '{}')).toEqual({ kind: 'failed', reason: 'timeout' });
  expect(
    await setup({ resolveHost: resolvingTo('127.9.9.9') }).post(`http://localhost:${server.port}/`, {}, '{}'),
  ).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
});

test('closing ends what is under way and what comes later', async () => {
  const arrived = Promise.withResolvers<void>();
  const server = await serve(() => arrived.resolve());
  const poster = setup();
  const underWay = poster.post(server.url, {}, '{}');
  await arrived.promise;
  poster.close();
  expect(await underWay).toEqual({ kind: 'failed', reason: 'closing' });
  expect(await poster.post(server.url, {}, '{}')).toEqual({ kind: 'failed', reason: 'closing' });
});

test('an answer that changes protocols is a status like any other, and holds nobody up', async () => {
  const server = await serve((request) => {
    request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
  });
  expect(await setup().post(server.url, {}, '{}')).toEqual({ kind: 'answered', status: 101, retryAfterMs: null });
});

test('an answer that is asked for is read whole, and cut off beyond its bound', async () => {
  const { url, seen } = await serve((request, response) =>
    response.end(request.headers['x-size'] === 'large' ? 'x'.repeat(100_000) : '{"product":"sölär"}'),
  );
  const poster = setup();
  const small = await poster.ask(url, { 'x-size': 'small' }, '{}', 2_000);
  expect(small).toEqual({ kind: 'answered', status: 200, retryAfterMs: null, body: '{"product":"sölär"}' });
  expect(await poster.ask(url, { 'x-size': 'large' }, '{}', 2_000)).toMatchObject({ status: 200, body: null });
  expect(seen).toHaveLength(2);
});

test('an answer that breaks off is no body, one that is not whole in time is a failure', async () => {
  const { url } = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('{"a"');
    if (request.headers['x-end'] === 'cut') setImmediate(() => request.socket.destroy());
  });
  const poster = setup();
  expect(await poster.ask(url, { 'x-end': 'cut' }, '{}', 2_000)).toMatchObject({ status: 200, body: null });
  expect(await poster.ask(url, { 'x-end': 'never' }, '{}', 80)).toEqual({ kind: 'failed', reason: 'timeout' });
});

test('an asker’s time is its own, within the poster’s', async () => {
  const { url } = await serve(() => undefined);
  const poster = setup({ timeoutMs: 60 });
  expect(await poster.ask(url, {}, '{}', 60_000)).toEqual({ kind: 'failed', reason: 'timeout' });
});
