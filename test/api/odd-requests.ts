/** What may be posted to the sandbox and to the API: right bodies, and ones with a single thing wrong. */
import fc from 'fast-check';
import type { Ask } from '../support/api-client.ts';
import { oddText, type Post, someJson, someName } from './odd-values.ts';

/** A right body with fields left out, and in half of them one field of another kind or one too many. */
function bodyOf(good: Readonly<Record<string, unknown>>) {
  const right = Object.fromEntries(Object.entries(good).map(([name, value]) => [name, fc.constant(value)]));
  const names = fc.oneof(fc.constantFrom('note', ...Object.keys(good)), someName);
  return fc.oneof(
    { weight: 10, arbitrary: fc.record(right, { requiredKeys: Object.keys(good).slice(0, 2) }) },
    {
      weight: 9,
      arbitrary: fc.tuple(fc.record(right), names, someJson).map(([body, name, value]) => ({ ...body, [name]: value })),
    },
    { weight: 1, arbitrary: someJson },
  );
}

/** One of these paths with a body that is right for it. */
function postsTo(as: NonNullable<Ask['as']>, bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
  const posts = Object.entries(bodies).map(([path, good]) =>
    bodyOf(good).map((body): Post => ({ path, ask: { as, body } })),
  );
  return fc.oneof(...posts);
}

const phonePath = '/carriers/sandbox/phones/+12125550142';
export const sandboxPost = fc.oneof(
  postsTo('nobody', {
    '/carriers/sandbox/calls': { to: '+15035550101', from: '+12125550142', attestation: 'A' },
    '/carriers/sandbox/messages': { to: '+15035550101', from: '24273', body: 'HELP' },
    [`${phonePath}/reachable`]: { reachable: true },
    [`${phonePath}/press`]: { digits: '1' },
    [`${phonePath}/answer`]: {},
    [`${phonePath}/hang-up`]: {},
  }),
  fc
    .tuple(
      oddText.map((id) => encodeURIComponent(id.slice(0, 60).toWellFormed())),
      fc.constantFrom('press', 'answer', 'decline', 'hang-up', 'speak', 'wait-out'),
      bodyOf({ digits: '1', reason: 'busy', seconds: 5 }),
    )
    .map(([id, act, body]): Post => ({ path: `/carriers/sandbox/calls/${id}/${act}`, ask: { as: 'nobody', body } })),
);
export const pagePost = postsTo('page', {
  '/v1/visits': {
    url: 'https://shop.example/',
    visitorId: 'v',
    referrer: 'r',
    utmSource: 's',
    locale: 'en',
    gclid: 'g',
  },
  '/v1/visits/{visit}/beat': { engagedSeconds: 1, pages: 2, tap: 'tel', cartValue: 12.5, productPage: '/p' },
});
export const serverPost = fc
  .tuple(
    postsTo('server', {
      '/v1/numbers': { number: '+15035550131', carrier: 'twilio', failover: '+15035550177' },
      '/v1/numbers/order': { number: '+15035550132', carrier: 'twilio', failover: '+15035550177' },
      '/v1/numbers/import': { numbers: [{ number: '+15035550133', carrier: 'sandbox' }] },
      '/v1/pools': { name: 'Ads', policy: { holdMs: 1, deserves: 'human' } },
      '/v1/websites': { name: 'Ads', origins: ['https://ads.example'], poolId: 'pool_1' },
      '/v1/agents': { name: 'Eve', phone: '+12125550179', presence: 'offline' },
      '/v1/endpoints': { url: 'https://shop.example/hooks', enabled: false },
      '/v1/calls/{call}/outcome': { disposition: 'sale', note: 'n', value: '1.00', currency: 'USD' },
      '/v1/conversations/{conversation}/messages': { body: 'Hello', author: 'Ada' },
      '/v1/deliveries/1/replay': { id: 1 },
    }),
    fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
  )
  .map(([post, key]): Post => {
    return key === undefined ? post : { ...post, ask: { ...post.ask, headers: { 'idempotency-key': key } } };
  });
