/**
 * Twilio's request signature, made rather than checked: base64 of HMAC-SHA1 over the public URL without its fragment,
 * followed by the POST parameters sorted by name, name then value with nothing between. Written out here and not taken
 * from the SDK, so that the gateway's check (which uses the SDK) is tested against a second reading of the rule.
 */
import { createHmac } from 'node:crypto';

/** Form parameters of one request, in Twilio's spelling. */
export type Fields = Readonly<Record<string, string>>;

/** The value of `X-Twilio-Signature`. For a GET give the URL with its query and no parameters. */
export function signRequest(authToken: string, url: string, parameters: Fields = {}): string {
  const names = Object.keys(parameters).sort();
  const signed = names.reduce((text, name) => `${text}${name}${parameters[name]}`, url.replace(/#.*$/, ''));
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}
