/**
 * Sends one step of an export to its vendor: builds the event in the vendor's words, has an access token where one is
 * needed, and posts it.
 */
import type { E164 } from '../ports/e164.ts';
import type { ExportStep } from './conversion-export.ts';
import type { Credentials, Destination } from './destination.ts';
import { ga4Request } from './ga4-event.ts';
import { googleAdsRequest } from './google-ads-event.ts';
import type { GoogleTokens } from './google-token.http.ts';
import { metaRequest } from './meta-event.ts';
import type { PostVendor } from './post-vendor.http.ts';
import type { VendorAnswer } from './vendor-request.ts';

export type SendConversion = (
  to: { readonly destination: Destination; readonly credentials: Credentials },
  step: ExportStep,
  /** The caller's number, which leaves hashed or not at all. */
  phone: E164 | null,
) => Promise<VendorAnswer>;

export function createSendConversion(world: { post: PostVendor; googleTokens: GoogleTokens }): SendConversion {
  return async ({ destination, credentials }, step, phone) => {
    if (destination.kind === 'ga4' && credentials.kind === 'ga4')
      return world.post(ga4Request(destination.config, credentials.apiSecret, step));
    if (destination.kind === 'meta' && credentials.kind === 'meta')
      return world.post(metaRequest(destination.config, credentials.accessToken, step, phone));
    if (destination.kind === 'google-ads' && credentials.kind === 'google-ads') {
      const token = await world.googleTokens(credentials);
      if (token.kind !== 'token') return token;
      return world.post(googleAdsRequest(destination.config, token.accessToken, step, phone));
    }
    return { kind: 'refused', error: 'the credentials are of another vendor' };
  };
}
