/** Conversions reported by other systems: each once, in its place, and told on. */
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/ports/database.ts';
import type { VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { stageCampaigns } from '../reports/staged-campaigns.ts';
import { onEveryStore } from '../support/stores.ts';

onEveryStore('a reported conversion', (store) => {
  let database: Database<Tables>;
  beforeAll(async () => {
    database = await store.open();
  });

  test('goes to its visit, or to the visitor’s latest visit before it, or where its order went', async () => {
    const { visit, record, clock } = await stageCampaigns(database);
    const older = await visit('a', 'ann');
    clock.at += 60_000;
    const newer = await visit('b', 'ann');
    clock.at += 60_000;
    expect(await record({ externalId: '1', visitId: older })).toMatchObject({ conversion: { visit_id: older } });
    expect(await record({ externalId: '2', visitorId: 'ann', orderId: 'o' })).toMatchObject({
      conversion: { visit_id: newer },
    });
    expect(await record({ externalId: '3', visitorId: 'ann', occurredAt: clock.at - 90_000 })).toMatchObject({
      conversion: { visit_id: older },
    });
    expect(await record({ externalId: '4', orderId: 'o' })).toMatchObject({ conversion: { visit_id: newer } });
    expect(await record({ externalId: '5', visitorId: 'somebody' })).toMatchObject({ conversion: { visit_id: null } });
    expect(await record({ externalId: '6', visitId: 'visit_0' as VisitId })).toEqual({
      kind: 'refused',
      reason: 'no-visit',
    });
  });

  test('that is reported again changes nothing and is told once; with other content it is refused', async () => {
    const { visit, record, told } = await stageCampaigns(database);
    const visitId = await visit('a');
    const [first, second] = await Promise.all([
      record({ externalId: '1', visitId, value: '10' }),
      record({ externalId: '1', visitId, value: '10.00' }),
    ]);
    expect([first.kind, second.kind].toSorted()).toEqual(['known', 'recorded']);
    expect(await record({ externalId: '1', visitId, value: '10.00' })).toMatchObject({ kind: 'known' });
    expect(await record({ externalId: '1', visitId, value: '11.00' })).toEqual({
      kind: 'refused',
      reason: 'other-content',
    });
    expect(await told(visitId)).toMatchObject([
      { type: 'conversion.recorded', data: { externalId: '1', kind: 'sale', visitId, value: '10.00', sequence: 1 } },
    ]);
  });

  test('that is a refund names what it takes back, and takes no more than that', async () => {
    const { visit, record } = await stageCampaigns(database);
    const visitId = await visit('a');
    const refund = (externalId: string, value: string, more: object = {}) =>
      record({ externalId, kind: 'refund', refundOf: 'sale', value, ...more });
    expect(await refund('early', '1.00')).toEqual({ kind: 'refused', reason: 'no-sale' });
    await record({ externalId: 'sale', visitId, value: '10.00' });
    expect(await refund('r1', '6.00')).toMatchObject({ kind: 'recorded', conversion: { visit_id: visitId } });
    expect(await refund('r2', '4.01')).toEqual({ kind: 'refused', reason: 'more-than-sold' });
    expect(await refund('r3', '1.00', { currency: 'EUR' })).toEqual({ kind: 'refused', reason: 'other-currency' });
    expect(await refund('r1', '6.00')).toMatchObject({ kind: 'known' });
    expect(await refund('r4', '4.00')).toMatchObject({ kind: 'recorded' });
  });

  test('of which two refunds come at once never takes back more than was sold', async () => {
    const { record } = await stageCampaigns(database);
    await record({ externalId: 'sale', value: '10.00' });
    const ends = await Promise.all(
      ['r1', 'r2', 'r3'].map((externalId) => record({ externalId, kind: 'refund', refundOf: 'sale', value: '6.00' })),
    );
    expect(ends.map(({ kind }) => kind).toSorted()).toEqual(['recorded', 'refused', 'refused']);
  });
});
