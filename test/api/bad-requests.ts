/** Requests that are wrong, part by part: what is wrong, what is sent, and the code it is refused with. */
import type { ErrorCode } from '../../src/ports/errors.ts';
import { signRequest } from '../../src/simulate/far-end/sign-request.ts';
import type { Ask } from '../support/api-client.ts';
import { account, publicUrl } from '../support/open-shop.ts';

export type Case = readonly [wrong: string, method: string, path: string, ask: Ask, code: ErrorCode, field?: string];

const tail = '0'.repeat(26);
const known = { url: 'https://shop.example/' };
export const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
export const signed = (path: string, fields: Record<string, string>, token: string = account.authToken): Ask => ({
  as: 'nobody',
  raw: new URLSearchParams(fields).toString(),
  headers: { ...form, 'x-twilio-signature': signRequest(token, `${publicUrl}${path}`, fields) },
});
export const call = { CallSid: `CA${'1'.repeat(32)}`, From: '+12125550142', To: '+15035550101' };
export const voice = '/carriers/twilio/voice';
const agent = `${voice}/agent?call=call_${tail}&leg=leg_${tail}`;

/** The body as such. */
export const bodies: readonly Case[] = [
  ['JSON cut short', 'POST', '/v1/visits', { as: 'page', raw: '{"url":', headers: json }, 'malformed-body'],
  ['an empty body', 'POST', '/v1/visits', { as: 'page', raw: '', headers: json }, 'malformed-body'],
  ['no body at all', 'POST', '/v1/visits', { as: 'page' }, 'invalid-request'],
  ['a list for an object', 'POST', '/v1/visits', { as: 'page', body: [] }, 'invalid-request', 'body'],
  ['nesting without end', 'POST', '/v1/visits', { as: 'page', raw: nested(6_000), headers: json }, 'malformed-body'],
  ['nesting one too deep', 'POST', '/v1/visits', { as: 'page', raw: nested(18), headers: json }, 'malformed-body'],
  ['a field nobody knows', 'POST', '/v1/visits', { as: 'page', body: { ...known, admin: true } }, 'invalid-request'],
  [
    'a prototype by its name',
    'POST',
    '/v1/visits',
    { as: 'page', raw: '{"__proto__":{}}', headers: json },
    'malformed-body',
  ],
  [
    'a body too large for a page',
    'POST',
    '/v1/visits',
    { as: 'page', body: { url: 'x'.repeat(17_000) } },
    'body-too-large',
  ],
  ['a body too large for a server', 'POST', '/v1/agents', { body: { name: 'x'.repeat(66_000) } }, 'body-too-large'],
  ['XML', 'POST', '/v1/visits', { as: 'page', raw: '<a/>', headers: { 'content-type': 'text/xml' } }, 'media-type'],
  ['a form where JSON is wanted', 'POST', '/v1/agents', { raw: 'name=a', headers: form }, 'media-type'],
  ['a media type that is none', 'POST', '/v1/agents', { raw: 'x', headers: { 'content-type': '///' } }, 'media-type'],
  ['NUL', 'POST', '/v1/visits', { as: 'page', body: { url: 'a\0b' } }, 'invalid-request', 'body.url'],
  [
    'half a surrogate pair',
    'POST',
    '/v1/visits',
    { as: 'page', raw: '{"url":"\\ud800"}', headers: json },
    'invalid-request',
  ],
  ['NUL in a name', 'POST', '/v1/visits', { as: 'page', raw: '{"a\\u0000":1}', headers: json }, 'invalid-request'],
];

