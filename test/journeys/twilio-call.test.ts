/** Calls through Twilio, from the visitor's page to the outcome the contact centre reports. */
import { expect, test } from 'vitest';
import { onEveryDeployment } from '../support/deployments.ts';
import { addTwilioNumber, caller, openShop, sendAgentsHome, theCall, toldOf, visitWith } from '../support/open-shop.ts';

const failover = '+15035550177';

onEveryDeployment('a call through Twilio', (deployment) => {
  test('is credited to the visit, answered by an agent, and told step by step until its outcome', async () => {
    const shop = await openShop(await deployment.open());
    const number = await addTwilioNumber(shop);
    const visitId = await visitWith(shop, number);
    const call = shop.farEnd.placeCall({ to: number, from: caller, stirVerstat: 'TN-Validation-Passed-A' });
    await call.waitFor('holding');
    const agent = await shop.farEnd.waitForRing();
    expect(agent).toMatchObject({ from: number, to: expect.stringMatching(/^\+1212555017[12]$/) });
    agent.answer();
    await agent.waitToHear(/Press 1/);
    await agent.press('1');
    await Promise.all([agent.waitFor('bridged'), call.waitFor('bridged')]);
    call.hangUp();
    await agent.waitFor('ended');
    await shop.farEnd.settled();
    const stored = await theCall(shop);
    expect(stored).toMatchObject({
      carrier: 'twilio',
      carrierCallId: call.sid,
      from: caller,
      to: number,
      attestation: 'A',
      state: 'ended',
      visitId,
      verdict: { slug: 'answered', fault: 'none' },
      attribution: { decision: 'credited', visitId },
      legs: [{ state: 'ended' }],
    });
    const outcome = { disposition: 'sale', value: '129.00', currency: 'USD' };
    await shop.api.must('POST', `/v1/calls/${stored.id}/outcome`, { body: outcome });
    const told = await shop.receiver.waitFor('call.outcome', stored.id);
    expect(told.data).toMatchObject({ ...outcome, visitId, sequence: 6 });
    expect(toldOf(shop, stored.id)).toEqual([
      'call.received',
      'call.attributed',
      'call.offered',
      'call.answered',
      'call.ended',
      'call.outcome',
    ]);
    expect(shop.farEnd.faults()).toEqual([]);
  });

  test('declined by one agent rings the other, who takes it', async () => {
    const shop = await openShop(await deployment.open());
    const number = await addTwilioNumber(shop);
    const call = shop.farEnd.placeCall({ to: number, from: caller });
    const first = await shop.farEnd.waitForRing();
    first.busy();
    const second = await shop.farEnd.waitForRing();
    expect(second.to).not.toBe(first.to);
    second.answer();
    await second.press('1');
    await Promise.all([second.waitFor('bridged'), call.waitFor('bridged')]);
    second.hangUp();
    await call.waitFor('ended');
    const { id, legs } = await theCall(shop);
    expect(legs.map(({ ending }: { ending: string }) => ending)).toEqual(['busy', 'completed']);
    await shop.receiver.waitFor('call.ended', id);
    const offers = toldOf(shop, id).filter((type) => type === 'call.offered');
    expect(offers).toHaveLength(2);
  });

  test('whose agent presses another key than 1 goes on to the next agent', async () => {
    const shop = await openShop(await deployment.open());
    const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop), from: caller });
    const first = await shop.farEnd.waitForRing();
    first.answer();
    await first.press('2');
    const second = await shop.farEnd.waitForRing();
    expect(second.to).not.toBe(first.to);
    expect(call.moment()).toBe('holding');
    await first.waitFor('ended');
  });

  test('that nobody can take leaves a voicemail', async () => {
    const shop = await openShop(await deployment.open());
    await sendAgentsHome(shop);
    const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop), from: caller });
    await call.waitToHear(/leave a message/);
    await call.leaveMessage(7);
    await call.waitFor('ended');
    await shop.farEnd.settled();
    const stored = await theCall(shop);
    expect(stored).toMatchObject({
      verdict: { slug: 'voicemail-left', outcome: 'voicemail' },
      voicemail: { seconds: 7 },
    });
    expect(stored.voicemail.recordingId).toMatch(/^RE/);
    await shop.receiver.waitFor('call.ended', stored.id);
    expect(toldOf(shop, stored.id)).toEqual(['call.received', 'call.attributed', 'call.voicemail', 'call.ended']);
  });

  test('that nobody can take goes to the failover number where there is one', async () => {
    const shop = await openShop(await deployment.open());
    await sendAgentsHome(shop);
    const number = await addTwilioNumber(shop, failover);
    const call = shop.farEnd.placeCall({ to: number, from: caller });
    const elsewhere = await shop.farEnd.waitForRing(failover);
    expect(elsewhere.from).toBe(number);
    elsewhere.answer();
    await call.waitFor('bridged');
    elsewhere.hangUp();
    await call.waitFor('ended');
    await shop.farEnd.settled();
    expect(await theCall(shop)).toMatchObject({ verdict: { slug: 'failover-answered' }, legs: [] });
  });

  test('whose failover does not answer either leaves a voicemail', async () => {
    const shop = await openShop(await deployment.open());
    await sendAgentsHome(shop);
    const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop, failover), from: caller });
    (await shop.farEnd.waitForRing(failover)).noAnswer();
    await call.leaveMessage(3, { hangUp: true });
    await shop.receiver.waitFor('call.voicemail');
    expect(await theCall(shop)).toMatchObject({ verdict: { slug: 'voicemail-left' }, voicemail: { seconds: 3 } });
  });

  test('given up while it waits stops the agent’s phone', async () => {
    const shop = await openShop(await deployment.open());
    const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop), from: caller });
    await call.waitFor('holding');
    const agent = await shop.farEnd.waitForRing();
    call.hangUp();
    await agent.waitFor('ended');
    expect(agent.status()).toBe('canceled');
    await shop.farEnd.settled();
    const stored = await theCall(shop);
    expect(stored).toMatchObject({
      verdict: { slug: 'caller-gave-up', fault: 'caller' },
      legs: [{ ending: 'withdrawn' }],
    });
    const { items } = await shop.api.must('GET', '/v1/agents');
    expect(items.map(({ presence }: { presence: string }) => presence)).toEqual(['ready', 'ready']);
  });
});
