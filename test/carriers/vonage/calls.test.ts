/** Whole calls through Vonage, from its first webhook to the outcome: the suite of the voice port, and what is Vonage's own. */
import { expect, test } from 'vitest';
import { voiceCarrierSuite } from '../../conformance/voice-carrier.ts';
import { theOnlyCall } from '../../conformance/voice-stage.ts';
import { embeddedDeployment } from '../../support/deployments.ts';
import { openVonageStage } from './voice-stage.ts';

voiceCarrierSuite('vonage', (place) => openVonageStage(place));

const deployment = embeddedDeployment();

test('a room whose end hangs up everybody, as Vonage may do it, ends the call just the same', async () => {
  const stage = await openVonageStage(await deployment.open(), { roomEnd: 'hang-up', method: 'POST' });
  const caller = await stage.placeCall(await stage.addNumber());
  const agent = await stage.nextRing();
  await agent.answer();
  await agent.press('1');
  await Promise.all([agent.waitFor('talking'), caller.waitFor('talking')]);
  await agent.hangUp();
  await caller.waitFor('ended');
  await stage.receiver.waitFor('call.ended');
  expect(await theOnlyCall(stage)).toMatchObject({ verdict: { slug: 'answered' }, legs: [{ ending: 'completed' }] });
  expect(stage.farEnd.faults()).toEqual([]);
});

test('a number of Vonage’s is lent to visitors, now that its calls are answered', async () => {
  const stage = await openVonageStage(await deployment.open());
  const number = await stage.addNumber();
  const shown = new Set<string>();
  for (let visits = 0; visits < 12; visits += 1) {
    const body = { url: 'https://shop.example/pricing', human: true };
    shown.add((await stage.api.must('POST', '/v1/visits', { as: 'page', body })).number.e164);
  }
  expect(shown).toContain(number);
});
