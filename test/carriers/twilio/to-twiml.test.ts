/** Our instructions in Twilio's dialect, read back as XML and as the addresses Twilio will ask. */
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { toTwiml } from '../../../src/carriers/twilio/to-twiml.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId, LegId } from '../../../src/ports/ids.ts';
import type { Instruction, SipAddress } from '../../../src/telephony/instructions.ts';

const callId = 'call_1' as CallId;
const legId = 'leg_1' as LegId;
const base = 'https://lines.example/carriers/twilio/voice/next';
const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', textNodeName: 'text' });
const place = {
  publicUrl: 'https://lines.example',
  holdMusicUrl: (seconds: number) => `https://lines.example/music.wav?seconds=${seconds}`,
};
const read = (...instructions: Instruction[]) => parser.parse(toTwiml(instructions, place)).Response;

test('nothing to do is an empty document', () => expect(read()).toBe(''));

test('speech is said as it is written, whatever signs it holds', () => {
  const speech = 'Tom & Ada <say> "hello" 5 > 3';
  expect(read({ verb: 'say', text: speech })).toEqual({ Say: speech });
});

test('hanging up is said', () =>
  expect(toTwiml([{ verb: 'hang-up' }], place)).toMatch(/<Response><Hangup\/><\/Response>$/));

const room = { verb: 'join', room: callId, hears: 'talk', coaches: null, endsRoom: true } as const;

describe('a room', () => {
  test('is waited in by the caller, and its end is reported', () => {
    const { Dial } = read({ ...room, role: 'caller', next: { step: 'left-room', callId, legId: null, room: callId } });
    expect(Dial).toMatchObject({ action: `${base}?step=left-room&call=call_1&room=call_1`, method: 'POST' });
    expect(Dial.Conference).toEqual({
      text: callId,
      startConferenceOnEnter: 'false',
      endConferenceOnExit: 'true',
      beep: 'false',
    });
  });

  test('begins with the agent, who reports nowhere', () => {
    const { Dial } = read({ ...room, role: 'agent', next: null });
    expect(Dial.action).toBeUndefined();
    expect(Dial.Conference).toMatchObject({ startConferenceOnEnter: 'true', endConferenceOnExit: 'true' });
  });
});

test('a supervisor listens without being heard, or is heard by the agent alone', () => {
  const supervisor = { ...room, role: 'supervisor', endsRoom: false, next: null } as const;
  const listening = read({ ...supervisor, hears: 'listen' }).Dial.Conference;
  expect(listening).toMatchObject({ muted: 'true', startConferenceOnEnter: 'false', endConferenceOnExit: 'false' });
  expect(read({ ...supervisor, hears: 'coach', coaches: 'CA1' }).Dial.Conference).toMatchObject({ coach: 'CA1' });
});

test('keys are gathered with a prompt, whole seconds and the leg in the address', () => {
  const next = { step: 'keys', callId, legId } as const;
  const { Gather } = read({ verb: 'gather', prompt: 'Press 1', digits: 1, finishKey: null, timeoutMs: 7_001, next });
  expect(Gather).toEqual({
    numDigits: '1',
    timeout: '8',
    finishOnKey: '',
    actionOnEmptyResult: 'true',
    action: `${base}?step=keys&call=call_1&leg=leg_1`,
    method: 'POST',
    Say: 'Press 1',
  });
});

describe('a dial', () => {
  const dial = { verb: 'dial', to: '+15035550177' as E164, ringTimeoutMs: 30_000 } as const;

  test('names the caller id and the call', () => {
    const next = { step: 'dial-ended', callId, legId: null } as const;
    expect(read({ ...dial, callerId: '+15035550101' as E164, next }).Dial).toEqual({
      Number: expect.anything(),
      callerId: '+15035550101',
      timeout: '30',
      action: `${base}?step=dial-ended&call=call_1`,
      method: 'POST',
    });
  });

  test('given without the record names no call and no caller id', () => {
    const { Dial } = read({ ...dial, callerId: null, next: { step: 'dial-ended', callId: null, legId: null } });
    expect(Dial.action).toBe(`${base}?step=dial-ended`);
    expect(Dial.callerId).toBeUndefined();
  });
});

test('a SIP address is rung with the headers that go with it', () => {
  const to = 'sip:line@centre.example' as SipAddress;
  const next = { step: 'dial-ended', callId, legId: null } as const;
  const headers = { 'X-Call-Id': 'call_1' };
  const { Dial } = read({ verb: 'dial', to, callerId: null, ringTimeoutMs: 5_000, headers, next });
  expect(Dial.Sip).toBe('sip:line@centre.example?X-Call-Id=call_1');
});

test('a recording has a longest length, a tone and a place to report to', () => {
  const next = { step: 'recorded', callId, legId: null } as const;
  expect(read({ verb: 'record', secondsMax: 120, next }).Record).toEqual({
    maxLength: '120',
    playBeep: 'true',
    action: `${base}?step=recorded&call=call_1`,
    method: 'POST',
  });
});

test('a caller who waits outside hears a file and asks what comes next, again when nobody answers at once', () => {
  const next = { step: 'waited', callId, legId: null, asked: 2, dnis: null, carrierCallId: null } as const;
  const { Play, Redirect } = read({ verb: 'hold', seconds: 12, next });
  expect(Play).toBe('https://lines.example/music.wav?seconds=12');
  expect(Redirect).toEqual({ method: 'POST', text: `${base}?step=waited&call=call_1&asked=2#rc=3&rp=ct,rt,5xx` });
});

test('instructions keep their order', () => {
  const next = { step: 'recorded', callId, legId: null } as const;
  const document = toTwiml(
    [{ verb: 'say', text: 'a' }, { verb: 'record', secondsMax: 1, next }, { verb: 'hang-up' }],
    place,
  );
  expect([...document.matchAll(/<(Say|Record|Hangup)/g)].map(([, verb]) => verb)).toEqual(['Say', 'Record', 'Hangup']);
});
