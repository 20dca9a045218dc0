/**
 * A phone conversion as an event of Meta's Conversions API. Meta takes an event with the `event_name` and `event_id` of
 * an earlier one for the same, and has no way to take one back. Sources: developers.facebook.com/docs/marketing-api/
 * conversions-api/parameters/server-event (event_time in seconds, up to 7 days back; action_source phone_call), …/
 * customer-information-parameters (ph: digits with country code, SHA-256), …/fbp-and-fbc (fb.1.<ms>.<fbclid>).
 */
import type { E164 } from '../ports/e164.ts';
import { sha256Hex } from '../ports/secrets.ts';
import type { ConversionMessage, ExportStep } from './conversion-export.ts';
import type { MetaConfig } from './destination.ts';
import type { VendorRequest } from './vendor-request.ts';

const graphVersion = 'v25.0';
const eventNames = { call: 'Contact', sale: 'Purchase' } as const;

/** The request of one step; only sending is possible. `phone` is the caller's number, hashed here. */
export function metaRequest(
  config: MetaConfig,
  accessToken: string,
  { message }: ExportStep,
  phone: E164 | null,
): VendorRequest {
  const worth = message.value === null ? {} : { currency: message.currency, value: Number(message.value) };
  const event = {
    event_name: eventNames[message.kind],
    event_time: Math.floor(message.occurredAt / 1_000),
    event_id: message.transactionId,
    action_source: 'phone_call',
    user_data: userDataOf(config, message, phone),
    ...(message.kind === 'sale' ? { custom_data: { ...worth, order_id: message.transactionId } } : {}),
  };
  const test = config.testEventCode === null ? {} : { test_event_code: config.testEventCode };
  return {
    vendor: 'metaGraph',
    path: `/${graphVersion}/${config.datasetId}/events`,
    headers: {},
    body: { data: [event], ...test, access_token: accessToken },
  };
}

function userDataOf(config: MetaConfig, { clicks, clickedAt }: ConversionMessage, phone: E164 | null) {
  return {
    ...(clicks.fbclid === undefined ? {} : { fbc: `fb.1.${clickedAt}.${clicks.fbclid}` }),
    ...(config.hashedPhone && phone !== null ? { ph: [sha256Hex(phone.slice(1))] } : {}),
  };
}
