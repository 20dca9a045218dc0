/**
 * Where phone conversions may be exported to, as values: one advertising vendor's account, what it is sent and how sure
 * an attribution must be. Credentials stand apart, because they are sealed at rest and never shown.
 */
import type { DestinationId, EnterpriseId } from '../ports/ids.ts';

/** What is exported of a call: that it took place, and each sale that came of it. */
export type ConversionKind = 'call' | 'sale';

export interface Ga4Config {
  /** The web stream, `G-…`. */
  readonly measurementId: string;
  readonly sends: readonly ConversionKind[];
}

export interface GoogleAdsConfig {
  /** The account that owns the conversion actions; digits. */
  readonly customerId: string;
  /** The manager account the service account belongs to; null when it belongs to the customer itself. */
  readonly loginCustomerId: string | null;
  /** Conversion actions of type UPLOAD_CLICKS, by their number; null: that kind is not sent. */
  readonly callActionId: string | null;
  readonly saleActionId: string | null;
  readonly hashedPhone: boolean;
  readonly withoutClick: boolean;
}

export interface MetaConfig {
  /** The dataset (formerly pixel); digits. */
  readonly datasetId: string;
  /** Shows events under "Test events" only; null in earnest. */
  readonly testEventCode: string | null;
  readonly sends: readonly ConversionKind[];
  readonly hashedPhone: boolean;
  readonly withoutClick: boolean;
}

export type DestinationConfig =
  | { readonly kind: 'ga4'; readonly config: Ga4Config }
  | { readonly kind: 'google-ads'; readonly config: GoogleAdsConfig }
  | { readonly kind: 'meta'; readonly config: MetaConfig };

export type DestinationKind = DestinationConfig['kind'];

/** The secrets of a destination, opened: what each vendor wants to see. */
export type Credentials =
  | { readonly kind: 'ga4'; readonly apiSecret: string }
  | { readonly kind: 'google-ads'; readonly clientEmail: string; readonly privateKey: string }
  | { readonly kind: 'meta'; readonly accessToken: string };

export type Destination = DestinationConfig & {
  readonly id: DestinationId;
  readonly enterpriseId: EnterpriseId;
  readonly name: string;
  readonly enabled: boolean;
  /** Attributions below this are not exported. */
  readonly minProbability: number;
  /** Unix ms. */
  readonly createdAt: number;
};

/** Whether the destination is set up to be sent this kind. */
export function isSent(destination: DestinationConfig, kind: ConversionKind): boolean {
  if (destination.kind !== 'google-ads') return destination.config.sends.includes(kind);
  return (kind === 'call' ? destination.config.callActionId : destination.config.saleActionId) !== null;
}
