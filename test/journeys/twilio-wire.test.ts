/** What the network does to Twilio's webhooks: doubled, late, out of order, sent again. The record must not mind. */
import { expect, test } from 'vitest';
import type { TwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
import { countRows, onEveryDeployment } from '../support/deployments.ts';
import {
  addTwilioNumber,
  caller,
  openShop,
  publicUrl,
  resend,
  theCall,
  toldOf,
  twilioEnvironment,
} from '../support/open-shop.ts';
import { runGateway } from '../support/run-gateway.ts';

const wholeCall = ['call.received', 'call.attributed', 'call.offered', 'call.answered', 'call.ended'];

async function talk(farEnd: TwilioFarEnd, number: string): Promise<void> {
  const call = farEnd.placeCall({ to: number, from: caller });
  const agent = await farEnd.waitForRing();
  agent.answer();
  await agent.press('1');
  await Promise.all([agent.waitFor('bridged'), call.waitFor('bridged')]);
  call.hangUp();
  await agent.waitFor('ended');
}

onEveryDeployment('webhooks on the wire', (deployment) => {
  test('tripled and shuffled status callbacks change nothing', async () => {
    const shop = await openShop(await deployment.open());
    shop.farEnd.changeDelivery({ duplicates: 2, order: 'shuffled' });
    await talk(shop.farEnd, await addTwilioNumber(shop));
    await shop.farEnd.settled();
    const { id, verdict, legs } = await theCall(shop);
    expect(verdict.slug).toBe('answered');
    expect(legs).toMatchObject([{ state: 'ended', ending: 'completed' }]);
    await shop.receiver.waitFor('call.ended', id);
    expect(toldOf(shop, id)).toEqual(wholeCall);
    expect(shop.farEnd.deliveries().every(({ acknowledged }) => acknowledged)).toBe(true);
  });

  test('status callbacks that come after the call, backwards, change nothing', async () => {
    const shop = await openShop(await deployment.open());
    const held = shop.farEnd.holdCallbacks(({ kind }) => kind === 'call-status');
    await talk(shop.farEnd, await addTwilioNumber(shop));
    await shop.receiver.waitFor('call.ended');
    const before = await theCall(shop);
    expect(held.waiting().length).toBeGreaterThanOrEqual(4);
    await held.release('reversed');
    await shop.farEnd.settled();
    expect(await theCall(shop)).toEqual(before);
    const { items } = await shop.api.must('GET', `/v1/events?subject=${before.id}`);
    expect(items.map(({ type }: { type: string }) => type).reverse()).toEqual(wholeCall);
  });

  test('a call’s webhook sent again while it waits gets the same answer and makes no second call', async () => {
    const shop = await openShop(await deployment.open());
    const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop), from: caller });
    await call.waitFor('holding');
    const [arrival] = shop.farEnd.deliveries().filter(({ kind }) => kind === 'voice');
    if (arrival === undefined) throw new Error('the call’s webhook is not among the deliveries');
    const answers = await Promise.all([resend(shop, arrival), resend(shop, arrival), resend(shop, arrival)]);
    expect(answers).toEqual([arrival.answer, arrival.answer, arrival.answer]);
    await shop.receiver.waitFor('call.offered');
    const { id } = await theCall(shop);
    expect(toldOf(shop, id)).toEqual(['call.received', 'call.attributed', 'call.offered']);
  });

  test('every webhook of a call and a text sent again stores nothing', async () => {
    const place = await deployment.open();
    const shop = await openShop(place);
    const number = await addTwilioNumber(shop);
    await talk(shop.farEnd, number);
    await shop.farEnd.sendText({ from: caller, to: number, body: 'Are you open?' });
    await shop.receiver.waitFor('call.ended');
    await shop.receiver.waitFor('message.received');
    await shop.farEnd.settled();
    await shop.gateway.close();
    const before = await place.record(countRows);
    const gateway = await runGateway(place, twilioEnvironment(shop.farEnd));
    shop.farEnd.pointAt(gateway.url, publicUrl);
    const webhooks = shop.farEnd.deliveries();
    expect(new Set(webhooks.map(({ kind }) => kind))).toEqual(new Set(['voice', 'action', 'call-status', 'message']));
    for (const webhook of webhooks) {
      expect(await resend({ gateway }, webhook), webhook.url).toMatchObject({ kind: 'answered', status: 200 });
    }
    await gateway.close();
    expect(await place.record(countRows)).toEqual(before);
  });

  test('a dial whose answer was lost rings the agent once', async () => {
    const shop = await openShop(await deployment.open());
    const held = shop.farEnd.holdCallbacks(({ url }) => url.includes('/leg-status'));
    shop.farEnd.dropNext({ path: 'Calls' });
    const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop), from: caller });
    await shop.farEnd.waitForRing();
    await shop.farEnd.until('the dial to be looked up', () =>
      shop.farEnd.requests().find(({ path, what, sid }) => path === 'Calls' && what === 'read' && sid === null),
    );
    call.hangUp();
    await shop.receiver.waitFor('call.ended');
    await held.release();
    expect(shop.farEnd.calls().filter(({ direction }) => direction === 'outbound-api')).toHaveLength(1);
  });
});
