/**
 * Access tokens for Google's Data Manager API, had with a service account's key through Google's own library. Tokens
 * live an hour and are kept for as long; one client serves one key. The library's address is fixed, so the request is
 * turned to the address of the settings on its way out, for egress proxies and tests.
 */
import { JWT } from 'google-auth-library';
import { limits } from '../../config/limits.ts';
import { sha256Hex } from '../ports/secrets.ts';
import type { VendorAnswer } from './vendor-request.ts';

export interface ServiceAccount {
  readonly clientEmail: string;
  readonly privateKey: string;
}

export type TokenAnswer =
  | { readonly kind: 'token'; readonly accessToken: string }
  | Extract<VendorAnswer, { kind: 'refused' | 'later' }>;

export type GoogleTokens = (account: ServiceAccount) => Promise<TokenAnswer>;

const scope = 'https://www.googleapis.com/auth/datamanager';
const clientsKeptMax = 100;

/** `oauthUrl` stands in for Google's host; its token is had below it. */
export function createGoogleTokens(world: { oauthUrl: string }): GoogleTokens {
  const clients = new Map<string, JWT>();
  return async (account) => {
    const key = sha256Hex(`${account.clientEmail}\n${account.privateKey}`);
    const client = clients.get(key) ?? createClient(world.oauthUrl, account);
    clients.set(key, client);
    if (clients.size > clientsKeptMax) clients.delete(clients.keys().next().value ?? key);
    try {
      const { token } = await withinTime(client.getAccessToken());
      if (typeof token === 'string' && token !== '') return { kind: 'token', accessToken: token };
      return { kind: 'later', error: 'Google gave no access token', retryAfterMs: null };
    } catch (fault) {
      clients.delete(key);
      return judge(fault);
    }
  };
}

function createClient(oauthUrl: string, { clientEmail, privateKey }: ServiceAccount): JWT {
  return new JWT({
    email: clientEmail,
    key: privateKey,
    scopes: scope,
    transporterOptions: {
      timeout: limits.exportTimeoutMs,
      retryConfig: { retry: 0 },
      fetchImplementation: (input, init) => {
        const { pathname, search } = new URL(input instanceof Request ? input.url : input);
        return fetch(`${oauthUrl}${pathname}${search}`, { ...init, redirect: 'manual' });
      },
    },
  });
}

/** The library tries again by itself; the export has one deadline for all of it. */
function withinTime<Result>(asking: Promise<Result>): Promise<Result> {
  const deadline = new Promise<never>((_resolve, reject) => {
    AbortSignal.timeout(limits.exportTimeoutMs).addEventListener('abort', () => reject(new Error('timeout')));
  });
  return Promise.race([asking, deadline]);
}

/** A key that is none or no longer valid is the operator's to mend, but may be mended while we try again. */
function judge(fault: unknown): Extract<VendorAnswer, { kind: 'refused' | 'later' }> {
  const status = typeof fault === 'object' && fault !== null && 'status' in fault ? Number(fault.status) : 0;
  const error = status > 0 ? `Google gave no access token: status ${status}` : 'Google gave no access token';
  if (fault instanceof Error && /DECODER|PEM|asymmetric key|private key/i.test(fault.message))
    return { kind: 'refused', error: 'the service account’s private key cannot be read' };
  return { kind: 'later', error, retryAfterMs: null };
}
