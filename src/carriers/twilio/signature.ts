/**
 * Proves that a webhook came from Twilio. The SDK computes the signature; what is ours is which URL it is held against
 * (the configured public one, never Host or X-Forwarded headers), that a missing signature and a wrong one are told
 * apart, and that during a rotation the previous token counts too (contracts section 1).
 */
import twilio from 'twilio';
import { AppError } from '../../ports/errors.ts';

export interface SignedRequest {
  readonly signature: string | undefined;
  /** Path and query as they arrived. */
  readonly pathAndQuery: string;
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
}

export interface SigningAccount {
  readonly authToken: string;
  readonly authTokenPrevious: string | null;
}

/**
 * Passes, or throws.
 * @throws AppError `carrier-unconfigured`, `signature-missing`, `signature-wrong`.
 */
export function verifySignature(account: SigningAccount | null, publicUrl: string, request: SignedRequest): void {
  if (account === null) throw new AppError('carrier-unconfigured', { detail: 'no Twilio auth token is configured' });
  const { signature, fields } = request;
  if (signature === undefined || signature === '') {
    throw new AppError('signature-missing', { detail: 'X-Twilio-Signature is missing' });
  }
  const url = `${publicUrl}${request.pathAndQuery}`;
  const tokens = [account.authToken, account.authTokenPrevious].filter((token) => token !== null);
  // A request line may name a whole URL (RFC 9112 section 3.2.2): behind ours that is no URL, and the SDK would throw.
  if (!URL.canParse(url) || !tokens.some((token) => twilio.validateRequest(token, signature, url, fields))) {
    throw new AppError('signature-wrong', {
      detail: 'X-Twilio-Signature does not match; check PUBLIC_URL and the auth token',
    });
  }
}
