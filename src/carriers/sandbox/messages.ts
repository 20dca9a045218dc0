/**
 * The sandbox as a message gateway: a text lands in the phone's inbox and its receipts follow on later turns of the
 * event loop, so that the record has most likely noted the send by then. Should a receipt come first all the same, the
 * message's ranks take it as they take any carrier's.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MessageDesk } from '../../sms/message-desk.ts';
import type { MessageGateway, SendAnswer, SendOrder } from '../../sms/message-gateway.ts';
import type { MessageState } from '../../sms/message-machine.ts';
import type { InboxText } from './inbox.ts';
import type { Network } from './network.ts';
import { createTurns } from './turns.ts';

export interface SandboxMessages extends MessageGateway {
  /** Resolves when every receipt has been told. */
  settled(): Promise<void>;
}

interface World {
  readonly network: Network;
  readonly desk: Pick<MessageDesk, 'hear'>;
  readonly clock: Clock;
  readonly log: Log;
}

export function createSandboxMessages(world: World): SandboxMessages {
  const turns = createTurns();
  const { inbox } = world.network;
  return Object.freeze({
    name: 'sandbox',
    answersConsentWords: false,
    async send(order: SendOrder): Promise<SendAnswer> {
      const handedOver = inbox.find(order.messageId);
      if (handedOver !== undefined) return { kind: 'sent', carrierMessageId: handedOver.id };
      const { messageId, from, to, body } = order;
      const text: InboxText = {
        id: world.network.makeId('ST'),
        messageId,
        from,
        to,
        body,
        at: world.clock.now(),
        reached: inbox.isReachable(to),
      };
      inbox.put(text);
      void turns.take(text.id, () => tellReceipts(world, text));
      return { kind: 'sent', carrierMessageId: text.id };
    },
    settled: turns.settled,
  });
}

async function tellReceipts(world: World, text: InboxText): Promise<void> {
  const failure = text.reached ? null : 'the phone is switched off';
  await nextTurn();
  await tellReceipt(world, text, 'sent', null);
  await nextTurn();
  await tellReceipt(world, text, text.reached ? 'delivered' : 'undelivered', failure);
}

async function tellReceipt(world: World, text: InboxText, state: MessageState, failure: string | null): Promise<void> {
  const { id, messageId } = text;
  try {
    const raw = { messageSid: id, state, failure };
    await world.desk.hear({ carrier: 'sandbox', carrierMessageId: id, messageId, state, failure, raw });
  } catch (fault) {
    world.log.warn({ fault, messageId, state }, 'sandbox-receipt-unheard');
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
