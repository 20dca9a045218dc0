/** Vonage's addresses one by one: what is refused, what is answered when things go wrong, and what a token may not do. */
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import type { AnswerInTime } from '../../../src/carriers/answer-in-time.timer.ts';
import { hearOwnLegs } from '../../../src/carriers/vonage/own-legs.ts';
import { registerVonage } from '../../../src/carriers/vonage/webhooks.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import { AppError, errorCatalogue } from '../../../src/ports/errors.ts';
import type { CallId } from '../../../src/ports/ids.ts';
import { silentLog } from '../../../src/ports/log.ts';
import type { Call } from '../../../src/telephony/call.ts';
import type { Instruction } from '../../../src/telephony/instructions.ts';
import type { LegReport } from '../../../src/telephony/leg-report.ts';
import type { EarlyEnd } from '../../../src/telephony/take-call.ts';
import { callIn } from '../../telephony/sample-call.ts';
import { signWebhook, type Webhook } from './far-end/send-webhook.ts';
import { vonageAccount } from './far-end/vonage-far-end.ts';

const tail = '0123456789abcdefghjkmnpqrs';
const callId = `call_${tail}` as CallId;
const legId = `leg_${tail}`;
const callerUuid = 'aaaaaaaa-0000-4000-8000-000000000001';
const legUuid = 'aaaaaaaa-0000-4000-8000-000000000002';
const strangerUuid = 'aaaaaaaa-0000-4000-8000-000000000009';
const base = 'https://lines.example/carriers/vonage/voice';
const ourNumber = { to: '15035550101', from: '12125550142' };
const legAddress = `call=${callId}&leg=${legId}`;

type Answer = Awaited<ReturnType<AnswerInTime>>;
const failover = '+15035550177' as E164;

