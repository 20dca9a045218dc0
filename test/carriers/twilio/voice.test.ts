/** Calls through Twilio's REST API: what is asked, and what each answer means. */
import { describe, expect, test } from 'vitest';
import { createTwilioVoice } from '../../../src/carriers/twilio/voice.ts';
import { callSid, dialOrder, errorBody, failures, listed, publicUrl, resource, stageTwilio } from './staged-twilio.ts';

const { world, api } = stageTwilio();
const voice = createTwilioVoice(world);
const repeated = { ...dialOrder, repeated: true };
const page = (calls: object[]) => ({ calls, next_page_uri: null, page: 0, page_size: 20 });

function refuseOnce(path: string, status: number, code: number | null): void {
  api().post(resource(path)).reply(status, errorBody(status, code));
}

describe('a dial', () => {
  test('asks for a call whose answer and progress come back with our own ids', async () => {
    let asked = new URLSearchParams();
    api()
      .post(resource('Calls'), (body) => {
        asked = new URLSearchParams(body);
        return true;
      })
      .reply(201, { sid: callSid });
    expect(await voice.dial(dialOrder)).toEqual({ kind: 'dialled', carrierCallId: callSid });
    const query = 'call=call_1&leg=leg_1';
    expect(Object.fromEntries(asked)).toMatchObject({
      From: dialOrder.from,
      To: dialOrder.to,
      Url: `${publicUrl}/carriers/twilio/voice/agent?${query}`,
      Method: 'POST',
      StatusCallback: `${publicUrl}/carriers/twilio/voice/leg-status?${query}`,
      StatusCallbackMethod: 'POST',
      Timeout: '21',
    });
  });

  test.each([false, true])(
    'has a machine listened for beside the call when it is to be (%s)',
    async (detectMachine) => {
      let asked = new URLSearchParams();
      api()
        .post(resource('Calls'), (body) => {
          asked = new URLSearchParams(body);
          return true;
        })
        .reply(201, { sid: callSid });
      await voice.dial({ ...dialOrder, detectMachine });
      const amd = [...asked].filter(([name]) => /amd|machine/i.test(name));
      const url = `${publicUrl}/carriers/twilio/voice/leg-machine?call=call_1&leg=leg_1`;
      const wanted = { MachineDetection: 'Enable', AsyncAmd: 'true', AsyncAmdStatusCallback: url };
      expect(Object.fromEntries(amd)).toEqual(detectMachine ? { ...wanted, AsyncAmdStatusCallbackMethod: 'POST' } : {});
    },
  );

  test('asks to hear of ringing, answer and end', async () => {
    let events: unknown;
    api()
      .post(resource('Calls'), (body) => {
        events = body.StatusCallbackEvent;
        return true;
      })
      .reply(201, { sid: callSid });
    await voice.dial(dialOrder);
    expect(events).toEqual(['ringing', 'answered', 'completed']);
  });

  test('that is repeated takes the call it has already made for its own', async () => {
    api()
      .get(resource('Calls'))
      .query({ From: dialOrder.from, To: dialOrder.to, PageSize: 20 })
      .reply(200, page([listed(callSid, 900)]));
    expect(await voice.dial(repeated)).toEqual({ kind: 'dialled', carrierCallId: callSid });
  });

  test('that is repeated makes a call when the ones listed are older than the order', async () => {
    api()
      .get(resource('Calls'))
      .query(true)
      .reply(200, page([listed(`CA${'9'.repeat(32)}`, -60_000)]));
    api().post(resource('Calls')).reply(201, { sid: callSid });
    expect(await voice.dial(repeated)).toEqual({ kind: 'dialled', carrierCallId: callSid });
  });

  test('that is repeated leaves alone a call that is known as another leg’s', async () => {
    const known = `CA${'9'.repeat(32)}`;
    api()
      .get(resource('Calls'))
      .query(true)
      .reply(200, page([listed(known, -2_000, { status: 'completed' })]));
    api().post(resource('Calls')).reply(201, { sid: callSid });
    expect(await voice.dial({ ...repeated, taken: [known] })).toEqual({ kind: 'dialled', carrierCallId: callSid });
  });

  test('that is repeated does not ring again when the call it made has ended meanwhile', async () => {
    api()
      .get(resource('Calls'))
      .query(true)
      .reply(200, page([listed(callSid, 0, { status: 'completed' })]));
    expect(await voice.dial(repeated)).toMatchObject({ kind: 'refused' });
  });

  test('that is repeated while the list cannot be had makes no call', async () => {
    api().get(resource('Calls')).query(true).reply(503, {});
    expect(await voice.dial(repeated)).toMatchObject({ kind: 'unavailable' });
  });

  test.each(failures)('answered %s is %4$s', async (_what, status, code, kind) => {
    refuseOnce('Calls', status, code);
    expect(await voice.dial(dialOrder)).toEqual({ kind, reason: `twilio ${code ?? status}` });
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND'])(
    'that ends in %s is unavailable',
    async (code) => {
      api()
        .post(resource('Calls'))
        .replyWithError(Object.assign(new Error(code), { code }));
      expect(await voice.dial(dialOrder)).toEqual({ kind: 'unavailable', reason: 'twilio unreachable' });
    },
  );

  test('answered with what is not JSON is not taken for a call', async () => {
    api().post(resource('Calls')).reply(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' });
    expect(await voice.dial(dialOrder)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('a live call', () => {
  test('is given new instructions as a document', async () => {
    let asked = new URLSearchParams();
    api()
      .post(resource(`Calls/${callSid}`), (body) => {
        asked = new URLSearchParams(body);
        return true;
      })
      .reply(200, { sid: callSid });
    expect(await voice.instruct(callSid, [{ verb: 'say', text: 'Hello' }, { verb: 'hang-up' }])).toEqual({
      kind: 'done',
    });
    expect(asked.get('Twiml')).toMatch(/<Response><Say>Hello<\/Say><Hangup\/><\/Response>$/);
  });

  test('is hung up by completing it', async () => {
    api()
      .post(resource(`Calls/${callSid}`), { Status: 'completed' })
      .reply(200, { sid: callSid });
    expect(await voice.hangUp(callSid)).toEqual({ kind: 'done' });
  });

  test.each([
    ['unknown to Twilio', 404, 20_404],
    ['over by Twilio’s account', 400, 21_220],
  ])('that is %s is gone, which is as good as done', async (_what, status, code) => {
    refuseOnce(`Calls/${callSid}`, status, code);
    refuseOnce(`Calls/${callSid}`, status, code);
    expect(await voice.hangUp(callSid)).toEqual({ kind: 'gone' });
    expect(await voice.instruct(callSid, [])).toEqual({ kind: 'gone' });
  });

  test.each(failures)('answered %s is %4$s', async (_what, status, code, kind) => {
    refuseOnce(`Calls/${callSid}`, status, code);
    expect(await voice.hangUp(callSid)).toEqual({ kind, reason: `twilio ${code ?? status}` });
  });
});

describe('the calls that came in', () => {
  const since = Date.UTC(2026, 0, 1, 11);
  const ours = { direction: 'inbound', to: dialOrder.from, from: '+12125550142', status: 'completed' };

  test('are listed with their times, our own legs and what is no number left out', async () => {
    const start_time = 'Thu, 01 Jan 2026 11:58:00 +0000';
    const end_time = 'Thu, 01 Jan 2026 11:59:00 +0000';
    api()
      .get(resource('Calls'))
      .query((query) => query['StartTime>'] === '2026-01-01T11:00:00Z')
      .reply(
        200,
        page([
          listed(callSid, 0, { ...ours, start_time, end_time }),
          listed(`CA${'8'.repeat(32)}`, 0, {
            ...ours,
            start_time,
            end_time: null,
            status: 'in-progress',
            from: 'anonymous',
          }),
          listed(`CA${'7'.repeat(32)}`, 0, { ...ours, start_time, direction: 'outbound-api' }),
          listed(`CA${'6'.repeat(32)}`, 0, { ...ours, start_time, to: 'client:ada' }),
        ]),
      );
    const startedAt = Date.parse(start_time);
    expect(await voice.listIncoming?.(since)).toEqual({
      kind: 'listed',
      isWhole: true,
      calls: [
        { carrierCallId: callSid, dnis: ours.to, ani: ours.from, startedAt, endedAt: Date.parse(end_time) },
        { carrierCallId: `CA${'8'.repeat(32)}`, dnis: ours.to, ani: null, startedAt, endedAt: null },
      ],
    });
  });

  test('cannot be had while the API is away', async () => {
    api().get(resource('Calls')).query(true).reply(503, {});
    expect(await voice.listIncoming?.(since)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('a recording', () => {
  const { callId } = dialOrder;
  const recordings = (statuses: readonly string[]) =>
    api()
      .get(resource(`Calls/${callSid}/Recordings`))
      .query({ PageSize: 20 })
      .reply(200, { recordings: statuses.map((status) => ({ status })), next_page_uri: null });
  const begun = () =>
    api()
      .post(resource(`Calls/${callSid}/Recordings`))
      .reply(201, {});

  test.each(['in-progress', 'paused'])('that an earlier try began is left to run (%s)', async (status) => {
    recordings([status]);
    expect(await voice.record?.(callSid, 'start', callId)).toEqual({ kind: 'done' });
  });

  test.each(['processing', 'completed'])('is begun beside one that has been stopped (%s)', async (status) => {
    recordings([status]);
    begun();
    expect(await voice.record?.(callSid, 'start', callId)).toEqual({ kind: 'done' });
  });
});
