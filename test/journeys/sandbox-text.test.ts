/** Texts on the sandbox, where no carrier answers consent words: we must, once. */
import { expect, test } from 'vitest';
import { onEveryDeployment } from '../support/deployments.ts';
import { caller, openShop } from '../support/open-shop.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const ours = '+15035550101';

onEveryDeployment('texts on the sandbox', (deployment) => {
  const setup = async () => {
    const shop = await openShop(await deployment.open());
    const phones = createPhones(shop.api);
    const text = (body: string) => phones.act('/messages', { from: caller, to: ours, body });
    const inbox = async () => ((await phones.look(caller)).texts as { body: string }[]).map(({ body }) => body);
    return { shop, phones, text, inbox };
  };

  test('HELP is answered, also after STOP, and STOP is confirmed once', async () => {
    const { text, inbox } = await setup();
    await text('help');
    await expect.poll(inbox).toEqual([expect.stringMatching(/the business whose page/)]);
    await text('STOP');
    await text('Info?');
    await expect
      .poll(inbox)
      .toEqual([
        expect.stringMatching(/the business whose page/),
        expect.stringMatching(/unsubscribed/),
        expect.stringMatching(/the business whose page/),
      ]);
  });

  test('a second STOP is not confirmed again, and nobody is written to until START', async () => {
    const { shop, text, inbox } = await setup();
    const { conversationId } = await text('STOP');
    await text('stop all');
    const path = `/v1/conversations/${conversationId}/messages`;
    expect((await shop.api.send('POST', path, { body: { body: 'Hello' } })).status).toBe(422);
    await text('START');
    await expect
      .poll(inbox)
      .toEqual([expect.stringMatching(/subscribed again/), expect.stringMatching(/unsubscribed/)]);
    await shop.api.must('POST', path, { body: { body: 'Hello' } });
    await expect.poll(async () => (await inbox())[0]).toBe('Hello');
  });

  test('a reply to a phone that is switched off is told as undelivered', async () => {
    const { shop, phones, text } = await setup();
    const { conversationId } = await text('Are you open?');
    await phones.act(`/phones/${caller}/reachable`, { reachable: false });
    await shop.api.must('POST', `/v1/conversations/${conversationId}/messages`, { body: { body: 'Until six.' } });
    await shop.receiver.waitFor('message.undelivered', conversationId);
  });
});