function setup({ take = async (): Promise<Answer> => ({ kind: 'unknown-number' }), legKnown = true } = {}) {
  const heard: LegReport[] = [];
  const early: EarlyEnd[] = [];
  const waiting = callIn('waiting');
  const leg = { ...waiting.legs[0], id: legId, carrierCallId: legKnown ? legUuid : null, state: 'ringing' };
  const call = { ...waiting, id: callId, carrierCallId: callerUuid, legs: [leg] } as unknown as Call;
  const said: Instruction[] = [{ verb: 'say', text: 'Next.' }];
  const desk = hearOwnLegs({
    desk: {
      hear: async (report) => {
        heard.push(report);
        return { kind: 'heard', call, instructions: said };
      },
      ask: async () => ({ kind: 'heard', call, instructions: said }),
    },
    readCall: async (id) => (id === callId ? call : null),
  });
  const app = Fastify();
  app.setErrorHandler((fault, _request, reply) =>
    fault instanceof AppError
      ? reply.code(errorCatalogue[fault.code].status).send({ code: fault.code })
      : reply.send(fault),
  );
  registerVonage(app, {
    account: { ...vonageAccount, signatureSecretPrevious: null },
    publicUrl: () => 'https://lines.example',
    holdMusicUrl: () => 'https://lines.example/music.mp3',
    answerInTime: take as AnswerInTime,
    hearInTime: {
      hear: (report) => desk.hear(report),
      ask: ({ callId: id }) => desk.ask(id),
      tell: ({ tell }) => tell(),
    },
    desk,
    callDesk: { endedEarly: async (end) => void early.push(end) },
    findCall: async (id) => (id === callerUuid ? callId : null),
    clock: { now: () => Date.now() },
    log: silentLog,
  });
  const send = async ({ method, address, body, token }: Webhook, more: Record<string, string> = {}) => {
    const { pathname, search } = new URL(address);
    const reply = await app.inject({
      method,
      url: `${pathname}${search}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
      ...(body === null ? {} : { payload: body }),
    });
    return { status: reply.statusCode, text: reply.body, ncco: reply.statusCode === 200 ? reply.json() : null };
  };
  const post = async (path: string, fields: object) =>
    send(await signWebhook(vonageAccount, { kind: 'event', method: 'POST', address: `${base}/${path}`, fields }));
  return { app, heard, early, send, post };
}

const sign = (path: string, fields: object) =>
  signWebhook(vonageAccount, { kind: 'event', method: 'POST', address: `${base}/${path}`, fields });

describe('a call that comes in', () => {
  test.each(['GET', 'POST'] as const)('by %s to a number that is not ours hears so', async (method) => {
    const { send } = setup();
    const fields = { ...ourNumber, uuid: callerUuid };
    const answer = { kind: 'answer', method, address: `${base}/answer`, fields } as const;
    const { ncco } = await send(await signWebhook(vonageAccount, answer));
    expect(ncco).toEqual([{ action: 'talk', text: expect.stringMatching(/not in service/) }]);
  });

  test('while the record is away is put through to the failover number, whose end needs no record either', async () => {
    const { post, heard } = setup({ take: async () => ({ kind: 'failover', to: failover }) });
    const { ncco } = await post('answer', { ...ourNumber, uuid: callerUuid });
    expect(ncco).toMatchObject([
      { action: 'connect', endpoint: [{ number: '15035550177' }], from: '15035550101', eventType: 'synchronous' },
    ]);
    const { pathname, search } = new URL(ncco[0].eventUrl[0]);
    const next = `${pathname}${search}`.replace('/carriers/vonage/voice/', '');
    expect((await post(next, { uuid: strangerUuid, status: 'ringing' })).status).toBe(204);
    const missed = await post(next, { uuid: strangerUuid, status: 'busy' });
    expect(missed.ncco).toEqual([{ action: 'talk', text: expect.stringMatching(/nobody can take your call/) }]);
    const talked = await post(next, { uuid: strangerUuid, status: 'completed' });
    expect(talked.ncco).toEqual([{ action: 'wait', timeout: 0.1 }]);
    expect(heard).toEqual([]);
  });

  test('beyond what is taken at once is told 503, and the next one is taken when there is room again', async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const { post } = setup({ take: () => promise });
    const calls = Array.from({ length: carrierLimits.vonageTakesMax }, () =>
      post('answer', { ...ourNumber, uuid: callerUuid }),
    );
    await expect.poll(async () => (await post('answer', { ...ourNumber, uuid: callerUuid })).status).toBe(503);
    resolve({ kind: 'unknown-number' });
    expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true);
    expect((await post('answer', { ...ourNumber, uuid: callerUuid })).status).toBe(200);
  });

  test('that ended before its beginning was recorded is kept as ended', async () => {
    const { post, early, heard } = setup();
    const event = { ...ourNumber, uuid: strangerUuid, direction: 'inbound' };
    for (const status of ['started', 'answered', 'completed']) await post('events', { ...event, status });
    expect(early).toMatchObject([{ carrier: 'vonage', carrierCallId: strangerUuid, dnis: '+15035550101' }]);
    expect(heard).toEqual([]);
  });
});

describe('a leg', () => {
  test('whose phone is picked up by a machine is told of', async () => {
    const { post, heard } = setup();
    expect((await post(`leg-events?${legAddress}`, { call_uuid: legUuid, status: 'machine' })).status).toBe(204);
    expect(heard).toMatchObject([{ callId, legId, carrierCallId: legUuid, fact: { what: 'machine' } }]);
  });

  test('whose id is not known yet takes the first that comes', async () => {
    const { post, heard } = setup({ legKnown: false });
    const { ncco } = await post(`agent?${legAddress}`, { uuid: legUuid, to: '1', from: '2' });
    expect(ncco).toEqual([{ action: 'talk', text: 'Next.' }]);
    expect(heard).toMatchObject([{ carrierCallId: legUuid, fact: { what: 'answered' } }]);
  });

  test.each([
    ['picking up', `agent?${legAddress}`, { uuid: strangerUuid }, 200],
    ['ending', `leg-events?${legAddress}`, { uuid: strangerUuid, status: 'completed' }, 204],
    ['pressing keys', `next?step=keys&${legAddress}`, { uuid: strangerUuid, dtmf: { digits: '1' } }, 200],
    ['keys as the caller', `next?step=keys&call=${callId}`, { uuid: legUuid, dtmf: { digits: '1' } }, 200],
  ])('that is another one changes nothing by %s at its address', async (_what, path, fields, status) => {
    const { post, heard } = setup();
    const answer = await post(path, fields);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.ncco).toEqual([{ action: 'wait', timeout: 0.1 }]);
    expect(heard).toEqual([]);
  });

  test('asked about in a call that is not there is not found', async () => {
    const { post } = setup();
    const nowhere = legAddress.replace(tail, `${tail.slice(1)}z`);
    expect((await post(`agent?${nowhere}`, { uuid: legUuid })).status).toBe(404);
  });
});

describe('a step', () => {
  test('of a room’s end counts only for the call and the leg that were signed', async () => {
    const { post, heard } = setup();
    const next = `next?step=left-room&call=${callId}&room=${callId}`;
    expect((await post(next, { payload: { call: `call_${tail.slice(1)}0`, leg: null } })).status).toBe(400);
    expect((await post(next, { payload: { call: callId, leg: legId } })).status).toBe(400);
    expect((await post(`${next}&leg=${legId}`, { payload: { call: callId, leg: null } })).status).toBe(400);
    expect(heard).toEqual([]);
    expect((await post(next, { payload: { step: 'left-room', call: callId, leg: null } })).status).toBe(200);
    expect(heard).toMatchObject([{ legId: null, fact: { what: 'left-room', room: callId } }]);
  });

  test('of a recorded conversation is kept with the file’s id', async () => {
    const { post, heard } = setup();
    const recording = {
      recording_uuid: legUuid,
      recording_url: 'https://api.nexmo.com/v1/files/file-1',
      start_time: '2026-05-04T10:00:00Z',
      end_time: '2026-05-04T10:01:00Z',
    };
    expect((await post(`recorded?call=${callId}`, recording)).status).toBe(204);
    expect(heard).toMatchObject([{ fact: { what: 'conversation-recorded', seconds: 60, recordingId: 'file-1' } }]);
  });
});

describe('a token', () => {
  test('used again where it came before gets the same answer, and at another address none', async () => {
    const { send, heard } = setup({ legKnown: false });
    const webhook = await sign(`agent?${legAddress}`, { uuid: legUuid });
    const first = await send(webhook);
    expect(await send(webhook)).toEqual(first);
    const elsewhere = { ...webhook, address: webhook.address.replace('agent?', 'next?step=keys&') };
    expect(await send(elsewhere)).toMatchObject({ status: 403 });
    expect(new Set(heard.map(({ dedupKey }) => dedupKey)).size).toBe(1);
  });

  test.each([
    ['no token', { authorization: '' }, 503, 'webhook-unsigned'],
    ['another’s token', { authorization: 'Bearer e30.e30.AA' }, 403, 'signature-wrong'],
  ])('is needed: with %s nothing is read', async (_what, headers, status, code) => {
    const { send, heard } = setup();
    const answer = await send(await sign(`leg-events?${legAddress}`, { uuid: legUuid, status: 'answered' }), headers);
    expect(answer).toMatchObject({ status, text: expect.stringContaining(code) });
    expect(heard).toEqual([]);
  });

  test('over bytes that are no JSON object is answered 400, and over too many 413', async () => {
    const { send } = setup();
    for (const fields of [[1], 'text', 7]) {
      expect((await send(await sign('events', fields as unknown as object))).status).toBe(400);
    }
    const long = await sign('events', { uuid: callerUuid, status: 'x'.repeat(limits.webhookBodyBytesMax) });
    expect((await send(long)).status).toBe(413);
  });
});

test('hold music is a WAV file of sixteen seconds that anybody may hear', async () => {
  const { app } = setup();
  const { statusCode, headers, rawPayload } = await app.inject('/carriers/vonage/hold-music.wav');
  expect([statusCode, headers['content-type']]).toEqual([200, 'audio/wav']);
  expect(rawPayload.toString('ascii', 0, 4) + rawPayload.toString('ascii', 8, 12)).toBe('RIFFWAVE');
  expect(rawPayload.readUInt32LE(4)).toBe(rawPayload.length - 8);
  expect((rawPayload.length - 44) / rawPayload.readUInt32LE(28)).toBe(16);
  const samples = Array.from({ length: 8_000 }, (_, at) => Math.abs(rawPayload.readInt16LE(44 + 2 * at)));
  expect(Math.max(...samples)).toBeGreaterThan(500);
});
