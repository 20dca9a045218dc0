/**
 * Whoever sells us telephone numbers, as a port: look for one, buy it, point it at us, give it back. Carriers have no
 * idempotency key, so whoever buys looks into the account first (`list`); adapters translate and decide nothing.
 * Every adapter passes `test/conformance/number-supplier.ts`.
 */
import type { E164 } from '../ports/e164.ts';
import type { NumberKind } from './number-facts.ts';

export type Capability = 'voice' | 'sms' | 'mms';

export interface SearchWish {
  /** ISO 3166-1, such as `US`. */
  readonly country: string;
  readonly kind: NumberKind;
  readonly areaCode: string | null;
  /** Digits the number contains. */
  readonly contains: string | null;
  readonly limit: number;
}

export interface OfferedNumber {
  readonly e164: E164;
  readonly kind: NumberKind;
  readonly capabilities: readonly Capability[];
  readonly place: string | null;
  /** Decimal text a month; null when the carrier does not say. */
  readonly monthlyCost: string | null;
  readonly currency: string | null;
}

/** A number in our account with the carrier. */
export interface HeldNumber {
  readonly e164: E164;
  /** What the carrier calls it. */
  readonly carrierNumberId: string;
  readonly capabilities: readonly Capability[];
}

/** Where the carrier turns with what happens on a number. */
export interface WebhookUrls {
  readonly voice: string;
  readonly voiceFallback: string;
  readonly status: string;
  readonly messages: string;
  readonly messagesFallback: string;
}

/** `refused`: the carrier will not, however often it is asked. `unavailable`: it did not answer, or asks us to wait. */
export type NotDone =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface NumberSupplier {
  readonly name: string;
  search(wish: SearchWish): Promise<{ readonly kind: 'found'; readonly numbers: readonly OfferedNumber[] } | NotDone>;
  /** May have bought it also when the answer is `unavailable`. */
  buy(e164: E164): Promise<{ readonly kind: 'bought'; readonly number: HeldNumber } | NotDone>;
  setWebhooks(
    number: HeldNumber,
    urls: WebhookUrls,
  ): Promise<{ readonly kind: 'done' } | { readonly kind: 'gone' } | NotDone>;
  /** `gone`: it is not in the account (any more). */
  release(number: HeldNumber): Promise<{ readonly kind: 'done' } | { readonly kind: 'gone' } | NotDone>;
  /** The account's numbers, or the one that is asked for. */
  list(e164?: E164): Promise<{ readonly kind: 'listed'; readonly numbers: readonly HeldNumber[] } | NotDone>;
}

/** A carrier's webhooks below our public address; `fallbackUrl` is asked when that does not answer. */
export function webhookUrls(carrier: string, publicUrl: string, fallbackUrl: string | null): WebhookUrls {
  const base = `${publicUrl}/carriers/${carrier}`;
  const [voice, messages] = [`${base}/voice`, `${base}/messages`];
  return {
    voice,
    voiceFallback: fallbackUrl ?? voice,
    status: `${base}/status`,
    messages,
    messagesFallback: fallbackUrl ?? messages,
  };
}
