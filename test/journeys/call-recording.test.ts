/** Calls through Twilio that are recorded, and calls whose caller chooses by keys. */
import { describe, expect, test } from 'vitest';
import { embeddedDeployment } from '../support/deployments.ts';
import { addTwilioNumber, caller, openShop, type Shop, sendAgentsHome, theCall } from '../support/open-shop.ts';

async function planFor({ api }: Shop, e164: string, body: object): Promise<void> {
  const { items } = await api.must('GET', '/v1/numbers?limit=200');
  const { id } = items.find((number: { number?: string; e164?: string }) => (number.number ?? number.e164) === e164);
  await api.must('PUT', `/v1/numbers/${id}/route-plan`, { body });
}

describe('a call by its plan', () => {
  const deployment = embeddedDeployment();

  test('is announced, recorded from the moment of the talk, paused, and its sound is streamed through us', async () => {
    const shop = await openShop(await deployment.open());
    const number = await addTwilioNumber(shop);
    await planFor(shop, number, { record: true, consent: 'This call is recorded.' });
    const call = shop.farEnd.placeCall({ to: number, from: caller });
    await call.waitToHear(/This call is recorded/);
    const agent = await shop.farEnd.waitForRing();
    agent.answer();
    await agent.press('1');
    await Promise.all([agent.waitFor('bridged'), call.waitFor('bridged')]);
    const recording = (state: string) =>
      shop.farEnd.until(
        `the recording to be ${state}`,
        () => shop.farEnd.recordingsOf(call.sid)[0] === state || undefined,
      );
    await recording('in-progress');
    const { id } = await theCall(shop);
    const path = `/v1/calls/${id}/recording`;
    expect(await shop.api.must('POST', path, { body: { act: 'pause' } })).toMatchObject({ recording: 'paused' });
    await recording('paused');
    await shop.api.must('POST', path, { body: { act: 'resume' } });
    await recording('in-progress');
    call.hangUp();
    const told = await shop.receiver.waitFor('call.recorded', id);
    expect(JSON.stringify(told.data)).not.toContain('http');
    const { recordings } = await theCall(shop);
    expect(recordings).toEqual([{ id: told.data.recordingId, seconds: expect.any(Number) }]);
    const sound = await shop.api.send('GET', `/v1/calls/${id}/recordings/${told.data.recordingId}`);
    expect(sound).toMatchObject({ status: 200, type: 'audio/mpeg', text: `sound of ${told.data.recordingId}` });
    const other = `/v1/calls/${id}/recordings/RE${'0'.repeat(32)}`;
    expect(await shop.api.send('GET', other)).toMatchObject({ status: 404 });
    const asPage = await shop.api.send('GET', `/v1/calls/${id}/recordings/${told.data.recordingId}`, { as: 'page' });
    expect(asPage.status).toBe(403);
    expect(shop.farEnd.recordingsOf(call.sid)).toEqual(['completed']);
  });

  test('lets the caller choose by keys, asks again, and takes a message where that was chosen', async () => {
    const shop = await openShop(await deployment.open());
    const number = await addTwilioNumber(shop);
    await sendAgentsHome(shop);
    const menu = {
      prompt: 'To leave a message press 9.',
      keys: { 9: { to: 'voicemail' } },
      retries: 2,
      timeoutMs: 5_000,
      otherwise: { to: 'agents' },
    };
    await planFor(shop, number, { announcement: 'Welcome.', menu });
    const call = shop.farEnd.placeCall({ to: number, from: caller });
    await call.press('5');
    await call.press('5');
    await call.press('9');
    await call.leaveMessage(4);
    await call.waitFor('ended');
    const said = call.heard().flatMap(({ kind, text }) => (kind === 'say' ? [text] : []));
    const { prompt } = menu;
    expect(said).toEqual(['Welcome.', prompt, prompt, prompt, 'Please leave a message after the tone.']);
    await shop.receiver.waitFor('call.ended');
    expect(await theCall(shop)).toMatchObject({ verdict: { slug: 'voicemail-left' }, legs: [] });
  });
});