/** Values, ids, queries and paths. */
export const fields: readonly Case[] = [
  [
    'a number not in E.164',
    'POST',
    '/v1/numbers',
    { body: { number: '5035550101', carrier: 'twilio' } },
    'invalid-request',
    'number',
  ],
  [
    'a number that is its own failover',
    'POST',
    '/v1/numbers',
    { body: { number: '+15035550131', carrier: 'twilio', failover: '+15035550131' } },
    'invalid-request',
    'failover',
  ],
  [
    'a carrier nobody knows',
    'POST',
    '/v1/numbers',
    { body: { number: '+15035550131', carrier: 'pigeon' } },
    'invalid-request',
    'carrier',
  ],
  [
    'a number that is there',
    'POST',
    '/v1/numbers',
    { body: { number: '+15035550101', carrier: 'sandbox' } },
    'conflict',
  ],
  [
    'somebody else’s pool',
    'POST',
    '/v1/numbers',
    { body: { number: '+15035550131', carrier: 'twilio', poolId: `pool_${tail}` } },
    'not-found',
  ],
  ['an agent’s phone taken', 'POST', '/v1/agents', { body: { name: 'Eve', phone: '+12125550171' } }, 'conflict'],
  [
    'an agent without a name',
    'POST',
    '/v1/agents',
    { body: { name: '', phone: '+12125550173' } },
    'invalid-request',
    'name',
  ],
  ['a private endpoint', 'POST', '/v1/endpoints', { body: { url: 'https://10.0.0.1/' } }, 'invalid-request', 'url'],
  ['an endpoint by ftp', 'POST', '/v1/endpoints', { body: { url: 'ftp://shop.example/' } }, 'invalid-request', 'url'],
  ['a page without end', 'GET', '/v1/calls?limit=1000000', {}, 'invalid-request', 'limit'],
  ['a page of words', 'GET', '/v1/calls?limit=many', {}, 'invalid-request', 'limit'],
  ['NUL in a query', 'GET', '/v1/calls?before=%00', {}, 'invalid-request', 'before'],
  ['NUL in a query that is looked up', 'GET', '/v1/events?subject=%00', {}, 'invalid-request', 'subject'],
  [
    'a value without a currency',
    'POST',
    `/v1/calls/call_${tail}/outcome`,
    { body: { disposition: 'sale', value: '1' } },
    'not-found',
  ],
  ['an id of another kind', 'GET', `/v1/calls/visit_${tail}`, {}, 'invalid-request', 'id'],
  ['a call nobody knows', 'GET', `/v1/calls/call_${tail}`, {}, 'not-found'],
  ['a visit nobody knows', 'POST', `/v1/visits/visit_${tail}/beat`, { as: 'page', body: {} }, 'not-found'],
  [
    'a conversation nobody knows',
    'POST',
    `/v1/conversations/conv_${tail}/messages`,
    { body: { body: 'Hi' } },
    'not-found',
  ],
  ['an endpoint nobody knows', 'PATCH', `/v1/endpoints/ep_${tail}`, { body: { enabled: true } }, 'not-found'],
  ['a delivery nobody knows', 'POST', '/v1/deliveries/999999/replay', {}, 'not-found'],
  ['an agent nobody knows', 'PATCH', `/v1/agents/agent_${tail}`, { body: { presence: 'ready' } }, 'not-found'],
  [
    'an Idempotency-Key too long',
    'POST',
    `/v1/calls/call_${tail}/outcome`,
    { body: { disposition: 'sale' }, headers: { 'idempotency-key': 'k'.repeat(256) } },
    'invalid-request',
    'idempotency-key',
  ],
  [
    'an Idempotency-Key with a space',
    'POST',
    `/v1/calls/call_${tail}/outcome`,
    { body: { disposition: 'sale' }, headers: { 'idempotency-key': 'a b' } },
    'invalid-request',
    'idempotency-key',
  ],
  ['a route nobody knows', 'GET', '/v1/nothing', {}, 'not-found'],
  ['a method nobody knows', 'DELETE', '/v1/calls', {}, 'not-found'],
  ['a path that cannot be read', 'GET', '/v1/calls/%E0%A4%A', {}, 'invalid-request'],
  ['a path too long', 'GET', `/v1/calls/${'x'.repeat(200)}`, {}, 'invalid-request'],
];

