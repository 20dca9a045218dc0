import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { onEveryStore } from '../support/stores.ts';
import { stageTexts } from './staged-texts.ts';

onEveryStore('sending', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  /** A conversation with one text in it. */
  async function setup() {
    const world = await stageTexts(database);
    const id = await world.hear('hello');
    /** Gives the carrier time for all its tries. */
    const settleThroughPauses = async () => {
      await world.settle();
      for (const pauseMs of limits.effectRetryPausesMs) {
        world.clock.at += pauseMs;
        await world.settle();
      }
    };
    return { ...world, id, settleThroughPauses, toldTypes: async () => (await world.told(id)).map(({ type }) => type) };
  }

  test('hands a message over once, notes the carrier’s id and tells', async () => {
    const world = await setup();
    const message = await world.order(world.id, 'good day');
    await world.settle();
    await world.settle();
    expect(world.carrier.sent).toEqual([
      {
        messageId: message,
        from: world.ours,
        to: world.customer,
        body: 'good day',
        orderedAt: world.clock.at,
        repeated: false,
      },
    ]);
    expect(await world.message(message)).toMatchObject({ state: 'queued', carrier_message_id: `SM-${message}` });
    expect(await world.toldTypes()).toContain('message.queued');
  });

  test('keeps the order of a conversation, whatever has to be tried again', async () => {
    const world = await setup();
    for (const body of ['one', 'two', 'three']) await world.order(world.id, body);
    world.carrier.answers.push({ kind: 'unavailable', reason: 'away' });
    await world.settleThroughPauses();
    expect(world.carrier.sent.map(({ body, repeated }) => [body, repeated])).toEqual([
      ['one', false],
      ['one', true],
      ['two', false],
      ['three', false],
    ]);
  });

  test('does not hand over again what a crashed try has handed over and noted', async () => {
    const world = await setup();
    const message = await world.order(world.id);
    await world.settle();
    await world.db
      .updateTable('outbox')
      .set({ state: 'pending', settled_at: null })
      .where('lane', '=', `conversation:${world.id}`)
      .execute();
    await world.settle();
    expect([world.carrier.sent.length, (await world.message(message)).state]).toEqual([1, 'queued']);
  });

  test('says that it is a repetition when an earlier try may have reached the carrier', async () => {
    const world = await setup();
    await world.order(world.id);
    await world.outbox.claimHead(world.db, `conversation:${world.id}`);
    world.clock.at += limits.outboxLockMs;
    await world.settle();
    expect(world.carrier.sent).toMatchObject([{ repeated: true, orderedAt: world.clock.at - limits.outboxLockMs }]);
  });

  test('names the texts it has already sent, so that a repetition takes none of them for its own', async () => {
    const world = await setup();
    const first = await world.order(world.id, 'good day');
    await world.settle();
    await world.order(world.id, 'good day');
    world.carrier.answers.push({ kind: 'unavailable', reason: 'away' });
    await world.settleThroughPauses();
    expect(world.carrier.sent.map(({ taken }) => taken)).toEqual([undefined, undefined, [`SM-${first}`]]);
  });

  test('gives up after the last pause, says why and lets the next message through', async () => {
    const world = await setup();
    const tries = limits.effectRetryPausesMs.length + 1;
    world.carrier.answers.push(
      ...Array.from({ length: tries }, () => ({ kind: 'unavailable', reason: 'away' }) as const),
    );
    const [message, next] = [await world.order(world.id), await world.order(world.id)];
    await world.settleThroughPauses();
    expect(world.carrier.sent).toHaveLength(tries + 1);
    expect(await world.message(message)).toMatchObject({ state: 'failed', failure: 'away' });
    expect((await world.message(next)).state).toBe('queued');
    expect((await world.told(world.id)).find(({ type }) => type === 'message.failed')?.data).toMatchObject({
      messageId: message,
      failure: 'away',
    });
  });

  test('does not try a refusal again', async () => {
    const world = await setup();
    world.carrier.answers.push({ kind: 'refused', reason: '30006', optedOut: false });
    const message = await world.order(world.id);
    await world.settleThroughPauses();
    expect(world.carrier.sent).toHaveLength(1);
    expect(await world.message(message)).toMatchObject({ state: 'failed', failure: '30006' });
    expect(await world.isOptedOut()).toBe(false);
  });

  test('without a carrier of that name fails in the end and says so', async () => {
    const world = await setup();
    const message = await world.order(world.id);
    const { enterpriseId } = world;
    await world.db
      .updateTable('number')
      .set({ carrier: 'elsewhere' })
      .where('enterprise_id', '=', enterpriseId)
      .execute();
    await world.settleThroughPauses();
    expect(await world.message(message)).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('elsewhere'),
    });
    expect(await world.toldTypes()).toContain('message.failed');
  });

  describe('to somebody who has opted out', () => {
    test('cancels before the carrier is asked', async () => {
      const world = await setup();
      const message = await world.order(world.id);
      await world.hear('unsubscribe', { carrierAnswersConsentWords: true });
      await world.settle();
      expect(world.carrier.sent).toEqual([]);
      expect(await world.message(message)).toMatchObject({ state: 'canceled', failure: 'opted-out' });
      expect(await world.toldTypes()).toContain('message.canceled');
    });

    test('cancels a try that comes after the STOP', async () => {
      const world = await setup();
      const message = await world.order(world.id);
      world.carrier.answers.push({ kind: 'unavailable', reason: 'away' });
      await world.settle();
      await world.hear('STOP', { carrierAnswersConsentWords: true });
      await world.settleThroughPauses();
      expect([world.carrier.sent.length, (await world.message(message)).state]).toEqual([1, 'canceled']);
    });

    test('learns it from the carrier: the message fails, nothing else leaves, and the contact centre hears', async () => {
      const world = await setup();
      world.carrier.answers.push({ kind: 'refused', reason: '21610', optedOut: true });
      const [message, next] = [await world.order(world.id), await world.order(world.id)];
      await world.settleThroughPauses();
      expect(world.carrier.sent).toHaveLength(1);
      expect([(await world.message(message)).state, (await world.message(next)).state]).toEqual(['failed', 'canceled']);
      expect(await world.consents()).toMatchObject([{ choice: 'opted-out', method: 'carrier', wording: '21610' }]);
      expect(await world.reply(world.id, 'hi')).toEqual({ kind: 'opted-out' });
      expect((await world.told(world.id)).find(({ type }) => type === 'consent.changed')?.data).toMatchObject({
        choice: 'opted-out',
        address: world.customer,
      });
    });
  });

  describe('while the carrier is faster than its own answer', () => {
    test.each(['sent', 'delivered', 'undelivered'] as const)('a receipt %s stands', async (state) => {
      const world = await setup();
      const message = await world.order(world.id);
      world.carrier.during.push(() => world.report(message, state, state === 'undelivered' ? '30003' : null));
      await world.settle();
      expect(await world.message(message)).toMatchObject({
        state,
        failure: state === 'undelivered' ? '30003' : null,
        carrier_message_id: `SM-${message}`,
      });
      expect(await world.toldTypes()).not.toContain('message.queued');
    });

    test('a STOP that comes during the hand-over holds from the next message on', async () => {
      const world = await setup();
      const [message, next] = [await world.order(world.id), await world.order(world.id)];
      world.carrier.during.push(() => world.hear('STOP', { carrierAnswersConsentWords: true }));
      await world.settle();
      expect([(await world.message(message)).state, (await world.message(next)).state]).toEqual(['queued', 'canceled']);
    });
  });
});
