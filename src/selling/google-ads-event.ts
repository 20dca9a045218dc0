/**
 * A phone conversion as an event of Google's Data Manager API, the way in for new uploads of offline conversions to
 * Google Ads. A correction is the same `transactionId` with another value; there is no other way back. Sources:
 * developers.google.com/data-manager/api/reference/rest/v1/events/ingest (Event, Destination, EventSource PHONE,
 * Encoding HEX), …/devguides/events/google-ads/offline, …/google-ads/conversion-adjustments, …/concepts/formatting
 * (a telephone number is hashed in E.164 with its plus sign).
 */
import { toIso } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import { sha256Hex } from '../ports/secrets.ts';
import type { ConversionMessage, ExportStep } from './conversion-export.ts';
import type { GoogleAdsConfig } from './destination.ts';
import type { VendorRequest } from './vendor-request.ts';

/** The request of one step. `phone` is the caller's number, hashed here; null when it is not known. */
export function googleAdsRequest(
  config: GoogleAdsConfig,
  accessToken: string,
  step: ExportStep,
  phone: E164 | null,
): VendorRequest {
  const { message } = step;
  const actionId = message.kind === 'call' ? config.callActionId : config.saleActionId;
  const value = step.kind === 'retract' ? 0 : message.value === null ? null : Number(message.value);
  const event = {
    transactionId: message.transactionId,
    eventTimestamp: toIso(message.occurredAt),
    eventSource: 'PHONE',
    consent: { adUserData: 'CONSENT_GRANTED' },
    ...(value === null ? {} : { conversionValue: value }),
    ...(value === null || message.currency === null ? {} : { currency: message.currency }),
    ...identifiersOf(config, message, phone),
  };
  const destination = {
    operatingAccount: { accountType: 'GOOGLE_ADS', accountId: config.customerId },
    ...(config.loginCustomerId === null
      ? {}
      : { loginAccount: { accountType: 'GOOGLE_ADS', accountId: config.loginCustomerId } }),
    productDestinationId: actionId,
  };
  return {
    vendor: 'dataManager',
    path: '/v1/events:ingest',
    headers: { authorization: `Bearer ${accessToken}` },
    body: { destinations: [destination], events: [event], encoding: 'HEX' },
  };
}

/** One click id: Google knows a click by one of the three. The app ids (braids) go without personal data. */
function identifiersOf(config: GoogleAdsConfig, { clicks }: ConversionMessage, phone: E164 | null) {
  const { gclid, gbraid, wbraid } = clicks;
  if (gclid === undefined && gbraid !== undefined) return { adIdentifiers: { gbraid } };
  if (gclid === undefined && wbraid !== undefined) return { adIdentifiers: { wbraid } };
  const hashed = config.hashedPhone && phone !== null ? sha256Hex(phone) : null;
  return {
    ...(gclid === undefined ? {} : { adIdentifiers: { gclid } }),
    ...(hashed === null ? {} : { userData: { userIdentifiers: [{ phoneNumber: hashed }] } }),
  };
}
