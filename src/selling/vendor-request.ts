/**
 * What crosses between the builders of vendor events and the one sender: a POST below a vendor's address, and how it
 * was answered, in words that say what to do next.
 */

export interface VendorRequest {
  readonly vendor: 'ga4' | 'dataManager' | 'metaGraph';
  /** Below the vendor's address, with its query. May hold a secret: never logged. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** How a vendor answered. `error` is a short text without secrets, shown to operators. */
export type VendorAnswer =
  | { readonly kind: 'taken' }
  /** The same again would fare the same. */
  | { readonly kind: 'refused'; readonly error: string }
  /** It was not taken, and may be later. */
  | { readonly kind: 'later'; readonly error: string; readonly retryAfterMs: number | null }
  /** Nobody knows whether it arrived. */
  | { readonly kind: 'unsure'; readonly error: string };
