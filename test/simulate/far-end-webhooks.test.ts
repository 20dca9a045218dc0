import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createTwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import { account, paths, publicUrl, setup, startGatewayStub } from './gateway-stub.ts';

const text = { from: '+12065550123', to: '+15035550100', body: 'Hello' };
const steps = {
  statusCallback: `${publicUrl}/steps`,
  statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
};
const agent = { to: '+19715550100', from: '+15035550100', twiml: '<Response><Hangup/></Response>' };

test('callbacks that are held arrive in the order of their release', async () => {
  await using world = await setup();
  const held = world.farEnd.holdCallbacks(({ kind }) => kind === 'call-status');
  world.farEnd.onRing((phone) => phone.answer());
  await world.sdk.calls.create({ ...agent, ...steps });
  await world.farEnd.until('four callbacks', () => (held.waiting().length === 4 ? true : undefined));
  expect(world.gateway.askedAt('/steps')).toEqual([]);
  await held.release('reversed');
  expect(world.gateway.askedAt('/steps').map(({ fields }) => fields.SequenceNumber)).toEqual(['3', '2', '1', '0']);
});

test('a held callback is overtaken by the ones that are not', async () => {
  await using world = await setup();
  const held = world.farEnd.holdCallbacks(({ fields }) => fields.CallStatus === 'ringing');
  world.farEnd.onRing((phone) => phone.answer());
  const { sid } = await world.sdk.calls.create({ ...agent, ...steps });
  await world.farEnd.call(sid)?.waitFor('ended');
  await world.farEnd.settled();
  await held.release();
  expect(world.gateway.askedAt('/steps').map(({ fields }) => fields.CallStatus)).toEqual([
    'initiated',
    'in-progress',
    'completed',
    'ringing',
  ]);
});

test('duplicates sends every callback and every inbound text again, under the same SID', async () => {
  await using world = await setup({ duplicates: 2 });
  const sent = await world.farEnd.sendText(text);
  expect(sent.answers).toHaveLength(3);
  expect(new Set(world.gateway.askedAt(paths.messages).map(({ fields }) => fields.MessageSid))).toEqual(
    new Set([sent.sid]),
  );
  world.farEnd.onRing((phone) => phone.busy());
  const { sid } = await world.sdk.calls.create({ ...agent, statusCallback: `${publicUrl}/steps` });
  await world.farEnd.call(sid)?.waitFor('ended');
  await world.farEnd.settled();
  expect(world.gateway.askedAt('/steps')).toHaveLength(3);
});

test('shuffled callbacks all arrive', async () => {
  await using world = await setup({ order: 'shuffled', shuffleWithinMs: 20 });
  world.farEnd.onRing((phone) => phone.answer());
  const { sid } = await world.sdk.calls.create({ ...agent, ...steps });
  await world.farEnd.call(sid)?.waitFor('ended');
  await world.farEnd.settled();
  const arrived = world.gateway.askedAt('/steps').map(({ fields }) => fields.SequenceNumber);
  expect(arrived.toSorted()).toEqual(['0', '1', '2', '3']);
});

test('a refused connection is tried once more and no oftener', async () => {
  const gateway = await startGatewayStub();
  await gateway.close();
  const farEnd = await createTwilioFarEnd({ ...account, gatewayUrl: gateway.url });
  const sent = await farEnd.sendText(text);
  expect(sent).toMatchObject({ acknowledged: false, answers: [{ kind: 'unanswered', failure: 'refused' }] });
  expect(farEnd.deliveries()).toMatchObject([{ tries: 2, acknowledged: false }]);
  await farEnd.close();
});

test('under retryForMs a text survives a gateway that is away and comes back elsewhere', async () => {
  const gone = await startGatewayStub();
  await gone.close();
  const farEnd = await createTwilioFarEnd({ ...account, gatewayUrl: gone.url, publicUrl, retryForMs: 5000 });
  const sending = farEnd.sendText(text);
  const gateway = await startGatewayStub();
  farEnd.pointAt(gateway.url);
  expect((await sending).acknowledged).toBe(true);
  expect(gateway.askedAt(paths.messages)).toMatchObject([{ signed: true }]);
  await farEnd.close();
  await gateway.close();
});

test('a 5xx is final by default and tried again under retryForMs', async () => {
  await using world = await setup();
  const answers = [503, 503, 204];
  world.gateway.at(paths.messages, () => answers.shift() ?? 204);
  expect((await world.farEnd.sendText(text)).acknowledged).toBe(false);
  world.farEnd.changeDelivery({ retryForMs: 5000 });
  expect((await world.farEnd.sendText(text)).acknowledged).toBe(true);
  expect(world.farEnd.deliveries().map(({ tries }) => tries)).toEqual([1, 2]);
});

test('a gateway that does not answer in time is a timeout, not retried', async () => {
  await using silent = await startSilentGateway();
  const farEnd = await createTwilioFarEnd({ ...account, gatewayUrl: silent.url, timeoutMs: 30 });
  await farEnd.sendText(text);
  expect(farEnd.deliveries()).toMatchObject([{ tries: 1, answer: { failure: 'timeout' } }]);
  await farEnd.close();
});

test('close ends waits and requests under way at once', async () => {
  await using silent = await startSilentGateway();
  const farEnd = await createTwilioFarEnd({ ...account, gatewayUrl: silent.url });
  const ringing = farEnd.waitForRing();
  const sent = farEnd.sendText(text);
  await silent.asked;
  await farEnd.close();
  await expect(ringing).rejects.toThrow('the far end was closed');
  expect((await sent).answers).toEqual([{ kind: 'unanswered', failure: 'closed' }]);
});

test('the reply in TwiML reaches the person, and after STOP the number is refused with 21610', async () => {
  await using world = await setup();
  world.gateway.at(paths.messages, '<Message>Hi there</Message>');
  await world.farEnd.sendText({ ...text, media: ['https://media.example/cat.jpg'] });
  expect(await world.farEnd.waitForText({ to: text.from })).toMatchObject({ body: 'Hi there', from: text.to });
  expect(world.gateway.askedAt(paths.messages)[0]?.fields).toMatchObject({
    NumMedia: '1',
    MediaUrl0: 'https://media.example/cat.jpg',
  });
  await world.farEnd.sendText({ ...text, body: 'STOP' });
  const send = world.sdk.messages.create({ from: text.to, to: text.from, body: 'Still there?' });
  await expect(send).rejects.toMatchObject({ status: 400, code: 21_610 });
});

test('the same seed gives the same SIDs', async () => {
  const sids = await Promise.all(
    [7, 7, 8].map(async (seed) => {
      await using world = await setup({ seed });
      return (await world.farEnd.sendText(text)).sid;
    }),
  );
  expect(sids[0]).toBe(sids[1]);
  expect(sids[0]).not.toBe(sids[2]);
});

/** Takes requests and never answers them. */
async function startSilentGateway() {
  const asked = Promise.withResolvers<void>();
  const server = createServer(() => asked.resolve()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: asked.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
