/**
 * Vonage's SDK with a time limit on every request and base addresses that settings may point at an egress proxy or an
 * emulator. What a failed request means is said once here: 429, 5xx and no answer at all are tried again by the outbox,
 * everything else is not.
 */
import { createPrivateKey, randomUUID } from 'node:crypto';
import { Vonage } from '@vonage/server-sdk';
import { SignJWT } from 'jose';
import { limits } from '../../../config/limits.ts';

export type VonageVoiceClient = Vonage['voice'];

/** What authorises calls: an application with its private key (PEM). */
export interface VoiceAccount {
  readonly applicationId: string;
  readonly privateKey: string;
  readonly voiceApiUrl: string;
}

/** How long a token that we sign may be used. */
const tokenLife = '15 minutes';

/**
 * Each request carries a token of its own. The key is read once, here: the SDK would read its text for every token, which
 * takes longer and was seen to fail now and then ("asn1 too long" under Node 26).
 * @throws when the private key is no PEM text of one.
 */
export function createVonageVoiceClient({ applicationId, privateKey, voiceApiUrl }: VoiceAccount): VonageVoiceClient {
  const key = createPrivateKey(privateKey);
  const createBearerHeader = async () => {
    const token = new SignJWT({ application_id: applicationId }).setProtectedHeader({ alg: 'RS256', typ: 'JWT' });
    return `Bearer ${await token.setIssuedAt().setExpirationTime(tokenLife).setJti(randomUUID()).sign(key)}`;
  };
  const credentials = {
    createBearerHeader,
    getQueryParams: useless,
    createBasicHeader: useless,
    createSignatureHash: useless,
  };
  const options = { apiHost: voiceApiUrl, timeout: limits.carrierRequestTimeoutMs };
  return new Vonage(credentials, options).voice;
}

/** Other ways to prove who asks, which no call needs. */
function useless(): Promise<never> {
  return Promise.reject(new Error('calls are authorised by a token'));
}

/** What a failed request means for the one who asked. */
export interface RequestFailure {
  readonly kind: 'gone' | 'refused' | 'unavailable';
  readonly reason: string;
  /** Null when the request never came back. */
  readonly status: number | null;
}

/** Reads a thrown SDK error. */
export function readFailure(fault: unknown): RequestFailure {
  const status = statusOf(fault);
  if (status === null) return { kind: 'unavailable', reason: 'vonage unreachable', status };
  const reason = `vonage ${status}`;
  if (status === 429 || status >= 500) return { kind: 'unavailable', reason, status };
  return { kind: status === 404 ? 'gone' : 'refused', reason, status };
}

function statusOf(fault: unknown): number | null {
  if (typeof fault !== 'object' || fault === null || !('response' in fault)) return null;
  const { response } = fault as { response?: { status?: unknown } };
  return typeof response?.status === 'number' ? response.status : null;
}
