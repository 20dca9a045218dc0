/** Texts to and from pretend phones, and their receipts. */
import { expect, test } from 'vitest';
import { limits } from '../../../config/limits.ts';
import { createInbox } from '../../../src/carriers/sandbox/inbox.ts';
import type { MessageId } from '../../../src/ports/ids.ts';
import { caller, ours, setup } from './staged-gateway.ts';

function orderFor(messageId: string, body = 'We are open until six.') {
  return { messageId: messageId as MessageId, from: ours, to: caller, body, orderedAt: 0, repeated: false };
}

test('a text reaches the phone and its receipts follow after the send was answered', async () => {
  const { messages, receipts, send, settle } = setup();
  const answer = await messages.send(orderFor('msg_1'));
  expect(answer).toEqual({ kind: 'sent', carrierMessageId: expect.stringMatching(/^ST[0-9a-f]{32}$/) });
  expect(receipts).toEqual([]);
  await settle();
  expect(receipts.map(({ state, failure }) => [state, failure])).toEqual([
    ['sent', null],
    ['delivered', null],
  ]);
  const { body } = await send('GET', `/phones/${caller}`);
  expect(body.texts).toEqual([{ from: ours, body: 'We are open until six.', at: '2023-11-14T22:13:20.000Z' }]);
});

test('a text to a phone that is switched off is undelivered', async () => {
  const { messages, receipts, send, act, settle } = setup();
  await act(`/phones/${caller}/reachable`, { reachable: false });
  await messages.send(orderFor('msg_1'));
  await settle();
  expect(receipts.map(({ state }) => state)).toEqual(['sent', 'undelivered']);
  expect(receipts.at(-1)?.failure).toBe('the phone is switched off');
  expect((await send('GET', `/phones/${caller}`)).body.texts).toEqual([]);
});

test('a repeated order hands nothing over twice', async () => {
  const { messages, receipts, network, settle } = setup();
  const first = await messages.send(orderFor('msg_1'));
  expect(await messages.send({ ...orderFor('msg_1'), repeated: true })).toEqual(first);
  await settle();
  expect(network.inbox.textsOf(caller)).toHaveLength(1);
  expect(receipts).toHaveLength(2);
});

test('a phone’s text is taken in under a carrier id of its own', async () => {
  const { act, texts } = setup();
  const taken = await act('/messages', { from: caller, to: ours, body: 'Are you open?' });
  expect(taken).toEqual({ code: 201, body: { id: expect.stringMatching(/^ST/), conversationId: 'conv_1' } });
  expect(texts).toMatchObject([
    { carrier: 'sandbox', carrierMessageId: taken.body.id, carrierAnswersConsentWords: false, body: 'Are you open?' },
  ]);
});

test('texts and switched-off phones leave memory oldest first', () => {
  const inbox = createInbox();
  for (let made = 0; made <= limits.sandboxTextsMax; made += 1) {
    inbox.put({ ...orderFor(`msg_${made}`), id: `ST${made}`, at: made, reached: true });
  }
  expect(inbox.find('msg_0' as MessageId)).toBeUndefined();
  expect(inbox.find('msg_1' as MessageId)).toBeDefined();
  expect(inbox.textsOf(caller)[0]?.id).toBe(`ST${limits.sandboxTextsMax}`);
});
