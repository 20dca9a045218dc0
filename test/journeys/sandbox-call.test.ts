/** Calls on the sandbox carrier, with nothing but HTTP: the same journeys as through Twilio. */
import { expect, test } from 'vitest';
import { onEveryDeployment } from '../support/deployments.ts';
import { caller, openShop, openVisit, sendAgentsHome, theCall, toldOf } from '../support/open-shop.ts';
import { createPhones } from '../support/sandbox-phones.ts';

const failover = '+15035550177';
const shared = '+15035550108';

onEveryDeployment('a call on the sandbox', (deployment) => {
  const setup = async () => {
    const shop = await openShop(await deployment.open());
    return { shop, phones: createPhones(shop.api) };
  };

  test('is credited to the visit, answered by an agent, and told step by step until its outcome', async () => {
    const { shop, phones } = await setup();
    const opened = await openVisit(shop);
    const line = await phones.dial(caller, opened.number.e164);
    expect(line).toMatchObject({
      state: 'in-progress',
      hears: [expect.stringMatching(/Please hold/), expect.anything()],
    });
    const agent = await phones.ringing();
    expect(agent.from).toBe(opened.number.e164);
    expect(await phones.act(`/calls/${agent.id}/answer`)).toMatchObject({ expects: 'keys' });
    expect(await phones.act(`/calls/${agent.id}/press`, { digits: '1' })).toMatchObject({ connectedWith: caller });
    expect(await phones.act(`/calls/${line.id}/hang-up`)).toMatchObject({ state: 'completed' });
    expect(await phones.call(agent.id)).toMatchObject({ state: 'completed' });
    const stored = await theCall(shop);
    expect(stored).toMatchObject({
      carrier: 'sandbox',
      carrierCallId: line.id,
      from: caller,
      attestation: 'A',
      visitId: opened.visit.id,
      verdict: { slug: 'answered' },
      attribution: { decision: 'credited' },
    });
    await shop.api.must('POST', `/v1/calls/${stored.id}/outcome`, { body: { disposition: 'lead' } });
    await shop.receiver.waitFor('call.outcome', stored.id);
    expect(toldOf(shop, stored.id)).toEqual([
      'call.received',
      'call.attributed',
      'call.offered',
      'call.answered',
      'call.ended',
      'call.outcome',
    ]);
  });

  test('declined by one agent rings the other, who takes it', async () => {
    const { shop, phones } = await setup();
    const line = await phones.dial(caller, shared);
    const first = await phones.ringing();
    await phones.act(`/calls/${first.id}/decline`);
    const second = await phones.ringing();
    expect(second.to).not.toBe(first.to);
    await phones.act(`/calls/${second.id}/answer`);
    await phones.act(`/calls/${second.id}/press`, { digits: '1' });
    await phones.act(`/calls/${second.id}/hang-up`);
    await expect.poll(async () => (await phones.call(line.id)).state).toBe('completed');
    const { legs, verdict } = await theCall(shop);
    expect(legs.map(({ ending }: { ending: string }) => ending)).toEqual(['declined', 'completed']);
    expect(verdict.slug).toBe('answered');
  });

  test('that nobody can take leaves a voicemail', async () => {
    const { shop, phones } = await setup();
    await sendAgentsHome(shop);
    const line = await phones.dial(caller, shared);
    await expect.poll(async () => (await phones.call(line.id)).expects).toBe('speech');
    await phones.act(`/calls/${line.id}/speak`, { seconds: 9 });
    await phones.act(`/calls/${line.id}/hang-up`);
    expect(await theCall(shop)).toMatchObject({ verdict: { slug: 'voicemail-left' }, voicemail: { seconds: 9 } });
  });

  test('that nobody can take goes to the failover number where there is one', async () => {
    const { shop, phones } = await setup();
    await sendAgentsHome(shop);
    const number = '+15035550122';
    await shop.api.must('POST', '/v1/numbers', { body: { number, carrier: 'sandbox', failover } });
    const line = await phones.dial(caller, number);
    const elsewhere = await phones.ringing([failover]);
    await phones.act(`/calls/${elsewhere.id}/answer`);
    expect(await phones.call(line.id)).toMatchObject({ connectedWith: failover });
    await phones.act(`/calls/${elsewhere.id}/hang-up`);
    await shop.receiver.waitFor('call.ended');
    expect(await theCall(shop)).toMatchObject({ verdict: { slug: 'failover-answered' } });
  });

  test('given up while it waits stops the agent’s phone', async () => {
    const { shop, phones } = await setup();
    const line = await phones.dial(caller, shared);
    const agent = await phones.ringing();
    await phones.act(`/calls/${line.id}/hang-up`);
    await expect.poll(async () => (await phones.call(agent.id)).state).toBe('completed');
    expect(await theCall(shop)).toMatchObject({ verdict: { slug: 'caller-gave-up' }, legs: [{ ending: 'withdrawn' }] });
  });
});
