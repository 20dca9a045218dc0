/** Texts through Twilio: taken in once, credited to the visit, answered once, and never to somebody who said STOP. */
import { expect, test } from 'vitest';
import { onEveryDeployment } from '../support/deployments.ts';
import { addTwilioNumber, caller, openShop, type Shop, toldOf, visitWith } from '../support/open-shop.ts';

async function textIn(shop: Shop, number: string, body: string) {
  const sent = await shop.farEnd.sendText({ from: caller, to: number, body });
  expect(sent.answers).toMatchObject(sent.answers.map(() => ({ status: 200 })));
  const { items } = await shop.api.must('GET', '/v1/conversations');
  expect(items).toHaveLength(1);
  return { sid: sent.sid, conversation: items[0] };
}

function reply(shop: Shop, conversationId: string, body: string, key: string) {
  const headers = { 'idempotency-key': key };
  return shop.api.send('POST', `/v1/conversations/${conversationId}/messages`, { body: { body }, headers });
}

onEveryDeployment('texts through Twilio', (deployment) => {
  test('a text is credited to the visit, and its answer is sent once whatever is repeated', async () => {
    const shop = await openShop(await deployment.open());
    const number = await addTwilioNumber(shop);
    const visitId = await visitWith(shop, number);
    shop.farEnd.changeDelivery({ duplicates: 1 });
    const { conversation } = await textIn(shop, number, 'Are you open on Sunday?');
    expect(conversation).toMatchObject({ customer: caller, ours: number, visitId });
    const held = shop.farEnd.holdCallbacks();
    const first = await reply(shop, conversation.id, 'From ten to four.', 'answer-1');
    const second = await reply(shop, conversation.id, 'From ten to four.', 'answer-1');
    expect(first).toMatchObject({ status: 202, body: { direction: 'outbound', state: 'accepted' } });
    expect(second).toEqual(first);
    const other = await reply(shop, conversation.id, 'From nine to four.', 'answer-1');
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
    const sent = await shop.farEnd.waitForText({ to: caller });
    expect(sent).toMatchObject({ from: number, body: 'From ten to four.' });
    await shop.farEnd.until('all receipts', () => (held.waiting().length === 3 ? true : undefined));
    await held.release('reversed');
    const { messages } = await shop.api.must('GET', `/v1/conversations/${conversation.id}`);
    expect(messages.map((message: { direction: string; state: string }) => [message.direction, message.state])).toEqual(
      [
        ['inbound', 'received'],
        ['outbound', 'delivered'],
      ],
    );
    await shop.receiver.waitFor('message.delivered', conversation.id);
    expect(toldOf(shop, conversation.id).filter((type) => type !== 'message.queued')).toEqual([
      'conversation.attributed',
      'message.received',
      'message.delivered',
    ]);
    expect(shop.farEnd.texts().filter(({ direction }) => direction !== 'inbound')).toHaveLength(1);
  });

  test('after STOP a reply is refused until START, and the carrier alone confirms', async () => {
    const shop = await openShop(await deployment.open());
    const number = await addTwilioNumber(shop);
    const { conversation } = await textIn(shop, number, 'Stop!');
    const refused = await reply(shop, conversation.id, 'One more thing', 'a');
    expect(refused).toMatchObject({ status: 422, body: { code: 'opted-out', retry: false } });
    await textIn(shop, number, 'START');
    expect((await reply(shop, conversation.id, 'Welcome back', 'b')).status).toBe(202);
    await shop.receiver.waitFor('message.delivered', conversation.id);
    expect(shop.farEnd.texts().filter(({ direction }) => direction !== 'inbound')).toHaveLength(1);
    const [stopped, started] = shop.receiver.received().filter(({ type }) => type === 'consent.changed');
    expect([stopped?.data.choice, started?.data.choice]).toEqual(['opted-out', 'opted-in']);
  });

  test('an opt-out that only the carrier knew fails the message and counts from then on', async () => {
    const shop = await openShop(await deployment.open());
    const { conversation } = await textIn(shop, await addTwilioNumber(shop), 'Hello');
    shop.farEnd.failNext({ path: 'Messages', status: 400, code: 21_610 });
    expect((await reply(shop, conversation.id, 'Good morning', 'a')).status).toBe(202);
    await shop.receiver.waitFor('message.failed', conversation.id);
    await expect.poll(async () => (await reply(shop, conversation.id, 'Hello?', 'b')).status).toBe(422);
  });

  test('a send whose answer was lost is not sent again', async () => {
    const shop = await openShop(await deployment.open());
    const { conversation } = await textIn(shop, await addTwilioNumber(shop), 'Hello');
    shop.farEnd.dropNext({ path: 'Messages' });
    await reply(shop, conversation.id, 'Good morning', 'a');
    await shop.receiver.waitFor('message.delivered', conversation.id);
    await shop.farEnd.settled();
    expect(shop.farEnd.texts().filter(({ direction }) => direction !== 'inbound')).toHaveLength(1);
  });
});
