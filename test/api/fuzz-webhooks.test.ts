/**
 * Whatever is posted to the routes that strangers reach, the gateway answers, refuses with a problem document, and goes
 * on: no 5xx, no crash. What ever broke it stays below as an example. A failure prints the seed and the smallest request.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { errorCatalogue } from '../../src/ports/errors.ts';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../src/simulate/twilio-far-end.ts';
import { type ApiClient, type Ask, createApiClient } from '../support/api-client.ts';
import { embeddedDeployment } from '../support/deployments.ts';
import { formSignature } from '../support/form-signature.ts';
import {
  account,
  addTwilioNumber,
  caller,
  openVisit,
  publicUrl,
  sendAgentsHome,
  theCall,
  twilioEnvironment,
} from '../support/open-shop.ts';
import { runGateway } from '../support/run-gateway.ts';

const seed = 20_260_101;
const runs = 300;
const deployment = embeddedDeployment();
let api: ApiClient;
/** What stands in the record and may be named: `{call}` in a path becomes the call's id. */
const ids = new Map<string, string>();

beforeAll(async () => {
  const place = await deployment.open();
  const farEnd = await createTwilioFarEnd(account);
  place.keep(farEnd.close);
  const gateway = await runGateway(place, twilioEnvironment(farEnd));
  farEnd.pointAt(gateway.url, publicUrl);
  api = createApiClient(gateway);
  await makeThings(farEnd);
});

/** A call with an agent's leg, a conversation with an answer, and an open visit. */
async function makeThings(farEnd: TwilioFarEnd): Promise<void> {
  const to = await addTwilioNumber({ api });
  await farEnd.placeCall({ to, from: caller }).waitFor('holding');
  await farEnd.sendText({ to, from: caller, body: 'Hello' });
  const { id: call, legs } = await theCall({ api });
  const { items } = await api.must('GET', '/v1/conversations');
  const path = `/v1/conversations/${items[0].id}/messages`;
  const message = await api.must('POST', path, { body: { body: 'Hello' } });
  const { visit } = await openVisit({ api });
  const things = { call, leg: legs[0].id, conversation: items[0].id, message: message.id, visit: visit.id };
  for (const [name, id] of Object.entries(things)) ids.set(name, id);
  await sendAgentsHome({ api });
}

interface Post {
  readonly path: string;
  readonly ask: Ask;
  /** The body is a form that Twilio signs. */
  readonly signed?: boolean;
}

async function isAnswered(post: Post): Promise<void> {
  const path = post.path.replace(/\{(\w+)\}/g, (_name, thing) => ids.get(thing) ?? '');
  const reply = await api.send('POST', path, post.signed ? signForm(path, post.ask) : post.ask);
  expect(reply.status, reply.text).toBeLessThan(500);
  if (reply.status < 400) return;
  expect(reply.type).toMatch(/^application\/problem\+json/);
  expect(Object.keys(errorCatalogue)).toContain(reply.body.code);
  expect(reply.body.status).toBe(reply.status);
}

function fuzz(posts: fc.Arbitrary<Post>, examples: readonly Post[] = []) {
  const options = { seed, numRuns: runs, examples: examples.map((example): [Post] => [example]) };
  return async () => {
    await fc.assert(fc.asyncProperty(posts, isAnswered), options);
    expect(await api.send('GET', '/readyz', { as: 'nobody' })).toMatchObject({ status: 200 });
  };
}

