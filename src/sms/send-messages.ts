/**
 * Hands ordered messages to the carrier. Consent is looked at once more right before the send, because STOP may have
 * come in between; the confirmation of a STOP itself is the one message that may still leave.
 */
import type { Consents } from '../identity/consents.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import { type EntryHandler, retryOrGiveUp } from '../records/run-lane.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import type { Conversation, Conversations, Message } from './conversations.postgres.ts';
import type { MessageGateway, SendAnswer } from './message-gateway.ts';
import { afterReceipt, type MessageState } from './message-machine.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly conversations: Conversations;
  readonly consents: Consents;
  readonly outbox: Outbox;
  readonly gateways: ReadonlyMap<string, MessageGateway>;
  readonly clock: Clock;
}

const done: Settlement = { kind: 'done' };

/** Outbox handler of `message.send`. */
export function createSendHandler(world: World): EntryHandler {
  return async (claimed) => {
    const { messageId } = claimed.payload as { messageId: MessageId };
    const message = await world.conversations.readMessage(world.db, messageId);
    const conversation =
      message === null ? null : await world.conversations.read(world.db, claimed.enterprise_id, message.conversationId);
    if (message === null || conversation === null) return { kind: 'dead', error: 'the message is not in the record' };
    if (message.state !== 'accepted' || message.carrierMessageId !== null) return done;
    const optedOut = await world.consents.isOptedOut(world.db, conversation.enterpriseId, conversation.customer);
    if (optedOut && message.author !== 'consent') {
      await finish(world, conversation, message, { state: 'canceled', failure: 'opted-out' });
      return done;
    }
    return settle(world, claimed, conversation, message, await send(world, claimed, conversation, message));
  };
}

async function send(world: World, claimed: Claimed, conversation: Conversation, message: Message): Promise<SendAnswer> {
  const gateway = world.gateways.get(conversation.carrier);
  if (gateway === undefined) {
    return { kind: 'unavailable', reason: `carrier ${conversation.carrier} is not configured` };
  }
  const repeated = claimed.attempts > 1;
  return gateway.send({
    messageId: message.id,
    from: conversation.ours,
    to: conversation.customer,
    body: message.body,
    orderedAt: message.createdAt,
    repeated,
    ...(repeated ? { taken: await world.conversations.sentIds(world.db, conversation) } : {}),
  });
}

async function settle(
  world: World,
  claimed: Claimed,
  conversation: Conversation,
  message: Message,
  answer: SendAnswer,
): Promise<Settlement> {
  if (answer.kind === 'sent') {
    await finish(world, conversation, message, {
      state: 'queued',
      failure: null,
      carrierMessageId: answer.carrierMessageId,
    });
    return done;
  }
  const settlement: Settlement =
    answer.kind === 'refused'
      ? { kind: 'dead', error: answer.reason }
      : retryOrGiveUp(world.clock, claimed.attempts, answer.reason);
  // Before the message is finished: a crash between the two leaves the message to be tried again, and then canceled.
  if (answer.kind === 'refused' && answer.optedOut) await mirrorOptOut(world, conversation, answer.reason);
  if (settlement.kind === 'dead')
    await finish(world, conversation, message, { state: 'failed', failure: answer.reason });
  return settlement;
}

async function finish(
  world: World,
  conversation: Conversation,
  message: Message,
  change: { state: MessageState; failure: string | null; carrierMessageId?: string },
): Promise<void> {
  await world.transact(async (work) => {
    const current = await world.conversations.lockMessage(work.tx, message.id);
    if (current === null) return;
    const state = afterReceipt(current.state, change.state);
    const failure = state === current.state ? current.failure : change.failure;
    await world.conversations.setMessageState(work.tx, message.id, {
      ...change,
      state,
      failure,
      at: world.clock.now(),
    });
    if (state === current.state) return;
    const { id, enterpriseId, visitId } = conversation;
    const data = { conversationId: id, visitId, messageId: message.id, failure: change.failure };
    await world.outbox.appendEvent(work, { enterpriseId, subject: id, type: `message.${state}`, data });
  });
}

/** The carrier knows of an opt-out that we did not: it counts for us too, and is told as any other. */
async function mirrorOptOut(world: World, conversation: Conversation, reason: string): Promise<void> {
  const { id, enterpriseId, customer, visitId } = conversation;
  await world.transact(async (work) => {
    if (await world.consents.isOptedOut(work.tx, enterpriseId, customer)) return;
    await world.consents.record(work.tx, {
      enterpriseId,
      address: customer,
      choice: 'opted-out',
      method: 'carrier',
      wording: reason.slice(0, 160),
      source: `carrier ${conversation.carrier}`,
      at: world.clock.now(),
    });
    const data = { conversationId: id, visitId, choice: 'opted-out', address: customer };
    await world.outbox.appendEvent(work, { enterpriseId, subject: id, type: 'consent.changed', data });
  });
}
