/** Our instructions as Vonage's actions, and the addresses Vonage will ask. */
import { describe, expect, test } from 'vitest';
import { toNcco } from '../../../src/carriers/vonage/to-ncco.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId, LegId } from '../../../src/ports/ids.ts';
import type { Instruction, SipAddress } from '../../../src/telephony/instructions.ts';

const callId = 'call_1' as CallId;
const legId = 'leg_1' as LegId;
const place = { publicUrl: 'https://lines.example', holdMusicUrl: () => 'https://lines.example/music.mp3' };
const next = 'https://lines.example/carriers/vonage/voice/next';
const read = (...instructions: Instruction[]) => toNcco(instructions, place);
const room = { verb: 'join', room: 'call_1.2', hears: 'talk', coaches: null, endsRoom: true } as const;
const leftRoom = { step: 'left-room', callId, legId: null, room: 'call_1.2' } as const;

test('nothing to do, and hanging up, end the call at once', () => {
  const end = [{ action: 'wait', timeout: 0.1 }];
  expect(read()).toEqual(end);
  expect(read({ verb: 'hang-up' })).toEqual(end);
  expect(read({ verb: 'hang-up', reason: 'busy' })).toEqual(end);
});

test('what stands behind a hang-up is left out', () => {
  const actions = read({ verb: 'say', text: 'Bye' }, { verb: 'hang-up' }, { verb: 'say', text: 'Still there?' });
  expect(actions).toEqual([{ action: 'talk', text: 'Bye' }]);
});

test('a long text is spoken in parts of 1,500 characters, cut between words, with nothing lost', () => {
  const text = 'word '.repeat(1_000).trim();
  const parts = read({ verb: 'say', text }).map((action) => String(action.text));
  expect(parts.every((part) => part.length <= 1_500)).toBe(true);
  expect(parts.join('')).toBe(text);
  expect(read({ verb: 'say', text: 'x'.repeat(3_100) })).toHaveLength(3);
});

test('a file is streamed and silence is kept, within what Vonage takes', () => {
  expect(read({ verb: 'play', url: 'https://shop.example/a.mp3' })).toEqual([
    { action: 'stream', streamUrl: ['https://shop.example/a.mp3'] },
  ]);
  const timeouts = [30, 0, 90_000].map((seconds) => read({ verb: 'wait', seconds })[0]?.timeout);
  expect(timeouts).toEqual([30, 0.1, 7_200]);
});

describe('a room', () => {
  test('is waited in with music by the caller, and its end asks what comes next', () => {
    expect(read({ ...room, role: 'caller', next: leftRoom })).toEqual([
      {
        action: 'conversation',
        name: 'call_1.2',
        startOnEnter: false,
        endOnExit: true,
        musicOnHoldUrl: [place.holdMusicUrl()],
      },
      {
        action: 'notify',
        payload: { step: 'left-room', call: callId, leg: null },
        eventUrl: [`${next}?step=left-room&call=call_1&room=call_1.2`],
        eventMethod: 'POST',
      },
    ]);
  });

  test('begins with the agent, who hears no music and reports nowhere', () => {
    expect(read({ ...room, role: 'agent', endsRoom: false, next: null })).toEqual([
      { action: 'conversation', name: 'call_1.2', startOnEnter: true, endOnExit: false },
    ]);
  });

  test('is heard by a supervisor unheard, or heard by one leg alone, and is neither begun nor ended by them', () => {
    const supervisor = { ...room, role: 'supervisor', endsRoom: false, next: null } as const;
    const quiet = { action: 'conversation', name: 'call_1.2', startOnEnter: false, endOnExit: false };
    expect(read({ ...supervisor, hears: 'listen' })).toEqual([{ ...quiet, mute: true }]);
    expect(read({ ...supervisor, hears: 'coach', coaches: 'uuid-1' })).toEqual([{ ...quiet, canSpeak: ['uuid-1'] }]);
    expect(read({ ...supervisor, hears: 'coach', coaches: null })).toEqual([{ ...quiet, canSpeak: [] }]);
    expect(read(supervisor)).toEqual([quiet]);
  });
});

test('keys are asked for with a prompt that the first key cuts short', () => {
  const gather = { verb: 'gather', prompt: 'Press 1', digits: 1, finishKey: null, timeoutMs: 7_001 } as const;
  expect(read({ ...gather, next: { step: 'keys', callId, legId } })).toEqual([
    { action: 'talk', text: 'Press 1', bargeIn: true },
    {
      action: 'input',
      type: ['dtmf'],
      dtmf: { maxDigits: 1, timeOut: 8, submitOnHash: false },
      eventUrl: [`${next}?step=keys&call=call_1&leg=leg_1`],
      eventMethod: 'POST',
    },
  ]);
  const long = read({
    ...gather,
    digits: 99,
    finishKey: '#',
    timeoutMs: 60_000,
    next: { step: 'keys', callId, legId },
  });
  expect(long[1]).toMatchObject({ dtmf: { maxDigits: 20, timeOut: 10, submitOnHash: true } });
});

describe('a dial', () => {
  const dial = { verb: 'dial', callerId: '+15035550101' as E164, ringTimeoutMs: 29_500 } as const;

  test('rings a number and lets its end be answered with what comes next', () => {
    const to = '+15035550177' as E164;
    expect(read({ ...dial, to, next: { step: 'dial-ended', callId, legId: null } })).toEqual([
      {
        action: 'connect',
        eventType: 'synchronous',
        timeout: 30,
        from: '15035550101',
        endpoint: [{ type: 'phone', number: '15035550177' }],
        eventUrl: [`${next}?step=dial-ended&call=call_1`],
        eventMethod: 'POST',
      },
    ]);
  });

  test('rings a SIP address with headers, whose X- Vonage writes itself', () => {
    const to = 'sip:desk@pbx.example' as SipAddress;
    const headers = { 'X-Linekeeper-Call': 'call_1' };
    const answered = { step: 'dial-ended', callId: null, legId: null } as const;
    const [action] = read({ ...dial, callerId: null, to, headers, next: answered });
    expect(action).toMatchObject({
      endpoint: [{ type: 'sip', uri: to, headers: { 'Linekeeper-Call': 'call_1' } }],
      eventUrl: [`${next}?step=dial-ended`],
    });
    expect(action).not.toHaveProperty('from');
  });
});

test('a caller who waits outside hears a file and asks what comes next, once more when no answer came', () => {
  const dnis = '+15035550131' as E164;
  const next = { step: 'waited', callId, legId: null, asked: 0, dnis, carrierCallId: 'uuid-1' } as const;
  const round = [
    { action: 'stream', streamUrl: ['https://lines.example/music.mp3'] },
    {
      action: 'notify',
      payload: { step: 'waited', call: callId, dnis, leg: 'uuid-1' },
      eventUrl: [`https://lines.example/carriers/vonage/voice/next?step=waited&call=${callId}&asked=0`],
      eventMethod: 'POST',
    },
  ];
  expect(toNcco([{ verb: 'hold', seconds: 12, next }], place)).toEqual([
    ...round,
    ...round,
    { action: 'wait', timeout: 5 },
  ]);
});

test('a message is recorded after a tone until silence, # or its time', () => {
  expect(read({ verb: 'record', secondsMax: 120, next: { step: 'recorded', callId, legId: null } })).toEqual([
    {
      action: 'record',
      format: 'mp3',
      beepStart: true,
      endOnSilence: 5,
      endOnKey: '#',
      timeOut: 120,
      eventUrl: [`${next}?step=recorded&call=call_1`],
      eventMethod: 'POST',
    },
  ]);
});
