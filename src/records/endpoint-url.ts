/**
 * What may be registered as an endpoint's URL. The check gives a person a sentence while they are still looking at the
 * form; it is repeated at every delivery, where the addresses behind the name are judged as well. The WHATWG URL parser
 * comes first, so an address spelt in decimal, octal or hex is judged as the address it is.
 */
import { isIP } from 'node:net';
import { limits } from '../../config/limits.ts';
import { denyAddress, isLoopback } from './deny-address.ts';

export type EndpointUrlVerdict =
  | { readonly kind: 'ok'; readonly url: URL }
  | { readonly kind: 'refused'; readonly problem: string; readonly cure: string };

/**
 * Judges a URL as text: https, no credentials, no fragment, no address of a denied range, 2,048 characters. With
 * `allowLoopback` (development) plain http is taken too, to this machine only. Any port will do.
 */
export function checkEndpointUrl(text: string, rules: { readonly allowLoopback: boolean }): EndpointUrlVerdict {
  if (text.length > limits.endpointUrlCharactersMax)
    return refuse('the URL is too long', `keep it to ${limits.endpointUrlCharactersMax} characters`);
  const url = URL.parse(text);
  if (url === null) return refuse('this is not a URL', 'write it in full, as https://example.com/hooks');
  if (url.username !== '' || url.password !== '')
    return refuse('the URL holds a user name or password', 'leave them out: each delivery is signed instead');
  if (url.hash !== '') return refuse('the URL holds a fragment', 'leave out # and what follows: it is never sent');
  return checkHost(url, rules) ?? checkScheme(url, rules) ?? { kind: 'ok', url };
}

/** The host without the brackets a URL puts around IPv6 addresses. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function checkHost(url: URL, rules: { readonly allowLoopback: boolean }): EndpointUrlVerdict | null {
  const host = bareHost(url);
  if (isIP(host) !== 0) {
    const denial = denyAddress(host, rules);
    return denial === null
      ? null
      : refuse(`the address is not a public one (${denial.why})`, 'give a public host name');
  }
  if (namesThisMachine(host) && !rules.allowLoopback)
    return refuse('the name is that of this machine', 'give a public host name');
  return null;
}

function checkScheme(url: URL, rules: { readonly allowLoopback: boolean }): EndpointUrlVerdict | null {
  if (url.protocol === 'https:') return null;
  const host = bareHost(url);
  const mayBePlain = rules.allowLoopback && (isLoopback(host) || namesThisMachine(host));
  if (url.protocol === 'http:' && mayBePlain) return null;
  return refuse('the URL is not https', 'serve the endpoint over https and write https://');
}

/** `localhost` and names under it (RFC 6761 section 6.3), with or without the root's dot. */
function namesThisMachine(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/.test(host);
}

function refuse(problem: string, cure: string): EndpointUrlVerdict {
  return { kind: 'refused', problem, cure };
}
