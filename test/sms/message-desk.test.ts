import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { Tables } from '../../src/records/schema.ts';
import { nextPhone } from '../support/stage-core.ts';
import { onEveryStore } from '../support/stores.ts';
import { conversationOf, stageTexts } from './staged-texts.ts';

onEveryStore('the message desk', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });
  const setup = () => stageTexts(database);

  describe('a text', () => {
    test('opens a conversation, is kept with its segments and told with its words', async () => {
      const world = await setup();
      const id = await world.hear('hello 😀');
      expect(await world.messages()).toMatchObject([
        { conversation_id: id, direction: 'inbound', body: 'hello 😀', segments: 1, state: 'received', author: null },
      ]);
      const told = await world.told(id);
      expect(told.map(({ type }) => type)).toEqual(['conversation.attributed', 'message.received']);
      expect(told[1]?.data).toMatchObject({ from: world.customer, to: world.ours, body: 'hello 😀', sequence: 2 });
    });

    test('that the carrier tells twice is stored, told and obeyed once', async () => {
      const world = await setup();
      const text = world.incoming('STOP');
      const first = await world.messageDesk.take(text);
      expect(await world.messageDesk.take(text)).toEqual({ ...first, repeated: true });
      expect((await world.consents()).length).toBe(1);
      expect((await world.messages()).map(({ direction }) => direction).toSorted()).toEqual(['inbound', 'outbound']);
      expect((await world.told(conversationOf(first))).filter(({ type }) => type === 'message.received')).toHaveLength(
        1,
      );
    });

    test('that the carrier tells five times at once is stored once', async () => {
      const world = await setup();
      const text = world.incoming('hello');
      const taken = await Promise.all(Array.from({ length: 5 }, () => world.messageDesk.take(text)));
      expect(taken.filter((one) => one.kind === 'taken' && !one.repeated)).toHaveLength(1);
      expect(await world.messages()).toHaveLength(1);
    });

    test('from the same customer goes on in the same conversation, also when two come at once', async () => {
      const world = await setup();
      const ids = await Promise.all([world.hear('one'), world.hear('two'), world.hear('three')]);
      expect(new Set(ids).size).toBe(1);
      const told = (await world.told(ids[0])).filter(({ type }) => type === 'conversation.attributed');
      expect([told.length, (await world.messages()).length]).toEqual([1, 3]);
    });

    test('to a number that is not ours is not taken', async () => {
      const world = await setup();
      expect(await world.messageDesk.take(world.incoming('hello', { to: nextPhone() }))).toEqual({
        kind: 'unknown-number',
      });
      expect(await world.messageDesk.take(world.incoming('hello', { carrier: 'elsewhere' }))).toEqual({
        kind: 'unknown-number',
      });
      expect(await world.messages()).toEqual([]);
    });

    test.each(['', ' ', '😀', 'a'.repeat(1_600), "'; drop table message; --"])(
      'of any form is kept as it is',
      async (body) => {
        const world = await setup();
        await world.hear(body);
        expect((await world.messages()).map((message) => message.body)).toEqual([body]);
      },
    );
  });

  describe('STOP', () => {
    test('opts out before anything else, is confirmed once and refuses replies', async () => {
      const world = await setup();
      const id = await world.hear('Stop.');
      expect(await world.reply(id, 'but wait')).toEqual({ kind: 'opted-out' });
      await world.settle();
      expect(world.carrier.sent.map(({ body }) => body)).toEqual([expect.stringContaining('unsubscribed')]);
      expect(await world.consents()).toMatchObject([
        { choice: 'opted-out', method: 'keyword', wording: 'Stop.', address: world.customer },
      ]);
      expect((await world.told(id)).map(({ type }) => type)).toContain('consent.changed');
    });

    test('said again is recorded and not confirmed again', async () => {
      const world = await setup();
      await world.hear('STOP');
      await world.hear('stop texting me');
      await world.settle();
      expect([world.carrier.sent.length, (await world.consents()).length]).toEqual([1, 2]);
    });

    test('cancels a reply that was ordered and has not left, and only the confirmation leaves', async () => {
      const world = await setup();
      const id = await world.hear('hello');
      const pending = await world.order(id, 'we have a sale');
      await world.hear('STOP');
      await world.settle();
      expect(await world.message(pending)).toMatchObject({ state: 'canceled', failure: 'opted-out' });
      expect(world.carrier.sent.map(({ body }) => body)).toEqual([expect.stringContaining('unsubscribed')]);
      expect((await world.told(id)).map(({ type }) => type)).toContain('message.canceled');
    });

    test('that comes while a reply is being written wins or loses whole: none leaves after it', async () => {
      const world = await setup();
      const id = await world.hear('hello');
      await Promise.all([world.reply(id, 'one'), world.hear('STOP'), world.reply(id, 'two')]);
      await world.settle();
      expect(world.carrier.sent.map(({ body }) => body)).toEqual([expect.stringContaining('unsubscribed')]);
    });

    test('holds on every number of the enterprise and on none of another', async () => {
      const [world, other] = [await setup(), await setup()];
      const second = await world.addNumber();
      await world.hear('STOP');
      const elsewhere = await world.hear('hello', { to: second.e164 });
      const foreign = await other.hear('hello', { from: world.customer });
      expect(await world.reply(elsewhere, 'hi')).toEqual({ kind: 'opted-out' });
      expect((await other.reply(foreign, 'hi')).kind).toBe('accepted');
    });

    test('is one person’s word and nobody else’s', async () => {
      const world = await setup();
      await world.hear('STOP');
      const id = await world.hear('hello', { from: nextPhone() });
      expect((await world.reply(id, 'hi')).kind).toBe('accepted');
    });

    test('still holds when the address is erased: it is found by its fingerprint', async () => {
      const world = await setup();
      await world.hear('STOP');
      await world.db
        .updateTable('consent')
        .set({ address: '10000' as never })
        .where('enterprise_id', '=', world.enterpriseId)
        .execute();
      expect(await world.isOptedOut()).toBe(true);
      expect(JSON.stringify(await world.consents())).not.toContain(world.customer);
    });
  });

  describe('the other words', () => {
    test.each(['START', 'UNSTOP', 'YES'])('%s opts in again, is confirmed, and replies leave', async (word) => {
      const world = await setup();
      await world.hear('STOP');
      await world.settle();
      const id = await world.hear(word);
      await world.order(id, 'welcome back');
      await world.settle();
      expect(world.carrier.sent.slice(1).map(({ body }) => body)).toEqual([
        expect.stringContaining('subscribed again'),
        'welcome back',
      ]);
      expect((await world.consents()).map(({ choice }) => choice)).toEqual(['opted-out', 'opted-in']);
    });

    test('YES from somebody who never opted out is a text like any other', async () => {
      const world = await setup();
      await world.hear('YES');
      await world.settle();
      expect([world.carrier.sent, await world.consents()]).toEqual([[], []]);
    });

    test('HELP is answered even to who has opted out, and opts nobody in', async () => {
      const world = await setup();
      await world.hear('STOP');
      const id = await world.hear('HELP');
      await world.settle();
      expect(world.carrier.sent.map(({ body }) => body)).toEqual([
        expect.stringContaining('unsubscribed'),
        expect.stringContaining('Reply STOP to opt out'),
      ]);
      expect(await world.reply(id, 'hi')).toEqual({ kind: 'opted-out' });
    });

    test.each(['STOP', 'HELP', 'START'])(
      '%s that the carrier has answered is obeyed and not answered again',
      async (word) => {
        const world = await setup();
        await world.hear(word, { carrierAnswersConsentWords: true });
        await world.settle();
        expect(world.carrier.sent).toEqual([]);
        expect(await world.isOptedOut()).toBe(word === 'STOP');
      },
    );
  });

  describe('a reply', () => {
    test('is kept with its segments, ordered once and woken for', async () => {
      const world = await setup();
      const id = await world.hear('hello');
      const answer = await world.reply(id, 'a'.repeat(161));
      expect(answer).toMatchObject({ kind: 'accepted', message: { state: 'accepted', segments: 2, author: 'agent' } });
      expect(world.wakes).toContainEqual({ lane: `conversation:${id}`, delayMs: 0 });
    });

    test('to a conversation that is not there, or not of this enterprise, is unknown', async () => {
      const [world, other] = [await setup(), await setup()];
      const id = await world.hear('hello');
      expect(await world.reply(world.ids.make('conv'), 'hi')).toEqual({ kind: 'unknown' });
      expect(await world.reply(id, 'hi', other.enterpriseId)).toEqual({ kind: 'unknown' });
      expect((await world.messages()).length).toBe(1);
    });
  });

  describe('a receipt', () => {
    test('moves the message up and is told; what is late or doubled is neither', async () => {
      const world = await setup();
      const id = await world.hear('hello');
      const message = await world.order(id);
      await world.settle();
      const answers = [];
      for (const state of ['sent', 'delivered', 'sent', 'delivered', 'sending'] as const) {
        answers.push(await world.report(message, state));
      }
      expect(answers).toEqual(['applied', 'applied', 'ignored', 'ignored', 'ignored']);
      expect((await world.message(message)).state).toBe('delivered');
      const told = (await world.told(id)).map(({ type }) => type);
      expect(told.slice(-3)).toEqual(['message.queued', 'message.sent', 'message.delivered']);
    });

    test('of five at once is applied once', async () => {
      const world = await setup();
      const message = await world.order(await world.hear('hello'));
      const answers = await Promise.all(Array.from({ length: 5 }, () => world.report(message, 'delivered')));
      expect(answers.toSorted()).toEqual(['applied', 'ignored', 'ignored', 'ignored', 'ignored']);
    });

    test('of failure keeps the carrier’s reason', async () => {
      const world = await setup();
      const id = await world.hear('hello');
      const message = await world.order(id);
      await world.report(message, 'undelivered', '30003');
      expect(await world.message(message)).toMatchObject({ state: 'undelivered', failure: '30003' });
      expect((await world.told(id)).at(-1)).toMatchObject({ type: 'message.undelivered', data: { failure: '30003' } });
    });

    test('about a message nobody has is unknown, and one about an incoming text is ignored', async () => {
      const world = await setup();
      await world.hear('hello');
      const [text] = await world.messages();
      expect(await world.report(world.ids.make('msg'), 'delivered')).toBe('unknown');
      expect(await world.report(text?.id ?? world.ids.make('msg'), 'delivered')).toBe('ignored');
    });
  });
});
