/** A live call through Twilio, moved about by the contact centre over the API. */
import { expect, test } from 'vitest';
import { onEveryDeployment } from '../support/deployments.ts';
import { addTwilioNumber, caller, openShop, type Shop, theCall, toldOf } from '../support/open-shop.ts';

const outside = '+15035550178';

/** A caller who talks with an agent. */
async function talk(shop: Shop) {
  const call = shop.farEnd.placeCall({ to: await addTwilioNumber(shop), from: caller });
  const agent = await shop.farEnd.waitForRing();
  agent.answer();
  await agent.press('1');
  await Promise.all([agent.waitFor('bridged'), call.waitFor('bridged')]);
  const { id } = await theCall(shop);
  const command = (path: string, body?: object) => shop.api.send('POST', `/v1/calls/${id}/${path}`, { body });
  return { call, agent, id, command };
}

onEveryDeployment('a live call over the API', (deployment) => {
  test('is held, resumed, talked over with a third and handed to them', async () => {
    const shop = await openShop(await deployment.open());
    const { call, agent, id, command } = await talk(shop);
    expect(await command('hold')).toMatchObject({ status: 200, body: { state: 'held' } });
    await Promise.all([call.waitFor('holding'), agent.waitFor('listening')]);
    expect(await command('hold')).toMatchObject({ status: 409, body: { code: 'call-state' } });
    expect(await command('resume')).toMatchObject({ status: 200, body: { state: 'bridged' } });
    await Promise.all([agent.waitFor('bridged'), call.waitFor('bridged')]);
    const warm = await command('transfer', { to: { number: outside }, mode: 'warm' });
    expect(warm.body).toMatchObject({ state: 'consulting', legs: [{ state: 'consulting' }, { role: 'target' }] });
    const third = await shop.farEnd.waitForRing(outside);
    await call.waitFor('holding');
    third.answer();
    await Promise.all([agent.waitFor('bridged'), third.waitFor('bridged')]);
    expect(await command('transfer/complete')).toMatchObject({ status: 200, body: { state: 'bridged' } });
    await Promise.all([call.waitFor('bridged'), third.waitFor('bridged'), agent.waitFor('ended')]);
    third.hangUp();
    await call.waitFor('ended');
    await shop.receiver.waitFor('call.ended', id);
    expect(toldOf(shop, id).slice(3)).toEqual([
      'call.answered',
      'call.held',
      'call.resumed',
      'call.consulted',
      'call.transferred',
      'call.ended',
    ]);
    expect(shop.farEnd.faults()).toEqual([]);
  });

  test('is put together with a third and a supervisor, and ended', async () => {
    const shop = await openShop(await deployment.open());
    const { call, agent, id, command } = await talk(shop);
    await command('transfer', { to: { number: outside }, mode: 'warm' });
    const third = await shop.farEnd.waitForRing(outside);
    third.answer();
    await third.waitFor('bridged');
    expect(await command('conference')).toMatchObject({ status: 200, body: { state: 'bridged' } });
    await Promise.all([agent, call, third].map((phone) => phone.waitFor('bridged')));
    const asked = await command('supervise', { by: { number: '+15035550179' }, mode: 'listen' });
    const supervisor = await shop.farEnd.waitForRing('+15035550179');
    supervisor.answer();
    await supervisor.press('1');
    await shop.receiver.waitFor('call.supervised', id);
    await supervisor.waitFor('bridged');
    const legId = asked.body.legs.at(-1).id;
    expect(await command(`supervise/${legId}`, { mode: 'coach' })).toMatchObject({ status: 200 });
    expect(await command(`supervise/${legId}/leave`)).toMatchObject({ status: 200 });
    await supervisor.waitFor('ended');
    expect(shop.farEnd.inRoom(`${id}.2`)).toHaveLength(3);
    expect(await command('hang-up')).toMatchObject({ status: 200, body: { state: 'ended' } });
    await Promise.all([agent, call, third].map((phone) => phone.waitFor('ended')));
  });

  test('goes nowhere that is not allowed, and to nobody unknown', async () => {
    const shop = await openShop(await deployment.open());
    const { command } = await talk(shop);
    const to = (target: object) => command('transfer', { to: target, mode: 'blind' });
    expect(await to({ number: '+12425550123' })).toMatchObject({ status: 422, body: { code: 'destination-denied' } });
    expect(await to({ agentId: `agent_${'0'.repeat(26)}` })).toMatchObject({ status: 400 });
    expect(await command('transfer/complete')).toMatchObject({ status: 409, body: { code: 'call-state' } });
    expect(await shop.api.send('POST', `/v1/calls/call_${'0'.repeat(26)}/hold`)).toMatchObject({ status: 404 });
  });
});
