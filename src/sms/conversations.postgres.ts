/**
 * Conversations and their messages. One conversation stands for one customer address and one number of ours; the row
 * is locked while something is added, so sequence and consent are never raced.
 */
import { limits } from '../../config/limits.ts';
import type { OwnNumber } from '../numbers/numbers.postgres.ts';
import type { TextAddress } from '../ports/e164.ts';
import type { ConversationId, EnterpriseId, MessageId, NumberId, VisitId } from '../ports/ids.ts';
import type { Db, Row, Tx } from '../records/schema.ts';
import type { MessageState } from './message-machine.ts';

export interface Conversation {
  readonly id: ConversationId;
  readonly enterpriseId: EnterpriseId;
  readonly numberId: NumberId;
  readonly customer: TextAddress;
  readonly carrier: string;
  readonly ours: OwnNumber['e164'];
  readonly visitId: VisitId | null;
}

export interface Message {
  readonly id: MessageId;
  readonly enterpriseId: EnterpriseId;
  readonly conversationId: ConversationId;
  readonly direction: 'inbound' | 'outbound';
  readonly body: string;
  readonly segments: number;
  readonly state: MessageState;
  readonly failure: string | null;
  readonly author: string | null;
  readonly carrierMessageId: string | null;
  readonly createdAt: number;
}

export interface NewMessage {
  readonly id: MessageId;
  readonly conversation: Conversation;
  readonly direction: 'inbound' | 'outbound';
  readonly carrierMessageId: string | null;
  readonly body: string;
  readonly segments: number;
  readonly state: MessageState;
  readonly author: string | null;
  readonly at: number;
}

export type Conversations = ReturnType<typeof createConversations>;

export function createConversations() {
  return Object.freeze({
    /** The conversation of this customer with this number, locked; made when there is none. */
    async openOrFind(
      tx: Tx,
      wanted: { id: ConversationId; number: OwnNumber; customer: TextAddress; at: number },
    ): Promise<{ conversation: Conversation; isNew: boolean }> {
      const { number, customer } = wanted;
      const at = new Date(wanted.at);
      const row = await tx
        .insertInto('conversation')
        .values({
          id: wanted.id,
          enterprise_id: number.enterpriseId,
          number_id: number.id,
          customer,
          state: 'open',
          opened_at: at,
          last_message_at: at,
        })
        .onConflict((clash) => clash.columns(['enterprise_id', 'number_id', 'customer']).doUpdateSet({ state: 'open' }))
        .returning(['id', 'visit_id'])
        .executeTakeFirstOrThrow();
      const conversation: Conversation = {
        id: row.id,
        enterpriseId: number.enterpriseId,
        numberId: number.id,
        customer,
        carrier: number.carrier,
        ours: number.e164,
        visitId: row.visit_id,
      };
      return { conversation, isNew: row.id === wanted.id };
    },

    async setVisit(tx: Tx, id: ConversationId, visitId: VisitId | null): Promise<void> {
      await tx.updateTable('conversation').set({ visit_id: visitId }).where('id', '=', id).execute();
    },

    read: (db: Db, enterpriseId: EnterpriseId, id: ConversationId) => readConversation(db, enterpriseId, id),

    /** Reads and locks; null when this enterprise has no such conversation. */
    async lock(tx: Tx, enterpriseId: EnterpriseId, id: ConversationId): Promise<Conversation | null> {
      await tx
        .selectFrom('conversation')
        .select('id')
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .forUpdate()
        .execute();
      return readConversation(tx, enterpriseId, id);
    },

    async insertMessage(tx: Tx, message: NewMessage): Promise<Message> {
      const at = new Date(message.at);
      const row = await tx
        .insertInto('message')
        .values({
          id: message.id,
          enterprise_id: message.conversation.enterpriseId,
          conversation_id: message.conversation.id,
          direction: message.direction,
          carrier: message.conversation.carrier,
          carrier_message_id: message.carrierMessageId,
          body: message.body,
          segments: message.segments,
          state: message.state,
          author: message.author,
          created_at: at,
          state_at: at,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await tx
        .updateTable('conversation')
        .set({ last_message_at: at })
        .where('id', '=', message.conversation.id)
        .execute();
      return toMessage(row);
    },

    async readMessage(db: Db, id: MessageId): Promise<Message | null> {
      const row = await db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toMessage(row);
    },

    /** The carrier's ids of the latest texts we sent in a conversation. */
    async sentIds(db: Db, conversation: Conversation): Promise<string[]> {
      const rows = await db
        .selectFrom('message')
        .select('carrier_message_id')
        .where('conversation_id', '=', conversation.id)
        .where('enterprise_id', '=', conversation.enterpriseId)
        .where('direction', '=', 'outbound')
        .where('carrier_message_id', 'is not', null)
        .orderBy('created_at', 'desc')
        .limit(limits.messagesLookedThrough)
        .execute();
      return rows.flatMap((row) => row.carrier_message_id ?? []);
    },

    async lockMessage(tx: Tx, id: MessageId): Promise<Message | null> {
      const row = await tx.selectFrom('message').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row === undefined ? null : toMessage(row);
    },

    async setMessageState(
      tx: Tx,
      id: MessageId,
      change: { state: MessageState; failure: string | null; at: number; carrierMessageId?: string },
    ): Promise<void> {
      await tx
        .updateTable('message')
        .set({
          state: change.state,
          failure: change.failure,
          state_at: new Date(change.at),
          ...(change.carrierMessageId === undefined ? {} : { carrier_message_id: change.carrierMessageId }),
        })
        .where('id', '=', id)
        .execute();
    },
  });
}

async function readConversation(db: Db, enterpriseId: EnterpriseId, id: ConversationId): Promise<Conversation | null> {
  const row = await db
    .selectFrom('conversation')
    .innerJoin('number', 'number.id', 'conversation.number_id')
    .select([
      'conversation.id',
      'conversation.number_id',
      'conversation.customer',
      'conversation.visit_id',
      'number.carrier',
      'number.e164',
    ])
    .where('conversation.id', '=', id)
    .where('conversation.enterprise_id', '=', enterpriseId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    enterpriseId,
    numberId: row.number_id,
    customer: row.customer,
    carrier: row.carrier,
    ours: row.e164,
    visitId: row.visit_id,
  };
}

function toMessage(row: Row<'message'>): Message {
  return {
    id: row.id,
    enterpriseId: row.enterprise_id,
    conversationId: row.conversation_id,
    direction: row.direction,
    body: row.body,
    segments: row.segments,
    state: row.state as MessageState,
    failure: row.failure,
    author: row.author,
    carrierMessageId: row.carrier_message_id,
    createdAt: row.created_at.getTime(),
  };
}
