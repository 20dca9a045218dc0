import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { EndpointId, EnterpriseId, EventId } from '../../src/ports/ids.ts';
import { silentLog } from '../../src/ports/log.ts';
import { createDeliverEvent } from '../../src/records/deliver-event.ts';
import type { DeliveryTarget } from '../../src/records/endpoints.postgres.ts';
import type { RecordedEvent } from '../../src/records/event-body.ts';
import type { Claimed } from '../../src/records/outbox-claims.postgres.ts';
import type { PostAnswer } from '../../src/records/post-event.http.ts';
import type { Db, Tx } from '../../src/records/schema.ts';

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const dayMs = 24 * 60 * 60 * 1_000;
const answered = (status: number, retryAfterMs: number | null = null): PostAnswer => ({
  kind: 'answered',
  status,
  retryAfterMs,
});

/** A handler whose world is one endpoint, one event and one answer; `change` says what is different. */
function setup(
  answer: PostAnswer,
  change: { target?: DeliveryTarget | null; event?: RecordedEvent | null; random?: number; healthFails?: boolean } = {},
) {
  const now = Date.now();
  const posts: { url: string; headers: Record<string, string>; body: string }[] = [];
  const notes: string[] = [];
  const counts: string[] = [];
  const lines: string[] = [];
  const tell = (facts: Record<string, unknown>, event: string) => lines.push(JSON.stringify([event, facts]));
  const note = async (text: string) => {
    if (change.healthFails === true) throw new Error('the record is away');
    notes.push(text);
  };
  const target = { url: 'https://hooks.example.com/in?token=hush', enabled: true, secrets: [secret] };
  const event = { type: 'call.ended', timestamp: '2026-05-04T10:00:00.000Z', data: { subject: 'call_1', sequence: 4 } };
  const deliver = createDeliverEvent({
    db: {} as Db,
    transact: (step) => step({ tx: {} as Tx, wake() {}, beforeCommit() {} }),
    clock: { now: () => now },
    random: () => change.random ?? 0.5,
    log: { ...silentLog, info: tell, warn: tell, error: tell },
    outbox: { readEvent: async () => (change.event === undefined ? event : change.event) },
    endpoints: {
      readTarget: async () => (change.target === undefined ? target : change.target),
      noteSuccess: () => note('success'),
      noteFailure: () => note('failure'),
      disable: (_work, _id, reason) => note(`disabled: ${reason}`),
    },
    poster: {
      async post(url, headers, body) {
        posts.push({ url, headers: { ...headers }, body });
        return answer;
      },
    },
    count: (result) => counts.push(result),
  });
  return { deliver, now, posts, notes, counts, lines, event };
}

function claimed(change: Partial<Claimed> = {}): Claimed {
  return {
    id: 1,
    enterprise_id: 'ent_1' as EnterpriseId,
    lane: 'hook:ep_1:call_1',
    kind: 'webhook.deliver',
    payload: {},
    state: 'pending',
    attempts: 1,
    due_at: new Date(0),
    locked_until: new Date(limits.outboxLockMs),
    endpoint_id: 'ep_1' as EndpointId,
    event_id: 'evt_1' as EventId,
    last_error: null,
    created_at: new Date(0),
    settled_at: null,
    ...change,
  };
}

test('a claim outlives a try', () => expect(limits.outboxLockMs).toBeGreaterThan(limits.deliveryTimeoutMs));

test.each([200, 201, 204, 299])('%i is delivery', async (status) => {
  const { deliver, notes, counts } = setup(answered(status));
  expect(await deliver(claimed())).toEqual({ kind: 'done' });
  expect([notes, counts]).toEqual([['success'], ['delivered']]);
});

test('what is sent is the recorded event, signed under its own id at the time of this try', async () => {
  const { deliver, posts, now, event } = setup(answered(200));
  await deliver(claimed());
  const [post] = posts;
  expect(new Webhook(secret).verify(post?.body ?? '', post?.headers ?? {})).toEqual(event);
  expect(post?.headers).toMatchObject({ 'webhook-id': 'evt_1', 'webhook-timestamp': `${Math.floor(now / 1_000)}` });
});

test.each([
  ...[302, 307, 400, 401, 404, 500, 501, 199].map((status) => [`status ${status}`, answered(status)] as const),
  ['timeout', { kind: 'failed', reason: 'timeout' }] as const,
  ['the address is not a public one', { kind: 'refused', reason: 'the address is not a public one' }] as const,
])('%s is tried again and told of', async (error, answer) => {
  const { deliver, notes, counts, now } = setup(answer);
  expect(await deliver(claimed())).toEqual({ kind: 'retry', dueAt: now + 5_000, error });
  expect([notes, counts]).toEqual([['failure'], ['retried']]);
});

