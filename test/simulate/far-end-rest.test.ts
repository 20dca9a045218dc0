import { expect, test } from 'vitest';
import { createSdk, publicUrl, setup } from './gateway-stub.ts';

const agent = { to: '+19715550100', from: '+15035550100' };

test('a call created through the SDK rings, is answered, follows its document and reports each step in order', async () => {
  await using world = await setup();
  const { gateway, farEnd, sdk } = world;
  gateway.at('/whisper', '<Say>Press one</Say><Hangup/>');
  const created = await sdk.calls.create({
    ...agent,
    url: `${publicUrl}/whisper`,
    statusCallback: `${publicUrl}/steps`,
    statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
    timeout: 20,
  });
  expect(created.status).toBe('queued');
  const phone = await farEnd.waitForRing(agent.to);
  expect(phone.sid).toBe(created.sid);
  phone.answer();
  await phone.waitFor('ended');
  await farEnd.settled();
  const steps = gateway.askedAt('/steps');
  expect(steps.map(({ fields }) => [fields.SequenceNumber, fields.CallStatus])).toEqual([
    ['0', 'initiated'],
    ['1', 'ringing'],
    ['2', 'in-progress'],
    ['3', 'completed'],
  ]);
  expect(phone.heard()).toEqual([{ kind: 'say', text: 'Press one' }]);
  expect(gateway.asked.every(({ signed }) => signed)).toBe(true);
  expect((await sdk.calls(created.sid).fetch()).status).toBe('completed');
});

test.each([
  ['busy', 'busy'],
  ['noAnswer', 'no-answer'],
] as const)(
  'a phone that is %s ends the call as %s, and only completed is reported by default',
  async (act, status) => {
    await using world = await setup();
    world.farEnd.onRing((phone) => phone[act]());
    const { sid } = await world.sdk.calls.create({
      ...agent,
      twiml: '<Response/>',
      statusCallback: `${publicUrl}/steps`,
    });
    await world.farEnd.call(sid)?.waitFor('ended');
    await world.farEnd.settled();
    expect(world.gateway.askedAt('/steps').map(({ fields }) => fields.CallStatus)).toEqual([status]);
  },
);

test('a ringing call can be canceled, and an ended one cannot be redirected (21220)', async () => {
  await using world = await setup();
  const { sid } = await world.sdk.calls.create({ ...agent, twiml: '<Response/>' });
  await world.farEnd.waitForRing();
  expect((await world.sdk.calls(sid).update({ status: 'canceled' })).status).toBe('canceled');
  await expect(world.sdk.calls(sid).update({ twiml: '<Response/>' })).rejects.toMatchObject({
    status: 400,
    code: 21_220,
  });
});

test('a phone nobody picks up rings for the Timeout that was asked', async () => {
  await using world = await setup({ pace: 0.001 });
  const { sid } = await world.sdk.calls.create({ ...agent, twiml: '<Response/>', timeout: 15 });
  const phone = world.farEnd.call(sid);
  await phone?.waitFor('ended');
  expect(phone?.status()).toBe('no-answer');
});

test('calls are found again by number, status and start', async () => {
  await using world = await setup();
  const startedAfter = new Date();
  const { sid } = await world.sdk.calls.create({ ...agent, twiml: '<Response/>' });
  const found = await world.sdk.calls.list({ to: agent.to, startTimeAfter: startedAfter });
  expect(found.map((call) => call.sid)).toEqual([sid]);
  expect(await world.sdk.calls.list({ status: 'completed' })).toEqual([]);
  expect(await world.sdk.calls.list({ startTimeAfter: new Date(Date.now() + 60_000) })).toEqual([]);
});

test('a text is accepted, reported on and listed', async () => {
  await using world = await setup();
  const text = { from: '+15035550100', to: '+12065550123', body: 'Your table is ready' };
  const created = await world.sdk.messages.create({ ...text, statusCallback: `${publicUrl}/receipts` });
  expect(created).toMatchObject({ status: 'queued', ...text });
  expect((await world.farEnd.waitForText({ to: text.to, body: /table/ })).sid).toBe(created.sid);
  await world.farEnd.until('three receipts', () => (world.farEnd.deliveries().length === 3 ? true : undefined));
  expect(world.gateway.askedAt('/receipts').map(({ fields }) => fields.MessageStatus)).toEqual([
    'queued',
    'sent',
    'delivered',
  ]);
  const listed = await world.sdk.messages.list({ to: text.to, from: text.from });
  expect(listed.map(({ sid, status }) => [sid, status])).toEqual([[created.sid, 'delivered']]);
});

test('a script decides that a text is not delivered, and why', async () => {
  await using world = await setup();
  world.farEnd.onText(() => ({ status: 'undelivered', errorCode: 30_005 }));
  await world.sdk.messages.create({
    from: '+15035550100',
    to: '+12065550123',
    body: 'x',
    statusCallback: `${publicUrl}/r`,
  });
  await world.farEnd.until('three receipts', () => (world.farEnd.deliveries().length === 3 ? true : undefined));
  expect(world.gateway.askedAt('/r').at(-1)?.fields).toMatchObject({
    MessageStatus: 'undelivered',
    ErrorCode: '30005',
  });
});

test('a wrong token is refused as Twilio refuses it', async () => {
  await using world = await setup();
  const stranger = createSdk(world.farEnd, 'another-token');
  await expect(stranger.calls.list()).rejects.toMatchObject({ status: 401, code: 20_003 });
});

test('failNext refuses the next create only', async () => {
  await using world = await setup();
  world.farEnd.failNext({ path: 'Messages', status: 429, code: 20_429 });
  const send = () => world.sdk.messages.create({ from: '+15035550100', to: '+12065550123', body: 'x' });
  await expect(send()).rejects.toMatchObject({ status: 429, code: 20_429 });
  await expect(send()).resolves.toMatchObject({ status: 'queued' });
  expect(world.farEnd.texts()).toHaveLength(1);
});

test('dropNext does the work and says nothing: the text is there to be found', async () => {
  await using world = await setup();
  world.farEnd.dropNext({ path: 'Messages' });
  const send = world.sdk.messages.create({ from: '+15035550100', to: '+12065550123', body: 'once' });
  await expect(send).rejects.toThrow();
  expect(await world.sdk.messages.list({ to: '+12065550123' })).toHaveLength(1);
  expect(world.farEnd.requests().map(({ what, status }) => [what, status])).toEqual([
    ['create', 0],
    ['read', 200],
  ]);
});
