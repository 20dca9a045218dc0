/** Calls through Vonage's REST API: what is asked, and what each answer means. */
import type nock from 'nock';
import { describe, expect, test } from 'vitest';
import { createVonageVoice } from '../../../src/carriers/vonage/voice.ts';
import type { CallId } from '../../../src/ports/ids.ts';
import type { SipAddress } from '../../../src/telephony/instructions.ts';
import { callUuid, dialOrder, failures, publicUrl, stageVonage } from './staged-vonage.ts';

const { world, api } = stageVonage();
const voice = createVonageVoice(world);
const repeated = { ...dialOrder, repeated: true };
const callPath = `/v1/calls/${callUuid}`;
const other = 'bbbbbbbb-bbbb-cccc-dddd-0123456789ab';

const listed = (uuid: string, status = 'ringing', more: object = {}) => ({
  uuid,
  status,
  direction: 'outbound',
  from: { type: 'phone', number: '15035550101' },
  to: { type: 'phone', number: '12125550171' },
  ...more,
});
const list = (calls: object[], at = 0) =>
  api()
    .get('/v1/calls')
    .query({ date_start: '2026-01-01T11:59:55.000Z', order: 'desc', page_size: 100, record_index: at })
    .reply(200, { count: calls.length, _embedded: { calls } });
const place = (keep: (body: nock.DataMatcherMap) => void = () => undefined) =>
  api()
    .post('/v1/calls', (body) => {
      keep(body);
      return true;
    })
    .reply(201, { uuid: callUuid, status: 'started', conversation_uuid: 'CON-1' });

describe('a dial', () => {
  test('asks for a call whose answer and progress come back with our own ids', async () => {
    let asked: object = {};
    place((body) => {
      asked = body;
    });
    expect(await voice.dial(dialOrder)).toEqual({ kind: 'dialled', carrierCallId: callUuid });
    const query = 'call=call_1&leg=leg_1';
    expect(asked).toEqual({
      to: [{ type: 'phone', number: '12125550171' }],
      from: { type: 'phone', number: '15035550101' },
      answer_url: [`${publicUrl}/carriers/vonage/voice/agent?${query}`],
      answer_method: 'POST',
      event_url: [`${publicUrl}/carriers/vonage/voice/leg-events?${query}`],
      event_method: 'POST',
      ringing_timer: 21,
      length_timer: 7_200,
    });
  });

  test('has a machine listened for when it is to be', async () => {
    let asked: object = {};
    place((body) => {
      asked = body;
    });
    await voice.dial({ ...dialOrder, detectMachine: true });
    expect(asked).toMatchObject({ machine_detection: 'continue' });
  });

  test('rings a SIP address as it is', async () => {
    let asked: object = {};
    place((body) => {
      asked = body;
    });
    await voice.dial({ ...dialOrder, to: 'sip:ada@pbx.example' as SipAddress });
    expect(asked).toMatchObject({ to: [{ type: 'sip', uri: 'sip:ada@pbx.example' }] });
  });

  test('that is repeated takes the call it has already made for its own', async () => {
    list([listed(other, 'ringing', { direction: 'inbound' }), listed(callUuid)]);
    expect(await voice.dial(repeated)).toEqual({ kind: 'dialled', carrierCallId: callUuid });
  });

  test('that is repeated finds the call it has already made behind a hundred that came later', async () => {
    list(Array.from({ length: 100 }, () => listed(other, 'ringing', { direction: 'inbound' })));
    list([listed(callUuid)], 100);
    expect(await voice.dial(repeated)).toEqual({ kind: 'dialled', carrierCallId: callUuid });
  });

  test.each([
    ['to another phone', { to: { type: 'phone', number: '12125550172' } }],
    ['from another number', { from: { type: 'phone', number: '15035550102' } }],
    ['without numbers', { from: undefined, to: undefined }],
  ])('that is repeated leaves alone a call %s', async (_what, more) => {
    list([listed(other, 'ringing', more)]);
    place();
    expect(await voice.dial(repeated)).toEqual({ kind: 'dialled', carrierCallId: callUuid });
  });

  test('that is repeated leaves alone a call that is known as another leg’s', async () => {
    list([listed(other, 'completed')]);
    place();
    expect(await voice.dial({ ...repeated, taken: [other] })).toEqual({ kind: 'dialled', carrierCallId: callUuid });
  });

  test.each(['completed', 'busy', 'timeout', 'unanswered', 'rejected', 'failed', 'cancelled'])(
    'that is repeated does not ring again when the call it made is %s',
    async (status) => {
      list([listed(callUuid, status)]);
      expect(await voice.dial(repeated)).toMatchObject({ kind: 'refused' });
    },
  );

  test('that is repeated while the list cannot be had makes no call', async () => {
    api().get('/v1/calls').query(true).reply(503, {});
    expect(await voice.dial(repeated)).toEqual({ kind: 'unavailable', reason: 'vonage 503' });
  });

  test.each(failures)('answered %s is %3$s', async (_what, status, kind) => {
    api().post('/v1/calls').reply(status, { type: 'x' });
    expect(await voice.dial(dialOrder)).toEqual({ kind, reason: `vonage ${status}` });
  });

  test('that never came back is unavailable', async () => {
    api().post('/v1/calls').replyWithError(new Error('socket hang up'));
    expect(await voice.dial(dialOrder)).toEqual({ kind: 'unavailable', reason: 'vonage unreachable' });
  });
});

