/** Our instructions in Twilio's dialect, read back as XML and as the addresses Twilio will ask. */
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { toTwiml } from '../../../src/carriers/twilio/to-twiml.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId, LegId } from '../../../src/ports/ids.ts';
import type { Instruction } from '../../../src/telephony/instructions.ts';

const callId = 'call_1' as CallId;
const legId = 'leg_1' as LegId;
const base = 'https://lines.example/carriers/twilio/voice/next';
const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', textNodeName: 'text' });
const read = (...instructions: Instruction[]) => parser.parse(toTwiml(instructions, 'https://lines.example')).Response;

test('nothing to do is an empty document', () => expect(read()).toBe(''));

test('speech is said as it is written, whatever signs it holds', () => {
  const speech = 'Tom & Ada <say> "hello" 5 > 3';
  expect(read({ verb: 'say', text: speech })).toEqual({ Say: speech });
});

test('hanging up is said', () =>
  expect(toTwiml([{ verb: 'hang-up' }], '')).toMatch(/<Response><Hangup\/><\/Response>$/));

describe('a room', () => {
  test('is waited in by the caller, and its end is reported', () => {
    const { Dial } = read({ verb: 'join', room: callId, role: 'caller', next: { step: 'caller-left-room', callId } });
    expect(Dial).toMatchObject({ action: `${base}?step=caller-left-room&call=call_1`, method: 'POST' });
    expect(Dial.Conference).toEqual({
      text: callId,
      startConferenceOnEnter: 'false',
      endConferenceOnExit: 'true',
      beep: 'false',
      maxParticipants: '2',
    });
  });

  test('begins with the agent, who reports nowhere', () => {
    const { Dial } = read({ verb: 'join', room: callId, role: 'agent', next: null });
    expect(Dial.action).toBeUndefined();
    expect(Dial.Conference).toMatchObject({ startConferenceOnEnter: 'true', endConferenceOnExit: 'true' });
  });
});

test('keys are gathered with a prompt, whole seconds and the leg in the address', () => {
  const next = { step: 'agent-keys', callId, legId } as const;
  const { Gather } = read({ verb: 'gather', prompt: 'Press 1', digits: 1, timeoutMs: 7_001, next });
  expect(Gather).toEqual({
    numDigits: '1',
    timeout: '8',
    action: `${base}?step=agent-keys&call=call_1&leg=leg_1`,
    method: 'POST',
    Say: 'Press 1',
  });
});

describe('a dial', () => {
  const dial = { verb: 'dial', to: '+15035550177' as E164, ringTimeoutMs: 30_000 } as const;

  test('names the caller id and the call', () => {
    const next = { step: 'failover-ended', callId } as const;
    expect(read({ ...dial, callerId: '+15035550101' as E164, next }).Dial).toEqual({
      Number: expect.anything(),
      callerId: '+15035550101',
      timeout: '30',
      action: `${base}?step=failover-ended&call=call_1`,
      method: 'POST',
    });
  });

  test('given without the record names no call and no caller id', () => {
    const { Dial } = read({ ...dial, callerId: null, next: { step: 'failover-ended', callId: null } });
    expect(Dial.action).toBe(`${base}?step=failover-ended`);
    expect(Dial.callerId).toBeUndefined();
  });
});

test('a recording has a longest length, a tone and a place to report to', () => {
  const next = { step: 'voicemail-left', callId } as const;
  expect(read({ verb: 'record', secondsMax: 120, next }).Record).toEqual({
    maxLength: '120',
    playBeep: 'true',
    action: `${base}?step=voicemail-left&call=call_1`,
    method: 'POST',
  });
});

test('instructions keep their order', () => {
  const next = { step: 'voicemail-left', callId } as const;
  const document = toTwiml(
    [{ verb: 'say', text: 'a' }, { verb: 'record', secondsMax: 1, next }, { verb: 'hang-up' }],
    '',
  );
  expect([...document.matchAll(/<(Say|Record|Hangup)/g)].map(([, verb]) => verb)).toEqual(['Say', 'Record', 'Hangup']);
});