/** Who asks, and from where. */
export const keys: readonly Case[] = [
  ['no key', 'GET', '/v1/calls', { as: 'nobody' }, 'key-missing'],
  ['a key that is none', 'GET', '/v1/calls', { as: 'nobody', headers: { authorization: 'Bearer ???' } }, 'key-missing'],
  [
    'a key nobody has',
    'GET',
    '/v1/calls',
    { as: 'nobody', headers: { authorization: `Bearer sk_${tail}` } },
    'key-invalid',
  ],
  ['a page’s key on a server’s route', 'GET', '/v1/calls', { as: 'page', headers: { origin: '' } }, 'key-kind'],
  ['a server’s key from a browser', 'GET', '/v1/calls', { headers: { origin: 'https://shop.example' } }, 'key-kind'],
  ['a server’s key on a page’s route', 'POST', '/v1/visits', { body: known }, 'key-kind'],
  [
    'another origin',
    'POST',
    '/v1/visits',
    { as: 'page', body: known, headers: { origin: 'https://shop.example.evil.example' } },
    'origin-refused',
  ],
  [
    'an origin in another scheme',
    'POST',
    '/v1/visits',
    { as: 'page', body: known, headers: { origin: 'http://shop.example' } },
    'origin-refused',
  ],
  [
    'a preflight from elsewhere',
    'OPTIONS',
    '/v1/visits',
    { as: 'nobody', headers: { origin: 'https://evil.example' } },
    'origin-refused',
  ],
];

/** Everything a carrier may get wrong, and those who pose as one. */
export const carriers: readonly Case[] = [
  ['an unsigned webhook', 'POST', voice, { as: 'nobody', raw: 'CallSid=CA1', headers: form }, 'signature-missing'],
  ['an empty unsigned webhook', 'POST', voice, { as: 'nobody' }, 'signature-missing'],
  ['a webhook signed by another', 'POST', voice, signed(voice, call, '9'.repeat(32)), 'signature-wrong'],
  ['a webhook signed for another path', 'POST', '/carriers/twilio/status', signed(voice, call), 'signature-wrong'],
  ['a webhook with a query put on', 'POST', `${voice}?a=1`, signed(voice, call), 'signature-wrong'],
  ['a webhook as JSON', 'POST', voice, { as: 'nobody', body: call }, 'media-type'],
  [
    'a webhook too large',
    'POST',
    voice,
    { as: 'nobody', raw: `a=${'x'.repeat(66_000)}`, headers: form },
    'body-too-large',
  ],
  [
    'a signed call without a CallSid',
    'POST',
    voice,
    signed(voice, { To: '+15035550101' }),
    'invalid-request',
    'CallSid',
  ],
  ['a signed call to no number', 'POST', voice, signed(voice, { ...call, To: 'sip:a@b' }), 'invalid-request', 'To'],
  [
    'a signed call with NUL',
    'POST',
    voice,
    signed(voice, { ...call, CallerName: 'a\0' }),
    'invalid-request',
    'body.CallerName',
  ],
  [
    'a signed step nobody knows',
    'POST',
    `${voice}/next?step=x`,
    signed(`${voice}/next?step=x`, call),
    'invalid-request',
  ],
  ['a signed agent of no call', 'POST', agent, signed(agent, call), 'not-found'],
  [
    'a status that is none',
    'POST',
    '/carriers/twilio/status',
    signed('/carriers/twilio/status', { ...call, CallStatus: 'happy' }),
    'invalid-request',
    'CallStatus',
  ],
  [
    'a sandbox call to nobody',
    'POST',
    '/carriers/sandbox/calls',
    { as: 'nobody', body: { to: '+15035550199' } },
    'not-found',
  ],
  [
    'a sandbox call to no number',
    'POST',
    '/carriers/sandbox/calls',
    { as: 'nobody', body: { to: '911' } },
    'invalid-request',
    'to',
  ],
  [
    'a sandbox text to nobody',
    'POST',
    '/carriers/sandbox/messages',
    { as: 'nobody', body: { from: '+12125550142', to: '+15035550199', body: 'Hi' } },
    'not-found',
  ],
  [
    'a sandbox phone that does not ring',
    'POST',
    '/carriers/sandbox/phones/+12125550171/answer',
    { as: 'nobody' },
    'conflict',
  ],
  ['a sandbox call nobody placed', 'POST', '/carriers/sandbox/calls/SB0/hang-up', { as: 'nobody' }, 'not-found'],
];
