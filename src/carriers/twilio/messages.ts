/**
 * Texts through Twilio's REST API. There is no idempotency key here either: a repeated send first lists what went to
 * this address since the order was given, and takes a message with the same body for its own, unless it is known as
 * another of ours.
 */
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import type { MessageGateway, SendAnswer, SendOrder } from '../../sms/message-gateway.ts';
import { readFailure, type TwilioClient } from './rest-client.ts';

interface World {
  readonly client: TwilioClient;
  readonly publicUrl: () => string;
}

const optedOutCode = 21610;

export function createTwilioMessages(world: World): MessageGateway {
  return Object.freeze({
    name: 'twilio',
    answersConsentWords: true,

    async send(order: SendOrder): Promise<SendAnswer> {
      try {
        const made = order.repeated ? await findSent(world, order) : null;
        return { kind: 'sent', carrierMessageId: made ?? (await create(world, order)) };
      } catch (fault) {
        const failure = readFailure(fault);
        if (failure.kind === 'unavailable') return { kind: 'unavailable', reason: failure.reason };
        return { kind: 'refused', reason: failure.reason, optedOut: failure.code === optedOutCode };
      }
    },
  });
}

async function create(world: World, order: SendOrder): Promise<string> {
  const query = new URLSearchParams({ message: order.messageId });
  const message = await world.client.messages.create({
    from: order.from,
    to: order.to,
    body: order.body,
    statusCallback: `${world.publicUrl()}/carriers/twilio/messages/status?${query}`,
  });
  return message.sid;
}

async function findSent(world: World, order: SendOrder): Promise<string | null> {
  const recent = await world.client.messages.list({
    from: order.from,
    to: order.to,
    limit: limits.messagesLookedThrough,
  });
  const made = recent.find(
    (message) =>
      message.body === order.body &&
      message.dateCreated.getTime() >= order.orderedAt - carrierLimits.clockSlackMs &&
      order.taken?.includes(message.sid) !== true,
  );
  return made?.sid ?? null;
}
