/**
 * The questions the API and the status page ask of the record. Reads only, each scoped by enterprise; lists come newest
 * first and continue by id, because ids sort by the time they were made.
 */

import type { Selectable } from 'kysely';
import type { AgentId, CallId, ConversationId, EnterpriseId, PoolId, VisitId } from '../ports/ids.ts';
import type { Db, Tables } from '../records/schema.ts';
import type { Call } from '../telephony/call.ts';
import { readCall } from '../telephony/read-call.ts';

export interface PageWish {
  readonly limit: number;
  readonly before?: string | undefined;
}

export type ReadModels = ReturnType<typeof createReadModels>;

export function createReadModels(world: { db: Db }) {
  const { db } = world;
  return Object.freeze({
    async calls(enterpriseId: EnterpriseId, page: PageWish & { carrierCallId?: string | undefined }): Promise<Call[]> {
      let query = db.selectFrom('call').select('document').where('enterprise_id', '=', enterpriseId);
      if (page.before !== undefined) query = query.where('id', '<', page.before as CallId);
      if (page.carrierCallId !== undefined) query = query.where('carrier_call_id', '=', page.carrierCallId);
      const rows = await query.orderBy('id', 'desc').limit(page.limit).execute();
      return rows.map((row) => readCall(row.document));
    },

    async call(enterpriseId: EnterpriseId, id: CallId): Promise<Call | null> {
      const row = await db
        .selectFrom('call')
        .select('document')
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row === undefined ? null : readCall(row.document);
    },

    attribution: (enterpriseId: EnterpriseId, subject: string) =>
      db
        .selectFrom('attribution')
        .selectAll()
        .where('subject', '=', subject)
        .where('enterprise_id', '=', enterpriseId)
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst(),

    outcomes: (enterpriseId: EnterpriseId, callId: CallId) =>
      db
        .selectFrom('outcome')
        .selectAll()
        .where('call_id', '=', callId)
        .where('enterprise_id', '=', enterpriseId)
        .orderBy('at')
        .execute(),

    conversations(enterpriseId: EnterpriseId, page: PageWish) {
      let query = conversationRows(db).where('conversation.enterprise_id', '=', enterpriseId);
      if (page.before !== undefined) query = query.where('conversation.id', '<', page.before as ConversationId);
      return query.orderBy('conversation.id', 'desc').limit(page.limit).execute();
    },

    conversation: (enterpriseId: EnterpriseId, id: ConversationId) =>
      conversationRows(db)
        .where('conversation.id', '=', id)
        .where('conversation.enterprise_id', '=', enterpriseId)
        .executeTakeFirst(),

    messages: (enterpriseId: EnterpriseId, conversationId: ConversationId, limit: number) =>
      db
        .selectFrom('message')
        .selectAll()
        .where('conversation_id', '=', conversationId)
        .where('enterprise_id', '=', enterpriseId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    numbers: (enterpriseId: EnterpriseId, now: number) =>
      db
        .selectFrom('number')
        .leftJoinLateral(
          (of) =>
            of
              .selectFrom('lease')
              .selectAll()
              .whereRef('lease.number_id', '=', 'number.id')
              .orderBy('generation', 'desc')
              .limit(1)
              .as('lease'),
          (join) => join.on('lease.expires_at', '>', new Date(now)),
        )
        .select([
          'number.id',
          'number.e164',
          'number.carrier',
          'number.state',
          'number.pool_id',
          'number.failover',
          'lease.visit_id',
          'lease.expires_at',
        ])
        .where('number.enterprise_id', '=', enterpriseId)
        .orderBy('number.e164')
        .execute(),

    agents: (enterpriseId: EnterpriseId) =>
      db.selectFrom('agent').selectAll().where('enterprise_id', '=', enterpriseId).orderBy('id').execute(),

    events(enterpriseId: EnterpriseId, page: PageWish & { subject?: string | undefined }) {
      let query = db.selectFrom('event').selectAll().where('enterprise_id', '=', enterpriseId);
      if (page.before !== undefined) query = query.where('id', '<', page.before as Selectable<Tables['event']>['id']);
      if (page.subject !== undefined) query = query.where('subject', '=', page.subject);
      return query.orderBy('id', 'desc').limit(page.limit).execute();
    },

    async visit(enterpriseId: EnterpriseId, id: VisitId) {
      const visit = await db
        .selectFrom('visit')
        .selectAll()
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      if (visit === undefined) return null;
      const leases = await db
        .selectFrom('lease')
        .innerJoin('number', 'number.id', 'lease.number_id')
        .select(['lease.id', 'lease.generation', 'lease.granted_at', 'lease.expires_at', 'number.e164'])
        .where('lease.visit_id', '=', id)
        .orderBy('lease.granted_at')
        .execute();
      const credited = await db
        .selectFrom('attribution')
        .select(['subject', 'probability', 'at'])
        .where('visit_id', '=', id)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('attribution as later')
                .select('later.id')
                .whereRef('later.subject', '=', 'attribution.subject')
                .whereRef('later.revision', '>', 'attribution.revision'),
            ),
          ),
        )
        .orderBy('at')
        .execute();
      return { visit, leases, credited };
    },

    async firstPool(enterpriseId: EnterpriseId): Promise<PoolId | null> {
      const row = await db
        .selectFrom('pool')
        .select('id')
        .where('enterprise_id', '=', enterpriseId)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? null;
    },

    async hasPool(enterpriseId: EnterpriseId, id: PoolId): Promise<boolean> {
      const row = await db
        .selectFrom('pool')
        .select('id')
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst();
      return row !== undefined;
    },

    async firstEnterprise(): Promise<{ id: EnterpriseId; name: string } | null> {
      const row = await db.selectFrom('enterprise').select(['id', 'name']).orderBy('id').limit(1).executeTakeFirst();
      return row ?? null;
    },

    agent: (enterpriseId: EnterpriseId, id: AgentId) =>
      db
        .selectFrom('agent')
        .selectAll()
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .executeTakeFirst(),
  });
}

function conversationRows(db: Db) {
  return db
    .selectFrom('conversation')
    .innerJoin('number', 'number.id', 'conversation.number_id')
    .select([
      'conversation.id',
      'conversation.customer',
      'conversation.state',
      'conversation.visit_id',
      'conversation.opened_at',
      'conversation.last_message_at',
      'number.e164',
      'number.carrier',
    ]);
}