describe('a live call', () => {
  test('is given new instructions as an NCCO of its own', async () => {
    const ncco = [{ action: 'talk', text: 'Hello' }];
    api()
      .put(callPath, { action: 'transfer', destination: { type: 'ncco', ncco } })
      .reply(204);
    expect(await voice.instruct(callUuid, [{ verb: 'say', text: 'Hello' }, { verb: 'hang-up' }])).toEqual({
      kind: 'done',
    });
  });

  test('that is told nothing but to hang up is hung up', async () => {
    api().put(callPath, { action: 'hangup' }).times(2).reply(204);
    expect(await voice.hangUp(callUuid)).toEqual({ kind: 'done' });
    expect(await voice.instruct(callUuid, [{ verb: 'hang-up' }])).toEqual({ kind: 'done' });
  });

  test('that Vonage does not know is gone, which is as good as done', async () => {
    api().put(callPath).reply(404, {});
    expect(await voice.hangUp(callUuid)).toEqual({ kind: 'gone' });
  });

  test('that cannot be changed is gone when it has ended, and refused when it lives', async () => {
    api().put(callPath).times(2).reply(400, { type: 'BAD_REQUEST' });
    api().get(callPath).reply(200, { uuid: callUuid, status: 'completed' });
    expect(await voice.hangUp(callUuid)).toEqual({ kind: 'gone' });
    api().get(callPath).reply(200, { uuid: callUuid, status: 'answered' });
    expect(await voice.hangUp(callUuid)).toEqual({ kind: 'refused', reason: 'vonage 400' });
  });

  test.each([
    ['ringing', 200, 'live'],
    ['answered', 200, 'live'],
    ['completed', 200, 'gone'],
    ['unknown', 404, 'gone'],
    ['away', 503, 'unknown'],
  ])('that is %s is looked at and found %3$s', async (status, code, found) => {
    api().get(callPath).reply(code, { uuid: callUuid, status });
    expect(await voice.look(callUuid)).toBe(found);
  });
});

describe('a recording', () => {
  test('is begun and ended for the room that the leg stands in', async () => {
    const record = '/v1/conversations/CON-7/record';
    api().get(callPath).times(2).reply(200, { uuid: callUuid, status: 'answered', conversation_uuid: 'CON-7' });
    api()
      .put(record, {
        action: 'start',
        format: 'mp3',
        event_url: [`${publicUrl}/carriers/vonage/voice/recorded?call=call_1`],
        event_method: 'POST',
      })
      .reply(204);
    expect(await voice.record?.(callUuid, 'start', 'call_1' as CallId)).toEqual({ kind: 'done' });
    api().put(record, { action: 'stop' }).reply(204);
    expect(await voice.record?.(callUuid, 'stop', 'call_1' as CallId)).toEqual({ kind: 'done' });
  });

  test('cannot be paused, which the capabilities say before anybody asks', async () => {
    expect(voice.capabilities.has('pause-recording')).toBe(false);
    for (const act of ['pause', 'resume'] as const) {
      expect(await voice.record?.(callUuid, act, 'call_1' as CallId)).toMatchObject({ kind: 'refused' });
    }
  });
});

describe('the calls that came in', () => {
  const since = Date.UTC(2026, 0, 1, 11);
  const start_time = '2026-01-01T11:58:00.000Z';
  const ours = { direction: 'inbound', to: { number: '15035550101' }, from: { number: '12125550142' }, start_time };
  const pages = (at: number, calls: object[]) =>
    api()
      .get('/v1/calls')
      .query((query) => query.date_start === '2026-01-01T11:00:00.000Z' && Number(query.record_index ?? 0) === at)
      .reply(200, { count: calls.length, _embedded: { calls } });

  test('are listed page after page, our own legs left out', async () => {
    const own = Array.from({ length: 100 }, () => listed(other, 'completed', { start_time }));
    pages(0, own);
    const end_time = '2026-01-01T11:59:00.000Z';
    const withheld = { from: { number: 'unknown' } };
    pages(100, [
      listed(callUuid, 'completed', { ...ours, end_time }),
      listed(other, 'answered', { ...ours, ...withheld }),
    ]);
    const startedAt = Date.parse(start_time);
    expect(await voice.listIncoming?.(since)).toEqual({
      kind: 'listed',
      isWhole: true,
      calls: [
        {
          carrierCallId: callUuid,
          dnis: '+15035550101',
          ani: '+12125550142',
          startedAt,
          endedAt: Date.parse(end_time),
        },
        { carrierCallId: other, dnis: '+15035550101', ani: null, startedAt, endedAt: null },
      ],
    });
  });

  test('cannot be had while the API is away', async () => {
    api().get('/v1/calls').query(true).reply(503, {});
    expect(await voice.listIncoming?.(since)).toMatchObject({ kind: 'unavailable' });
  });
});
