/**
 * Proves that a webhook came from Vonage (contracts section 2). The token is checked by `jose`: HS256 and nothing else, so
 * neither `none` nor a public key passes for the secret. What is ours is which secret counts (the account the token
 * names, and the previous secret while rotating), how old a token may be, and that it covers what arrived: the raw body,
 * or for GET the query in its order. The address a webhook was sent to is not signed; `seen-tokens.ts` sees to that.
 */
import { createHash } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { AppError } from '../../ports/errors.ts';

export interface SigningAccount {
  readonly apiKey: string;
  readonly applicationId: string | null;
  /** Null when none is configured: then nothing can be verified and everything is refused. */
  readonly signatureSecret: string | null;
  readonly signatureSecretPrevious: string | null;
}

export interface SignedWebhook {
  readonly authorization: string | undefined;
  /** What arrived: bytes of the body, or null for GET. */
  readonly body: Uint8Array | null;
  /** What stood behind the question mark, as it arrived. */
  readonly query: string;
}

/** Who signed: unique for each webhook, the same when Vonage sends one again. */
export interface WebhookToken {
  readonly id: string;
}

/**
 * Answers with the token, or throws. `now` in Unix ms.
 * @throws AppError `carrier-unconfigured`; `webhook-unsigned`, on which Vonage tries again; `signature-wrong`.
 */
export async function verifyWebhook(
  account: SigningAccount | null,
  webhook: SignedWebhook,
  now: number,
): Promise<WebhookToken> {
  const secrets = [account?.signatureSecret, account?.signatureSecretPrevious].filter((secret) => secret != null);
  if (account === null || secrets.length === 0) {
    throw new AppError('carrier-unconfigured', { detail: 'no Vonage signature secret is configured' });
  }
  const token = /^Bearer +(\S+)$/i.exec(webhook.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new AppError('webhook-unsigned', {
      detail: 'Authorization holds no signed token: turn signed webhooks on for the Vonage application',
    });
  }
  const claims = await firstThatVerifies(token, secrets, now);
  if (claims.api_key !== account.apiKey) throw wrong('the token names another api_key');
  const { application_id: application } = claims;
  if (application !== undefined && account.applicationId !== null && application !== account.applicationId) {
    throw wrong('the token names another application');
  }
  if (typeof claims.iat !== 'number' || Math.abs(now / 1_000 - claims.iat) > carrierLimits.vonageTokenAgeSecondsMax) {
    throw wrong(`the token was not made within ${carrierLimits.vonageTokenAgeSecondsMax} s of now: compare the clocks`);
  }
  if (typeof claims.jti !== 'string' || claims.jti.length === 0 || claims.jti.length > 128) {
    throw wrong('the token has no jti');
  }
  if (claims.payload_hash !== hashOf(webhook)) throw wrong('payload_hash is not the hash of what arrived');
  return { id: claims.jti };
}

async function firstThatVerifies(token: string, secrets: readonly string[], now: number): Promise<JWTPayload> {
  const options = { algorithms: ['HS256'], issuer: 'Vonage', currentDate: new Date(now) };
  for (const secret of secrets) {
    try {
      return (await jwtVerify(token, new TextEncoder().encode(secret), options)).payload;
    } catch {
      // The other secret may be the right one.
    }
  }
  throw wrong('the token is not signed with the signature secret of this account');
}

function hashOf({ body, query }: SignedWebhook): string {
  return createHash('sha256')
    .update(body ?? queryAsJson(query))
    .digest('hex');
}

/** Written by hand: an object would bring number-like names forward, and the order is part of what is signed. */
function queryAsJson(query: string): string {
  const members = [...new URLSearchParams(query)].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{${members.join(',')}}`;
}

function wrong(detail: string): AppError {
  return new AppError('signature-wrong', { detail });
}
