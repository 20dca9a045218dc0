/**
 * The Twilio SDK's REST client with a time limit on every request and a base address that settings may point at an
 * egress proxy or an emulator. What Twilio's errors mean is said once here, as a table; unknown ones are not retried.
 */
import { Agent } from 'node:http';
import twilio from 'twilio';
import { limits } from '../../../config/limits.ts';
import type { TwilioSettings } from '../../../config/settings.ts';

export type TwilioClient = ReturnType<typeof twilio>;

const defaultApiUrl = 'https://api.twilio.com';

/** A client for one account. */
export function createTwilioClient(account: Omit<TwilioSettings, 'callsPerSecond' | 'holdMusicUrl'>): TwilioClient {
  const inner = new twilio.RequestClient({ timeout: limits.carrierRequestTimeoutMs });
  // The SDK keeps connections to Twilio itself, and none to a proxy or emulator that speaks plain HTTP.
  inner.axios.defaults.httpAgent = new Agent({ keepAlive: true, timeout: limits.carrierRequestTimeoutMs });
  const request: typeof inner.request = (options) =>
    inner.request({ ...options, uri: options.uri.replace(defaultApiUrl, account.apiUrl) });
  const httpClient = Object.assign(Object.create(inner) as typeof inner, { request });
  return twilio(account.accountSid, account.authToken, { httpClient, autoRetry: false });
}

/** What a failed request means for the one who asked. */
export interface RequestFailure {
  readonly kind: 'gone' | 'refused' | 'unavailable';
  readonly reason: string;
  readonly code: number | null;
}

/** The call is over or unknown: 20404 not found, 21220 invalid call state. */
const goneCodes = new Set([20404, 21220]);
/** 20429 too many requests, 30001 queue overflow, 30008 unknown error: with backoff (contracts section 1). */
const laterCodes = new Set([20429, 30001, 30008]);

/** Reads a thrown SDK error. No HTTP status means the request never came back. */
export function readFailure(fault: unknown): RequestFailure {
  const status = numberOf(fault, 'status');
  const code = numberOf(fault, 'code');
  const reason = `twilio ${code ?? status ?? 'unreachable'}`;
  if (status === null) return { kind: 'unavailable', reason, code };
  if (code !== null && goneCodes.has(code)) return { kind: 'gone', reason, code };
  const later = status === 429 || status >= 500 || (code !== null && laterCodes.has(code));
  return { kind: later ? 'unavailable' : 'refused', reason, code };
}

function numberOf(fault: unknown, field: 'status' | 'code'): number | null {
  if (typeof fault !== 'object' || fault === null) return null;
  const value = (fault as Record<string, unknown>)[field];
  return typeof value === 'number' ? value : null;
}
