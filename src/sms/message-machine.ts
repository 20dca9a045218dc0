/**
 * The states of a message and the order in which carriers may report them. Receipts arrive in any order and more than
 * once; a state only ever moves up in rank, and a final one is only followed by `read`.
 */

export const messageChart = {
  states: [
    'received',
    'accepted',
    'queued',
    'sending',
    'sent',
    'delivered',
    'undelivered',
    'failed',
    'canceled',
    'read',
  ],
  transitions: [
    ['[*]', 'received', 'received'],
    ['[*]', 'ordered', 'accepted'],
    ['accepted', 'receipt', 'queued'],
    ['queued', 'receipt', 'sending'],
    ['sending', 'receipt', 'sent'],
    ['sent', 'receipt', 'delivered'],
    ['sent', 'receipt', 'undelivered'],
    ['sent', 'receipt', 'failed'],
    ['accepted', 'refused', 'failed'],
    ['accepted', 'opted-out', 'canceled'],
    ['delivered', 'receipt', 'read'],
  ],
} as const;

export type MessageState = (typeof messageChart.states)[number];

const ranks: Readonly<Record<MessageState, number>> = {
  accepted: 0,
  queued: 1,
  sending: 2,
  sent: 3,
  delivered: 4,
  undelivered: 4,
  failed: 4,
  canceled: 4,
  received: 5,
  read: 5,
};

/** The state after a receipt: the reported one when it ranks higher, otherwise what it was. Steps may be skipped. */
export function afterReceipt(current: MessageState, reported: MessageState): MessageState {
  return ranks[reported] > ranks[current] ? reported : current;
}
