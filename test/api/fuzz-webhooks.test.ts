/**
 * Whatever is posted to the routes that strangers reach, the gateway answers, refuses with a problem document, and goes
 * on: no 5xx, no crash. What ever broke it stays below as an example. A failure prints the seed and the smallest request.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { errorCatalogue } from '../../src/ports/errors.ts';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../src/simulate/far-end/twilio-far-end.ts';
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
import { pagePost, sandboxPost, serverPost } from './odd-requests.ts';
import type { Post } from './odd-values.ts';
import { formPost, signedPost, strayPost } from './odd-webhooks.ts';

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

function signForm(path: string, ask: Ask): Ask {
  const url = new URL(`${publicUrl}${path}`).href;
  const signature = formSignature(account.authToken, url, String(ask.raw));
  return { ...ask, headers: { ...ask.headers, 'x-twilio-signature': signature } };
}

/** What once was answered 500 and 503: a body of the wrong form, and a word that every object answers to. */
const unknownField: Post = { path: '/v1/visits', ask: { as: 'page', body: { a: 1 } } };
const wordOfObjects = formPost('/carriers/twilio/voice', [
  ['CallSid', `CA${'c'.repeat(32)}`],
  ['From', caller],
  ['To', '+15035550121'],
  ['StirVerstat', 'constructor'],
]);

describe('the gateway answers and goes on, whatever comes as', () => {
  test('a webhook that Twilio has signed', fuzz(signedPost, [wordOfObjects]));
  test('a webhook that nobody has signed', fuzz(strayPost));
  test('an act on the sandbox', fuzz(sandboxPost));
  test('a page’s request', fuzz(pagePost, [unknownField]));
  test('a server’s request', fuzz(serverPost));
});
