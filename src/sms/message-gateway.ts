/**
 * What a carrier must be able to do with texts. `refused` is final by the carrier's own error table; `unavailable` may
 * be tried again. A repeated order looks for the message an earlier try may already have handed over.
 */
import type { E164, TextAddress } from '../ports/e164.ts';
import type { MessageId } from '../ports/ids.ts';

export type SendAnswer =
  | { readonly kind: 'sent'; readonly carrierMessageId: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly optedOut: boolean }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface SendOrder {
  readonly messageId: MessageId;
  readonly from: E164;
  readonly to: TextAddress;
  readonly body: string;
  /** Unix ms at which the order was first given. */
  readonly orderedAt: number;
  readonly repeated: boolean;
  /** Carrier's ids that other texts between these two have: none of them is this one. Given when repeated. */
  readonly taken?: readonly string[];
}

export interface MessageGateway {
  readonly name: string;
  /** Whether the carrier itself confirms STOP, HELP and START, so that we must not. */
  readonly answersConsentWords: boolean;
  send(order: SendOrder): Promise<SendAnswer>;
}
