/** Exports over the record: each conversion once at each destination, through retries, crashes and second thoughts. */
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { Database } from '../../src/ports/database.ts';
import type { CallId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { Credentials, DestinationConfig, DestinationKind } from '../../src/selling/destination.ts';
import type { VendorAnswer } from '../../src/selling/vendor-request.ts';
import { stageCampaigns } from '../reports/staged-campaigns.ts';
import { onEveryStore } from '../support/stores.ts';

const both = ['call', 'sale'] as const;
const common = { hashedPhone: true, withoutClick: false };
const setUps: Record<DestinationKind, DestinationConfig> = {
  ga4: { kind: 'ga4', config: { measurementId: 'G-TEST123', sends: both } },
  'google-ads': {
    kind: 'google-ads',
    config: { customerId: '1', loginCustomerId: null, callActionId: null, saleActionId: '3', ...common },
  },
  meta: { kind: 'meta', config: { datasetId: '4', testEventCode: null, sends: ['sale'], ...common } },
};
const facts = { gclid: 'g1', fbclid: 'f1', gaClientId: '1.2', consent: 'granted' };
const taken: VendorAnswer = { kind: 'taken' };
const later: VendorAnswer = { kind: 'later', error: 'status 503', retryAfterMs: null };

/** A shop with one destination; `answers` are given one by one, then everything is taken. A `throw` is our crash. */
async function setup(database: Database<Tables>, kind: DestinationKind) {
  const answers: (VendorAnswer | 'crash')[] = [];
  const sent: string[] = [];
  const shop = await stageCampaigns(database, {
    async sendConversion(_to, step) {
      const { transactionId, value, visitId } = step.message;
      sent.push(`${step.kind} ${transactionId} ${value} ${visitId}`);
      const answer = answers.shift() ?? taken;
      if (answer === 'crash') throw new Error('killed');
      return answer;
    },
  });
  const { db, enterpriseId, outbox, transact, destinations, exports } = shop;
  const made = await transact(({ tx }) =>
    destinations.create(tx, {
      enterpriseId,
      name: kind,
      enabled: true,
      minProbability: 0.8,
      setUp: setUps[kind],
      credentials: { kind } as Credentials,
    }),
  );
  if (made.kind !== 'created') throw new Error(made.reason);
  return {
    ...shop,
    answers,
    sent,
    destination: made.destination,
    say: (callId: CallId, type: string) =>
      transact((work) => outbox.appendEvent(work, { enterpriseId, subject: callId, type, data: { callId } })),
    ledger: () => exports.list(db, enterpriseId, { limit: 50 }),
    replay: async () => {
      const [row] = await exports.list(db, enterpriseId, { limit: 1 });
      if (row === undefined) throw new Error('nothing was exported');
      return transact((work) => exports.replay(work, enterpriseId, row.id));
    },
    /** A call credited to a new visit, and its sale of 80. */
    async sale() {
      const visitId = await shop.visit('news', null, facts);
      const callId = await shop.call({ credited: visitId });
      const outcome = await shop.outcome(callId, 'sale', '80.00');
      return { visitId, callId, key: outcome.id };
    },
  };
}

onEveryStore('an export', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('tells a call and its sale once each, however often it is ordered', async () => {
    const { sale, say, settle, sent, ledger } = await setup(database, 'ga4');
    const { callId, visitId, key } = await sale();
    await say(callId, 'call.ended');
    await settle();
    await say(callId, 'call.ended');
    await say(callId, 'call.attributed');
    await settle();
    expect(sent).toEqual([`send ${callId} null ${visitId}`, `send ${key} 80.00 ${visitId}`]);
    expect((await ledger()).map(({ state, key: of }) => [state, of])).toEqual([
      ['sent', key],
      ['sent', callId],
    ]);
  });

  test('is tried again by the table of pauses, then given up, and a replay sends it', async () => {
    const { sale, settle, sent, answers, clock, ledger, replay } = await setup(database, 'meta');
    answers.push(...Array.from({ length: limits.exportPausesMs.length + 1 }, () => later));
    await sale();
    await settle();
    for (const pauseMs of limits.exportPausesMs) {
      expect(await replay()).toEqual({ kind: 'refused', reason: 'not-stuck' });
      clock.at += pauseMs;
      await settle();
    }
    expect(sent).toHaveLength(limits.exportPausesMs.length + 1);
    expect(await ledger()).toMatchObject([{ state: 'dead', lastError: 'status 503', attempts: 6 }]);
    clock.at += 86_400_000;
    await settle();
    expect(await replay()).toEqual({ kind: 'replayed' });
    await settle();
    expect(await ledger()).toMatchObject([{ state: 'sent', lastError: null, held: { value: '80.00' } }]);
    expect(await replay()).toEqual({ kind: 'refused', reason: 'not-stuck' });
    await settle();
    expect(sent).toHaveLength(limits.exportPausesMs.length + 2);
  });

  test('that was cut off is sent again as it was, where the vendor knows it by its name', async () => {
    const { sale, outcome, settle, sent, answers, clock, ledger } = await setup(database, 'google-ads');
    answers.push('crash', { kind: 'unsure', error: 'TimeoutError' });
    const { callId, visitId, key } = await sale();
    await settle();
    await outcome(callId, 'refund', '20.00');
    clock.at += 60_000;
    await settle();
    clock.at += 600_000;
    await settle();
    const first = `send ${key} 80.00 ${visitId}`;
    expect(sent).toEqual([first, first, first, `restate ${key} 60.00 ${visitId}`]);
    expect(await ledger()).toMatchObject([{ state: 'sent', sending: null, held: { value: '60.00' } }]);
  });

  test('that was cut off is left to an operator where a second one would count', async () => {
    const { call, visit, say, settle, sent, answers, clock, ledger, replay } = await setup(database, 'ga4');
    answers.push('crash');
    await say(await call({ credited: await visit('news', null, facts) }), 'call.ended');
    await settle();
    clock.at += 60_000;
    await settle();
    expect(sent).toHaveLength(1);
    expect(await ledger()).toMatchObject([{ state: 'dead', lastError: expect.stringMatching(/may have arrived/) }]);
    expect(await replay()).toEqual({ kind: 'replayed' });
    await settle();
    expect(sent).toHaveLength(2);
    expect(await ledger()).toMatchObject([{ state: 'sent' }]);
  });

  test('follows a revised attribution where the vendor takes things back', async () => {
    const { sale, believe, visit, say, settle, sent, ledger } = await setup(database, 'google-ads');
    const { callId, visitId, key } = await sale();
    await settle();
    const other = await visit('mail', null, facts);
    await believe(callId, { credited: other }, 2);
    await say(callId, 'call.reattributed');
    await settle();
    await believe(callId, 'nobody', 3);
    await say(callId, 'call.reattributed');
    await settle();
    expect(sent).toEqual([
      `send ${key} 80.00 ${visitId}`,
      `retract ${key} 80.00 ${visitId}`,
      `send ${key}-2 80.00 ${other}`,
      `retract ${key}-2 80.00 ${other}`,
    ]);
    expect(await ledger()).toMatchObject([{ state: 'skipped', held: null, lastError: 'credited to nobody' }]);
  });

  test('that Meta holds is kept, is not sent a second time, and says why', async () => {
    const { sale, believe, visit, say, settle, sent, ledger } = await setup(database, 'meta');
    const { callId } = await sale();
    await settle();
    await believe(callId, { credited: await visit('mail', null, facts) }, 2);
    await say(callId, 'call.reattributed');
    await settle();
    expect(sent).toHaveLength(1);
    expect(await ledger()).toMatchObject([{ state: 'sent', lastError: expect.stringMatching(/no longer credited/) }]);
  });

  test('takes a refund of the outcome into account', async () => {
    const { sale, record, settle, sent } = await setup(database, 'ga4');
    const { key, visitId, callId } = await sale();
    await settle();
    expect(await record({ externalId: 'r', kind: 'refund', refundOf: key, value: '80.00' })).toMatchObject({
      kind: 'recorded',
    });
    await settle();
    expect(sent).toEqual([
      `send ${callId} null ${visitId}`,
      `send ${key} 80.00 ${visitId}`,
      `retract ${key} 80.00 ${visitId}`,
    ]);
  });

  test('of a visit without consent, or to a destination that is off, does not leave the house', async () => {
    const { visit, call, outcome, settle, sent, ledger, destinations, destination, db, enterpriseId, sale } =
      await setup(database, 'meta');
    const unasked = await visit('news', null, { ...facts, consent: 'denied' });
    await outcome(await call({ credited: unasked }), 'sale', '80.00');
    await settle();
    expect(await ledger()).toMatchObject([{ state: 'skipped', lastError: 'the visitor gave no consent' }]);
    await destinations.change(db, enterpriseId, destination.id, { enabled: false });
    await sale();
    await settle();
    expect(await ledger()).toHaveLength(1);
    expect(sent).toEqual([]);
  });
});
