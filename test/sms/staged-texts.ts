/** A conversation's two ends on a staged gateway: a customer who texts, an agent who replies, a carrier that reports. */
import { createConsents } from '../../src/identity/consents.postgres.ts';
import type { Database } from '../../src/ports/database.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { ConversationId, EnterpriseId, MessageId } from '../../src/ports/ids.ts';
import { createSecrets } from '../../src/ports/secrets.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { IncomingMessage, TakenMessage } from '../../src/sms/message-desk.ts';
import type { MessageState } from '../../src/sms/message-machine.ts';
import { nextPhone, stageCore } from '../support/stage-core.ts';

export async function stageTexts(database: Database<Tables>) {
  const staged = await stageCore(database);
  const { db, ids, enterpriseId, messageDesk } = staged;
  const consents = createConsents({
    secrets: createSecrets({ masterKey: new Uint8Array(32).fill(7), randomBytes: staged.randomBytes }),
  });
  const customer = nextPhone();
  const ours = staged.numbers[0]?.e164 ?? customer;

  const incoming = (body: string, change: Partial<IncomingMessage> = {}): IncomingMessage => ({
    carrier: 'sandbox',
    carrierMessageId: ids.make('msg'),
    to: ours,
    from: customer,
    body,
    carrierAnswersConsentWords: false,
    raw: { body },
    ...change,
  });
  /** The customer texts; answers with the conversation. */
  const hear = async (body: string, change: Partial<IncomingMessage> = {}): Promise<ConversationId> =>
    conversationOf(await messageDesk.take(incoming(body, change)));
  const reply = (conversationId: ConversationId, body: string, owner: EnterpriseId = enterpriseId) =>
    staged.transact((work) =>
      messageDesk.replyIn(work, { enterpriseId: owner, conversationId, body, author: 'agent' }),
    );
  return {
    ...staged,
    customer,
    ours,
    incoming,
    hear,
    reply,
    /** A reply that is accepted; its id. */
    order: async (conversationId: ConversationId, body = 'hello'): Promise<MessageId> => {
      const answer = await reply(conversationId, body);
      if (answer.kind !== 'accepted') throw new Error(`the reply was not accepted: ${answer.kind}`);
      return answer.message.id;
    },
    report: (messageId: MessageId, state: MessageState, failure: string | null = null) =>
      messageDesk.hear({
        carrier: 'sandbox',
        carrierMessageId: `SM-${messageId}`,
        messageId,
        state,
        failure,
        raw: { state },
      }),
    isOptedOut: (address: E164 = customer) => consents.isOptedOut(db, enterpriseId, address),
    consents: () =>
      db.selectFrom('consent').selectAll().where('enterprise_id', '=', enterpriseId).orderBy('id').execute(),
    messages: () =>
      db.selectFrom('message').selectAll().where('enterprise_id', '=', enterpriseId).orderBy('id').execute(),
    message: (id: MessageId) => db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  };
}

export function conversationOf(taken: TakenMessage): ConversationId {
  if (taken.kind !== 'taken') throw new Error('the text was not taken');
  return taken.conversationId;
}
