/** What people with curl are told when an act makes no sense, and the shape of the routes. */
import fastifySwagger from '@fastify/swagger';
import Fastify from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { registerSandbox } from '../../../src/carriers/sandbox/routes.ts';
import { agentA, caller, elsewhere, ours, setup } from './staged-gateway.ts';

test('pressing a key on an ended call is a conflict that names the cure', async () => {
  const { act } = setup();
  const { id } = (await act('/calls', { from: caller, to: ours })).body;
  await act(`/calls/${id}/hang-up`);
  for (const [path, body] of [
    ['press', { digits: '1' }],
    ['speak', { seconds: 1 }],
    ['answer', undefined],
    ['wait-out', undefined],
    ['hang-up', undefined],
  ] as const) {
    const refused = await act(`/calls/${id}/${path}`, body);
    expect(refused).toMatchObject({ code: 409, body: { code: 'conflict' } });
    expect(refused.body.detail).toContain('POST /carriers/sandbox/calls');
  }
});

test('keys, speech and waiting on a caller with hold music are conflicts', async () => {
  const { act } = setup({ agents: [agentA] });
  const { id } = (await act('/calls', { from: caller, to: ours })).body;
  for (const [path, body] of [
    ['press', { digits: '1' }],
    ['speak', { seconds: 1 }],
    ['wait-out', undefined],
    ['answer', undefined],
  ] as const) {
    expect((await act(`/calls/${id}/${path}`, body)).code).toBe(409);
  }
});

test('a ringing phone must be answered before keys are pressed', async () => {
  const { act, send } = setup({ agents: [agentA] });
  await act('/calls', { from: caller, to: ours });
  const [ringing] = (await send('GET', `/phones/${agentA}`)).body.ringing;
  expect((await act(`/calls/${ringing.id}/press`, { digits: '1' })).body.detail).toContain('answer first');
});

test('an act on a phone without a fitting call is a conflict', async () => {
  const { act } = setup();
  expect(await act(`/phones/${agentA}/answer`)).toMatchObject({ code: 409, body: { code: 'conflict' } });
});

test('an unknown call and a number that is not ours are not found', async () => {
  const { act, send } = setup();
  expect((await send('GET', '/calls/SBnone')).code).toBe(404);
  expect((await act('/calls', { from: caller, to: elsewhere })).body.code).toBe('not-found');
  expect((await act('/messages', { from: caller, to: elsewhere, body: 'hello' })).body.code).toBe('not-found');
  expect((await send('GET', `/phones/${caller}`)).body.calls).toMatchObject([{ state: 'completed' }]);
});

test.each([
  ['/calls', { from: 'me', to: ours }],
  ['/calls', { to: '5035550100' }],
  ['/calls', { to: ours, attestation: 'D' }],
  ['/messages', { from: caller, to: ours, body: '' }],
  ['/calls/SB1/press', { digits: 'one' }],
])('%s refuses a body that is not of its form', async (path, body) => {
  expect((await setup().act(path, body)).code).toBe(400);
});

test('a caller may withhold the number', async () => {
  const { act, record } = setup();
  expect((await act('/calls', { to: ours })).body.from).toBe('anonymous');
  expect((await act('/calls', { from: 'anonymous', to: ours })).body.from).toBe('anonymous');
  expect([...record.calls.values()].map(({ ani }) => ani)).toEqual([null, null]);
});

test('every route stands in the OpenAPI document with a summary and the sandbox tag', async () => {
  const { network, head } = setup();
  const app = Fastify();
  await app.register(fastifySwagger, { openapi: {}, transform: jsonSchemaTransform });
  await registerSandbox(app, { network, head });
  await app.ready();
  const { paths = {} } = app.swagger();
  const operations = Object.values(paths).flatMap((path) => Object.values(path ?? {}));
  expect(operations).toHaveLength(14);
  for (const operation of operations) {
    expect(operation).toMatchObject({ tags: ['sandbox'], summary: expect.any(String) });
  }
});
