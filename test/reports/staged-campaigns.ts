/** A shop with visits, calls, texts and sales put into the record as a test tells them, for reports to be asked of. */

import { createReports } from '../../src/api/reports/reports.postgres.ts';
import type { Database } from '../../src/ports/database.ts';
import type { CallId, ConversationId, VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { nextPhone, type StagedCore, type StagePlan, stageCore } from '../support/stage-core.ts';

export type Belief =
  | { readonly credited: VisitId; readonly probability?: number }
  | { readonly ambiguous: readonly (readonly [VisitId, number])[] }
  | 'nobody'
  | 'none';

/** A core with its reports, and short ways to make history. */
export async function stageCampaigns(database: Database<Tables>, plan: StagePlan = {}) {
  const core = await stageCore(database, plan);
  const { db, ids, clock, enterpriseId } = core;
  const reports = createReports({ db, clock });
  const range = { from: '2026-05-01', to: '2026-05-31', timeZone: 'UTC' };
  const [number] = core.numbers;
  if (number === undefined) throw new Error('no number is staged');

  /** What is believed of a call or conversation, as a further revision. */
  const believe = async (subject: string, belief: Belief, revision = 1) => {
    if (belief === 'none') return;
    await db
      .insertInto('attribution')
      .values({
        id: ids.make('attr'),
        enterprise_id: enterpriseId,
        subject,
        revision,
        number_id: number.id,
        ...rowOf(belief),
        at: new Date(clock.at),
      })
      .execute();
  };
  return {
    ...core,
    number,
    believe,
    visit: (campaign: string | null, visitorId: string | null = null, facts: Record<string, string> = {}) =>
      core.addVisit(visitorId, {
        url: 'https://shop.example/offer?utm=1#top',
        ...(campaign === null ? {} : { utmCampaign: campaign }),
        ...facts,
      }),
    async call(belief: Belief, ani: string | null = nextPhone()): Promise<CallId> {
      const id = ids.make('call');
      await db
        .insertInto('call')
        .values({
          id,
          enterprise_id: enterpriseId,
          number_id: number.id,
          carrier: 'sandbox',
          carrier_call_id: id,
          dnis: number.e164,
          ani,
          state: 'ended',
          version: 1,
          document: JSON.stringify({ bridgedAt: clock.at, verdict: { outcome: 'answered' } }),
          started_at: new Date(clock.at),
          ended_at: new Date(clock.at + 60_000),
        })
        .execute();
      await believe(id, belief);
      return id;
    },
    async text(belief: Belief): Promise<ConversationId> {
      const id = ids.make('conv');
      const at = new Date(clock.at);
      await db
        .insertInto('conversation')
        .values({
          id,
          enterprise_id: enterpriseId,
          number_id: number.id,
          customer: nextPhone(),
          state: 'open',
          opened_at: at,
          last_message_at: at,
        })
        .execute();
      await db
        .insertInto('message')
        .values({
          id: ids.make('msg'),
          enterprise_id: enterpriseId,
          conversation_id: id,
          direction: 'inbound',
          carrier: 'sandbox',
          carrier_message_id: id,
          body: 'Hello',
          segments: 1,
          state: 'received',
          created_at: at,
          state_at: at,
        })
        .execute();
      await believe(id, belief);
      return id;
    },
    outcome: (callId: CallId, disposition: string, value: string | null = null, currency = 'USD') =>
      core.transact((work) =>
        core.outcomes.append(work, {
          enterpriseId,
          callId,
          visitId: null,
          disposition,
          value,
          currency: value === null ? null : currency,
          note: null,
        }),
      ),
    record: (conversion: Partial<Parameters<StagedCore['conversions']['record']>[1]> & { externalId: string }) =>
      core.transact((work) =>
        core.conversions.record(work, {
          enterpriseId,
          kind: 'sale',
          visitId: null,
          visitorId: null,
          orderId: null,
          refundOf: null,
          value: conversion.kind === 'lead' ? null : '10.00',
          currency: conversion.kind === 'lead' ? null : 'USD',
          occurredAt: clock.at,
          ...conversion,
        }),
      ),
    campaigns: async (by: Parameters<typeof reports.campaigns>[1]['by'] = 'campaign') =>
      (await reports.campaigns(enterpriseId, { ...range, by })).table,
    reports,
    range,
  };
}

function rowOf(belief: Exclude<Belief, 'none'>) {
  if (belief === 'nobody') return { decision: 'nobody', visit_id: null, probability: 1, candidates: '[]' } as const;
  if ('credited' in belief) {
    const { credited: visitId, probability = 0.9 } = belief;
    const candidates = JSON.stringify([{ visitId, leaseId: 'lease_1', probability, terms: {} }]);
    return { decision: 'credited', visit_id: visitId, probability, candidates } as const;
  }
  const candidates = belief.ambiguous.map(([visitId, probability]) => ({ visitId, probability, terms: {} }));
  const probability = belief.ambiguous[0]?.[1] ?? 0;
  return { decision: 'ambiguous', visit_id: null, probability, candidates: JSON.stringify(candidates) } as const;
}