const sid = (prefix: string) => fc.integer({ min: 0, max: 40 }).map((at) => `${prefix}${String(at).padStart(32, '0')}`);
const oddText = fc.oneof(
  { weight: 60, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 30,
    arbitrary: fc.constantFrom(
      '',
      'constructor',
      '__proto__',
      '\0',
      '\u202e',
      '{{1}}',
      '-1',
      '1e309',
      'NaN',
      '[object Object]',
      '%00',
      '\r\n',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 50_000 }).map((length) => 'é€x'.repeat(length / 3)) },
);
const phone = fc.constantFrom('+15035550101', '+15035550121', '+12125550142', 'anonymous', '24273');
const known: Readonly<Record<string, fc.Arbitrary<string>>> = {
  CallSid: sid('CA'),
  MessageSid: sid('SM'),
  From: phone,
  To: phone,
  Body: fc.constantFrom('STOP', 'help', 'YES', 'stop texting me', 'Hello'),
  CallStatus: fc.constantFrom('ringing', 'in-progress', 'completed', 'busy', 'no-answer', 'canceled'),
  MessageStatus: fc.constantFrom('queued', 'sent', 'delivered', 'undelivered', 'failed', 'read'),
  DialCallStatus: fc.constantFrom('completed', 'no-answer'),
  StirVerstat: fc.constantFrom('TN-Validation-Passed-A', 'TN-Validation-Passed-A-Diverted'),
  Digits: fc.constantFrom('1', '2', '#', ''),
  RecordingDuration: fc.constantFrom('7', '0'),
  RecordingSid: sid('RE'),
  SequenceNumber: fc.constantFrom('0', '3'),
  ErrorCode: fc.constant('30003'),
};
const someName = fc.oneof(
  fc.constantFrom(...Object.keys(known), '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'length'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
/** What a webhook holds, and in half of them up to two fields changed, put in or doubled. */
const pairs = fc
  .tuple(
    fc.record(known).map((record) => Object.entries(record)),
    fc.oneof(fc.constant([]), fc.array(fc.tuple(someName, oddText, fc.boolean()), { maxLength: 2 })),
  )
  .map(([fields, changes]) =>
    changes.reduce<[string, string][]>(
      (sofar, [name, value, doubled]) => [...sofar.filter(([other]) => doubled || other !== name), [name, value]],
      fields.map(([name, value]): [string, string] => [name, value]),
    ),
  );

const tail = '0123456789abcdefghjkmnpqrs';
const oddQuery = fc.oneof(
  fc.constantFrom(
    `?call=call_${tail}&leg=leg_${tail}`,
    `?message=msg_${tail}`,
    '?__proto__=a&__proto__[b]=c',
    '?step=x&step=y',
    '?%00',
    '?&&==',
  ),
  fc.webQueryParameters({ size: 'small' }).map((query) => `?${query}`),
);
/** Twilio's routes with the queries we give them. */
const routes = [
  'voice',
  'status',
  'voice/next?step=caller-left-room&call={call}',
  'voice/next?step=voicemail-left&call={call}',
  'voice/next?step=failover-ended&call={call}',
  'voice/next?step=failover-ended',
  'voice/next?step=agent-keys&call={call}&leg={leg}',
  'voice/agent?call={call}&leg={leg}',
  'voice/leg-status?call={call}&leg={leg}',
  'messages',
  'messages/status?message={message}',
].map((route) => `/carriers/twilio/${route}`);
const twilioPath = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...routes) },
  fc.tuple(fc.constantFrom(...routes), oddQuery).map(([route, query]) => route.replace(/(\?.*)?$/, query)),
);

function signForm(path: string, ask: Ask): Ask {
  const url = new URL(`${publicUrl}${path}`).href;
  const signature = formSignature(account.authToken, url, String(ask.raw));
  return { ...ask, headers: { ...ask.headers, 'x-twilio-signature': signature } };
}

function formPost(path: string, fields: [string, string][]): Post {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
  return { path, ask: { as: 'nobody', raw: new URLSearchParams(fields).toString(), headers }, signed: true };
}

const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed()),
  fc.integer({ min: 1, max: 90_000 }).map((length) => '['.repeat(length)),
);
const anyMedia = fc.constantFrom(
  ...Array.from({ length: 6 }, () => 'application/x-www-form-urlencoded'),
  'application/json',
  'text/plain',
  'text/xml',
  'multipart/form-data; boundary=a',
  'application/octet-stream',
  'application/json; charset=utf-16',
  ';',
);
const strayPost = fc
  .tuple(twilioPath, anyBody, anyMedia, fc.option(fc.base64String(), { nil: undefined }))
  .map(([path, raw, media, signature]): Post => {
    const headers = { 'content-type': media, ...(signature === undefined ? {} : { 'x-twilio-signature': signature }) };
    return { path, ask: { as: 'nobody', raw, headers } };
  });

const someJson = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oddText,
    phone,
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom(true, false, null),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(someName, tie('node'), { maxKeys: 4 }),
  ),
})).node;

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
function postsTo(as: Ask['as'], bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
  const posts = Object.entries(bodies).map(([path, good]) =>
    bodyOf(good).map((body): Post => ({ path, ask: { as, body } })),
  );
  return fc.oneof(...posts);
}

const phonePath = '/carriers/sandbox/phones/+12125550142';
const sandboxPost = fc.oneof(
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
const pagePost = postsTo('page', {
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
const serverPost = fc
  .tuple(
    postsTo('server', {
      '/v1/numbers': { number: '+15035550131', carrier: 'twilio', failover: '+15035550177' },
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

/** What once was answered 500: a body of the wrong form, and a word that every object answers to. */
const unknownField: Post = { path: '/v1/visits', ask: { as: 'page', body: { a: 1 } } };
const wordOfObjects = formPost('/carriers/twilio/voice', [
  ['CallSid', `CA${'c'.repeat(32)}`],
  ['From', caller],
  ['To', '+15035550121'],
  ['StirVerstat', 'constructor'],
]);

describe('the gateway answers and goes on, whatever comes as', () => {
  test(
    'a webhook that Twilio has signed',
    fuzz(
      fc.tuple(twilioPath, pairs).map(([path, fields]) => formPost(path, fields)),
      [wordOfObjects],
    ),
  );
  test('a webhook that nobody has signed', fuzz(strayPost));
  test('an act on the sandbox', fuzz(sandboxPost));
  test('a page’s request', fuzz(pagePost, [unknownField]));
  test('a server’s request', fuzz(serverPost));
});
