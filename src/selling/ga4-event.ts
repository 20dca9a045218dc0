/**
 * A phone conversion in the words of GA4's Measurement Protocol: `phone_call`, `purchase`, and `refund` to take one
 * back. The collector answers 2xx to anything, so the protocol's rules are kept here. Sources:
 * developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events (client_id, timestamp_micros up to
 * 72 h back, engagement_time_msec) and …/reference/events#purchase, #refund (transaction_id, value with currency).
 */
import type { ExportStep } from './conversion-export.ts';
import type { Ga4Config } from './destination.ts';
import type { VendorRequest } from './vendor-request.ts';

/** Longer parameter values are cut off or dropped by the collector. */
const paramCharactersMax = 100;

/** The request of one step. @throws RangeError when the protocol would drop it unseen. */
export function ga4Request(config: Ga4Config, apiSecret: string, step: ExportStep): VendorRequest {
  const { message } = step;
  const clientId = message.clicks.gaClientId;
  if (clientId === undefined || clientId.length > paramCharactersMax) throw new RangeError('GA4 needs a client_id');
  const event = step.kind === 'send' ? sendEvent(step) : refundEvent(step);
  const body = {
    client_id: clientId,
    // A refund is dated when it is told: it may come long after the 72 hours in which a purchase can be dated back.
    ...(step.kind === 'send' ? { timestamp_micros: message.occurredAt * 1_000 } : {}),
    consent: { ad_user_data: 'GRANTED' },
    events: [event],
  };
  const query = new URLSearchParams({ measurement_id: config.measurementId, api_secret: apiSecret });
  return { vendor: 'ga4', path: `/mp/collect?${query}`, headers: {}, body };
}

function sendEvent({ message }: ExportStep) {
  const engagement = { engagement_time_msec: Math.max(1, message.talkMs) };
  if (message.kind === 'call') return { name: 'phone_call', params: engagement };
  const worth = message.value === null ? {} : { currency: message.currency, value: Number(message.value) };
  return { name: 'purchase', params: { transaction_id: message.transactionId, ...worth, ...engagement } };
}

function refundEvent({ message, lowersBy }: ExportStep) {
  const params = {
    transaction_id: message.transactionId,
    currency: message.currency,
    value: Number(lowersBy),
    engagement_time_msec: 1,
  };
  return { name: 'refund', params };
}
