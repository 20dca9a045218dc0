/**
 * The head of every inbound text and everything a carrier later says about an outbound one. Store once, consent words
 * first, then the conversation; the reply to a consent word is written in the same transaction, so STOP takes effect
 * with its own commit and one confirmation leaves at most.
 */

import { consentWordOf } from '../identity/consent-words.ts';
import type { Consents } from '../identity/consents.postgres.ts';
import type { CreditContact } from '../numbers/credit-contact.ts';
import type { Numbers, OwnNumber } from '../numbers/numbers.postgres.ts';
import type { SettleHolders } from '../numbers/settle-holders.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164, TextAddress } from '../ports/e164.ts';
import type { ConversationId, EnterpriseId, Ids, MessageId } from '../ports/ids.ts';
import { storeOnce } from '../records/carrier-events.postgres.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Transact, Work } from '../records/transact.ts';
import type { Conversation, Conversations, Message } from './conversations.postgres.ts';
import { afterReceipt, type MessageState } from './message-machine.ts';
import { countSegments } from './segments.ts';

export interface IncomingMessage {
  readonly carrier: string;
  readonly carrierMessageId: string;
  readonly to: E164;
  readonly from: TextAddress;
  readonly body: string;
  /** Whether the carrier has confirmed a consent word by itself. */
  readonly carrierAnswersConsentWords: boolean;
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface MessageReceipt {
  readonly carrier: string;
  readonly carrierMessageId: string;
  readonly messageId: MessageId;
  readonly state: MessageState;
  readonly failure: string | null;
  readonly raw: Readonly<Record<string, unknown>>;
}

export type TakenMessage =
  | { readonly kind: 'taken'; readonly conversationId: ConversationId; readonly repeated: boolean }
  | { readonly kind: 'unknown-number' };

export type Reply =
  | { readonly kind: 'accepted'; readonly message: Message }
  | { readonly kind: 'opted-out' }
  | { readonly kind: 'unknown' };

export interface NewReply {
  readonly enterpriseId: EnterpriseId;
  readonly conversationId: ConversationId;
  readonly body: string;
  readonly author: string;
}

export interface MessageDesk {
  take(incoming: IncomingMessage): Promise<TakenMessage>;
  hear(receipt: MessageReceipt): Promise<'applied' | 'ignored' | 'unknown'>;
  /** Writes an agent's reply and the order to send it, inside the request's own transaction. */
  replyIn(work: Work, reply: NewReply): Promise<Reply>;
}

interface World {
  readonly transact: Transact;
  readonly numbers: Numbers;
  readonly creditContact: CreditContact;
  readonly settleHolders: SettleHolders;
  readonly consents: Consents;
  readonly conversations: Conversations;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

const confirmations = {
  stop: 'You are unsubscribed and will receive no more messages from this number. Reply START to resubscribe.',
  help: 'This number is answered by the business whose page you found it on. Reply STOP to opt out. Msg&data rates may apply.',
  start: 'You are subscribed again. Reply STOP to opt out, HELP for help.',
} as const;

export function createMessageDesk(world: World): MessageDesk {
  return Object.freeze({
    async take(incoming: IncomingMessage): Promise<TakenMessage> {
      await world.settleHolders(incoming.to, incoming.carrier, incoming.from);
      return world.transact((work) => takeIn(world, work, incoming));
    },
    hear: (receipt: MessageReceipt) => world.transact((work) => hearIn(world, work, receipt)),
    async replyIn(work: Work, reply: NewReply): Promise<Reply> {
      const conversation = await world.conversations.lock(work.tx, reply.enterpriseId, reply.conversationId);
      if (conversation === null) return { kind: 'unknown' };
      if (await world.consents.isOptedOut(work.tx, reply.enterpriseId, conversation.customer))
        return { kind: 'opted-out' };
      return { kind: 'accepted', message: await order(world, work, conversation, reply.body, reply.author) };
    },
  });
}

async function takeIn(world: World, work: Work, incoming: IncomingMessage): Promise<TakenMessage> {
  const number = await world.numbers.findOwn(work.tx, { e164: incoming.to, carrier: incoming.carrier });
  if (number === null) return { kind: 'unknown-number' };
  const isNew = await storeOnce(work.tx, {
    carrier: incoming.carrier,
    dedupKey: `${incoming.carrierMessageId}:incoming`,
    enterpriseId: number.enterpriseId,
    kind: 'message.incoming',
    body: incoming.raw,
    receivedAt: world.clock.now(),
  });
  const conversation = await openConversation(world, work, incoming, number);
  if (!isNew) return { kind: 'taken', conversationId: conversation.id, repeated: true };
  const message = await world.conversations.insertMessage(work.tx, {
    id: world.ids.make('msg'),
    conversation,
    direction: 'inbound',
    carrierMessageId: incoming.carrierMessageId,
    body: incoming.body,
    segments: countSegments(incoming.body).segments,
    state: 'received',
    author: null,
    at: world.clock.now(),
  });
  await obeyConsentWord(world, work, incoming, conversation);
  await tell(world, work, conversation, 'message.received', {
    messageId: message.id,
    from: incoming.from,
    to: incoming.to,
    body: incoming.body,
  });
  return { kind: 'taken', conversationId: conversation.id, repeated: false };
}

async function openConversation(
  world: World,
  work: Work,
  incoming: IncomingMessage,
  number: OwnNumber,
): Promise<Conversation> {
  const opened = await world.conversations.openOrFind(work.tx, {
    id: world.ids.make('conv'),
    number,
    customer: incoming.from,
    at: world.clock.now(),
  });
  if (!opened.isNew) return opened.conversation;
  const { id } = opened.conversation;
  const about = { subject: id, kind: 'conversation' as const, number, at: world.clock.now(), address: incoming.from };
  const credit = await world.creditContact(work, about);
  await world.conversations.setVisit(work.tx, id, credit.visitId);
  return { ...opened.conversation, visitId: credit.visitId };
}

async function obeyConsentWord(
  world: World,
  work: Work,
  incoming: IncomingMessage,
  conversation: Conversation,
): Promise<void> {
  const optedOut = await world.consents.isOptedOut(work.tx, conversation.enterpriseId, conversation.customer);
  const word = consentWordOf(incoming.body, { optedOut });
  if (word === null) return;
  if (word !== 'help') {
    const choice = word === 'stop' ? 'opted-out' : 'opted-in';
    await world.consents.record(work.tx, {
      enterpriseId: conversation.enterpriseId,
      address: conversation.customer,
      choice,
      method: 'keyword',
      wording: incoming.body.slice(0, 160),
      source: `message ${incoming.carrierMessageId}`,
      at: world.clock.now(),
    });
    await tell(world, work, conversation, 'consent.changed', { choice, address: conversation.customer });
  }
  if (incoming.carrierAnswersConsentWords || (word === 'stop' && optedOut)) return;
  await order(world, work, conversation, confirmations[word], 'consent');
}

async function order(
  world: World,
  work: Work,
  conversation: Conversation,
  body: string,
  author: string,
): Promise<Message> {
  const message = await world.conversations.insertMessage(work.tx, {
    id: world.ids.make('msg'),
    conversation,
    direction: 'outbound',
    carrierMessageId: null,
    body,
    segments: countSegments(body).segments,
    state: 'accepted',
    author,
    at: world.clock.now(),
  });
  await world.outbox.addEffect(work, {
    enterpriseId: conversation.enterpriseId,
    lane: `conversation:${conversation.id}`,
    kind: 'message.send',
    payload: { messageId: message.id },
  });
  return message;
}

async function hearIn(world: World, work: Work, receipt: MessageReceipt): Promise<'applied' | 'ignored' | 'unknown'> {
  const message = await world.conversations.lockMessage(work.tx, receipt.messageId);
  if (message === null) return 'unknown';
  const isNew = await storeOnce(work.tx, {
    carrier: receipt.carrier,
    dedupKey: `${receipt.carrierMessageId}:receipt:${receipt.state}`,
    enterpriseId: message.enterpriseId,
    kind: 'message.receipt',
    body: receipt.raw,
    receivedAt: world.clock.now(),
  });
  const state = afterReceipt(message.state, receipt.state);
  if (!isNew || state === message.state) return 'ignored';
  await world.conversations.setMessageState(work.tx, message.id, {
    state,
    failure: receipt.failure,
    at: world.clock.now(),
  });
  const conversation = await world.conversations.read(work.tx, message.enterpriseId, message.conversationId);
  if (conversation !== null)
    await tell(world, work, conversation, `message.${state}`, { messageId: message.id, failure: receipt.failure });
  return 'applied';
}

async function tell(
  world: World,
  work: Work,
  conversation: Conversation,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  const { id, enterpriseId, visitId } = conversation;
  await world.outbox.appendEvent(work, {
    enterpriseId,
    subject: id,
    type,
    data: { conversationId: id, visitId, ...data },
  });
}
