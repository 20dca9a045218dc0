/**
 * The texts that have reached pretend phones, and which phones are switched off. Both are bounded: the oldest text, or
 * the phone switched off longest ago, is forgotten first.
 */
import { limits } from '../../../config/limits.ts';
import type { E164, TextAddress } from '../../ports/e164.ts';
import type { MessageId } from '../../ports/ids.ts';

export interface InboxText {
  /** The carrier's own id of it: `ST` and 32 hexadecimal digits. */
  readonly id: string;
  readonly messageId: MessageId;
  readonly from: E164;
  readonly to: TextAddress;
  readonly body: string;
  /** Unix ms. */
  readonly at: number;
  /** False when the phone was switched off; the text is kept only so that a repeated order finds it. */
  readonly reached: boolean;
}

export interface Inbox {
  put(text: InboxText): void;
  /** The text an earlier try of the same order has handed over. */
  find(messageId: MessageId): InboxText | undefined;
  /** What has reached this phone, newest first. */
  textsOf(phone: TextAddress): readonly InboxText[];
  setReachable(phone: TextAddress, reachable: boolean): void;
  isReachable(phone: TextAddress): boolean;
}

export function createInbox(): Inbox {
  const texts = new Map<MessageId, InboxText>();
  const unreachable = new Set<TextAddress>();
  return Object.freeze({
    put(text: InboxText): void {
      texts.set(text.messageId, text);
      const [oldest] = texts.keys();
      if (texts.size > limits.sandboxTextsMax && oldest !== undefined) texts.delete(oldest);
    },
    find: (messageId: MessageId) => texts.get(messageId),
    textsOf(phone: TextAddress): readonly InboxText[] {
      const received = [...texts.values()].filter((text) => text.reached && text.to === phone);
      return received.reverse().slice(0, limits.sandboxPhoneItemsMax);
    },
    setReachable(phone: TextAddress, reachable: boolean): void {
      unreachable.delete(phone);
      if (reachable) return;
      unreachable.add(phone);
      const [oldest] = unreachable;
      if (unreachable.size > limits.sandboxUnreachablePhonesMax && oldest !== undefined) unreachable.delete(oldest);
    },
    isReachable: (phone: TextAddress) => !unreachable.has(phone),
  });
}
