/**
 * A carrier's REST API is away while its webhooks still come: nobody can be rung, moved or hung up by an order. Callers hear
 * music, then the apology, and leave a message, all of it in answers to what the carrier asks; who talks goes on talking.
 * 50 calls in the suite, with one kind of fault a carrier; with LINEKEEPER_REST_AWAY_CALLS as many as it says, and both kinds
 * with each. The sandbox and SIP have no such API.
 */
import { describe, expect, test } from 'vitest';
import { openTwilioStage } from '../carriers/twilio/voice-stage.ts';
import { openVonageStage } from '../carriers/vonage/voice-stage.ts';
import type { StagedPhone, VoiceStage } from '../conformance/voice-stage.ts';
import { embeddedDeployment } from '../support/deployments.ts';
import { startLoopbackProxy } from './loopback-proxy.ts';

const calls = Number(process.env.LINEKEEPER_REST_AWAY_CALLS ?? 50);
const isLong = process.env.LINEKEEPER_REST_AWAY_CALLS !== undefined;
const waitMs = 5_000;
/** A round of music takes 16 s times this. */
const musicPace = 0.25;
const carriers = [
  ['Twilio', openTwilioStage, 'swallow'],
  ['Vonage', openVonageStage, 'refuse'],
] as const;

const apologies = async (phone: StagedPhone) =>
  (await phone.heard()).filter((words) => /nobody can take your call just now\. Please leave a message/.test(words));

describe.each(carriers)('the REST API of %s is away', (_name, openStage, usual) => {
  const deployment = embeddedDeployment();

  async function setup(plan: object) {
    const place = await deployment.open();
    let wire: Awaited<ReturnType<typeof startLoopbackProxy>> | undefined;
    const through = async (url: string): Promise<string> => {
      const { hostname: host, port } = new URL(url);
      wire = await startLoopbackProxy({ host, port: Number(port) });
      place.keep(wire.close);
      return `http://127.0.0.1:${wire.port}`;
    };
    const stage: VoiceStage = await openStage(place, { musicPace, through });
    if (wire === undefined) throw new Error('the stage has no wire');
    await stage.api.must('PUT', '/v1/route-plan', { body: plan });
    return { stage, wire, number: await stage.addNumber() };
  }

  test.each(isLong ? (['refuse', 'swallow'] as const) : [usual])(
    'every caller hears the apology within the wait limit and leaves a message (%s)',
    async (how) => {
      const { stage, wire, number } = await setup({ waitMs });
      wire[how]();
      const callers: StagedPhone[] = [];
      const asked: Promise<number>[] = [];
      while (callers.length < calls) {
        // A few at a time: the record is to take them all.
        const some = Array.from({ length: Math.min(5, calls - callers.length) }, () => stage.placeCall(number));
        callers.push(...(await Promise.all(some)));
        const waiting = callers.slice(-some.length);
        await Promise.all(waiting.map((caller) => caller.waitFor('waiting')));
        const since = performance.now();
        asked.push(...waiting.map((caller) => caller.waitFor('recording').then(() => performance.now() - since)));
        for (const one of asked) one.catch(() => undefined);
      }
      const slowestMs = Math.max(...(await Promise.all(asked)));
      for (const caller of callers) {
        expect(await caller.heard()).not.toContain('silence');
        expect(await apologies(caller)).toHaveLength(1);
      }
      await Promise.all(callers.map((caller) => caller.leaveMessage(7)));
      const ended = () => stage.receiver.received().filter(({ type }) => type === 'call.ended');
      await expect.poll(() => ended().length, { timeout: 20_000 }).toBe(calls);
      const { items } = await stage.api.must('GET', '/v1/calls?limit=200');
      expect(items).toHaveLength(calls);
      for (const { verdict } of items) expect(verdict.slug).toBe('voicemail-left');
      process.stdout.write(
        `REST away (${how}): ${calls} callers, the last asked for a message after ${Math.round(slowestMs)} ms\n`,
      );
      expect(slowestMs).toBeLessThan(waitMs + 10_000);
    },
    60_000,
  );

  test('gone in the middle: who waits still gets the agent who rings, or leaves a message; who talks talks on', async () => {
    const { stage, wire, number } = await setup({ waitMs });
    const talker = await stage.placeCall(number);
    const first = await stage.nextRing();
    await first.answer();
    await first.press('1');
    await Promise.all([first.waitFor('talking'), talker.waitFor('talking')]);
    const waiter = await stage.placeCall(number);
    const second = await stage.nextRing();
    wire.refuse();
    const late = await stage.placeCall(number);
    await late.waitFor('recording');
    await second.answer();
    await second.press('1');
    await Promise.all([second.waitFor('talking'), waiter.waitFor('talking')]);
    expect([await talker.isTalking(), await first.isTalking()]).toEqual([true, true]);
    await first.hangUp();
    await talker.waitFor('ended');
    await waiter.hangUp();
    await second.waitFor('ended');
    wire.heal();
    await late.leaveMessage(3);
    expect(await apologies(late)).toHaveLength(1);
    const ended = () => stage.receiver.received().filter(({ type }) => type === 'call.ended');
    await expect.poll(() => ended().length, { timeout: 20_000 }).toBe(3);
    const { items } = await stage.api.must('GET', '/v1/calls');
    const slugs = Object.fromEntries(
      items.map(({ carrierCallId, verdict }: { carrierCallId: string; verdict: { slug: string } }) => [
        carrierCallId,
        verdict.slug,
      ]),
    );
    expect(slugs).toEqual({ [talker.id]: 'answered', [waiter.id]: 'answered', [late.id]: 'voicemail-left' });
  }, 60_000);
});
