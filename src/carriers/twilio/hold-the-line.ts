/**
 * What a leg hears whose record does not answer in time in the middle of a call: a moment of silence, then Twilio asks
 * again at the same address. What Twilio said in this webhook and would not say again travels with the address, which is
 * signed. So a slow record costs a pause, where no answer would cost the call.
 */
import twilio from 'twilio';
import type { Fields } from './read-webhook.ts';

/** What is said once: the keys, how a dial went, which recording was made, and that the leg has ended. */
const saidOnce = ['Digits', 'DialCallStatus', 'RecordingSid', 'RecordingDuration'] as const;
const prefix = 'was';
const pauseSeconds = 2;

/** The document; `pathAndQuery` as it was asked for. */
export function holdTheLine(fields: Fields, pathAndQuery: string, publicUrl: string): string {
  const url = new URL(pathAndQuery, publicUrl);
  for (const name of saidOnce) {
    const value = fields[name];
    if (typeof value === 'string') url.searchParams.set(`${prefix}${name}`, value);
  }
  const response = new twilio.twiml.VoiceResponse();
  response.pause({ length: pauseSeconds });
  response.redirect({ method: 'POST' }, `${publicUrl}${url.pathname}${url.search}`);
  return response.toString();
}

/** The webhook's fields, with what an earlier asking of the same address has said. */
export function withWhatWasSaid(fields: Fields, query: unknown): Fields {
  const carried = Object.entries((query ?? {}) as Record<string, unknown>).flatMap(([name, value]) => {
    const field = saidOnce.find((one) => `${prefix}${one}` === name);
    return field === undefined || typeof value !== 'string' ? [] : [[field, value] as const];
  });
  return { ...Object.fromEntries(carried), ...fields };
}