test.each([
  [1, 5],
  [2, 5 * 60],
  [3, 30 * 60],
  [4, 2 * 3_600],
  [5, 5 * 3_600],
  [6, 10 * 3_600],
  [7, 14 * 3_600],
  [8, 20 * 3_600],
  [9, 24 * 3_600],
])('after try %i the next is %i s away, give or take 20 %%', async (attempts, seconds) => {
  for (const [random, share] of [
    [0, 0.8],
    [0.5, 1],
    [1, 1.2],
  ] as const) {
    const { deliver, now } = setup(answered(500), { random });
    expect(await deliver(claimed({ attempts }))).toMatchObject({ kind: 'retry', dueAt: now + seconds * 1_000 * share });
  }
});

test('the tenth failure makes a dead letter, whatever Retry-After says', async () => {
  const { deliver, counts, notes } = setup(answered(503, 60_000));
  expect(await deliver(claimed({ attempts: 10 }))).toEqual({ kind: 'dead', error: 'status 503' });
  expect([notes, counts]).toEqual([['failure'], ['dead']]);
});

test('a replayed dead letter has the whole table before it again', async () => {
  const { deliver, now } = setup(answered(500));
  const replayed = { payload: { attemptsBefore: 10 } };
  expect(await deliver(claimed({ ...replayed, attempts: 11 }))).toMatchObject({ kind: 'retry', dueAt: now + 5_000 });
  expect(await deliver(claimed({ ...replayed, attempts: 20 }))).toMatchObject({ kind: 'dead' });
});

test('410 switches the endpoint off and ends the event', async () => {
  const { deliver, notes, counts } = setup(answered(410, 60_000));
  expect(await deliver(claimed())).toEqual({ kind: 'dead', error: 'status 410' });
  expect([notes, counts]).toEqual([['disabled: the endpoint answered 410 Gone'], ['dead']]);
});

test.each([
  ['429 puts the try off', 429, 90_000, 90_000],
  ['502 puts the try off', 502, 90_000, 90_000],
  ['503 puts the try off', 503, 90_000, 90_000],
  ['504 puts the try off', 504, 90_000, 90_000],
  ['500 has no say', 500, 90_000, 5_000],
  ['no header leaves it to the table', 429, null, 5_000],
  ['zero does not bring the try forward', 429, 0, 5_000],
  ['two days are bounded by one', 429, 2 * dayMs, dayMs],
])('Retry-After: %s', async (_name, status, retryAfterMs, pauseMs) => {
  const { deliver, now } = setup(answered(status, retryAfterMs));
  expect(await deliver(claimed())).toMatchObject({ kind: 'retry', dueAt: now + pauseMs });
});

test.each([
  ['endpoint disabled', { target: { url: 'https://hooks.example.com/', enabled: false, secrets: [secret] } }],
  ['endpoint gone', { target: null }],
  ['event gone', { event: null }],
])('%s: a dead letter, and nothing is sent or held against the endpoint', async (error, change) => {
  const { deliver, posts, notes, counts } = setup(answered(200), change);
  expect(await deliver(claimed())).toEqual({ kind: 'dead', error });
  expect([posts, notes, counts]).toEqual([[], [], ['dead']]);
});

test('an entry that names no endpoint is a dead letter', async () => {
  const { deliver } = setup(answered(200));
  expect(await deliver(claimed({ endpoint_id: null }))).toMatchObject({ kind: 'dead' });
});

test('a fault of ours waits by the table of deliveries and is not held against the endpoint', async () => {
  const broken = { url: 'https://hooks.example.com/', enabled: true, secrets: [] };
  const { deliver, notes, now } = setup(answered(200), { target: broken });
  const settlement = await deliver(claimed({ attempts: 8 }));
  expect(settlement).toEqual({ kind: 'retry', dueAt: now + 20 * 3_600_000, error: 'a fault of the gateway' });
  expect(notes).toEqual([]);
});

test.each([
  [200, 'done'],
  [500, 'retry'],
  [410, 'dead'],
])('a lost note of the endpoint’s health does not change what %i means', async (status, kind) => {
  const { deliver } = setup(answered(status), { healthFails: true });
  expect(await deliver(claimed())).toMatchObject({ kind });
});

test.each([200, 500, 410])('after %i the log holds ids and no URL, body or secret', async (status) => {
  const { deliver, lines } = setup(answered(status));
  await deliver(claimed());
  expect(lines.join('\n')).toContain('evt_1');
  expect(lines.join('\n')).not.toMatch(/hooks\.example|hush|whsec|call\.ended|sequence/);
});
