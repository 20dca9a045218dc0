import fc from 'fast-check';
import twilio from 'twilio';
import { expect, test } from 'vitest';
import { readTwiml, TwimlFault } from '../../src/simulate/far-end/read-twiml.ts';

test('verbs are read in the order they were written, text between entities intact', () => {
  const response = new twilio.twiml.VoiceResponse();
  response.say({ language: 'en-GB' }, 'Tom & Jerry’s <shop>');
  response.pause({ length: 2 });
  response.hangup();
  expect(readTwiml(response.toString())).toEqual([
    { kind: 'say', text: 'Tom & Jerry’s <shop>', language: 'en-GB' },
    { kind: 'pause', lengthMs: 2000 },
    { kind: 'hangup' },
  ]);
});

test("what a document leaves out is Twilio's default", () => {
  const [gather, dial, record] = readTwiml(
    '<Response><Gather/><Dial><Conference>a</Conference></Dial><Record/></Response>',
  );
  expect(gather).toMatchObject({
    method: 'POST',
    timeoutMs: 5000,
    numDigits: null,
    finishOnKey: '#',
    actionOnEmptyResult: false,
  });
  expect(dial).toMatchObject({
    timeoutMs: 30_000,
    action: null,
    conference: { startOnEnter: true, endOnExit: false, beep: true, waitUrl: null },
  });
  expect(record).toMatchObject({ playBeep: true, maxLengthMs: 3_600_000 });
});

test.each([
  ['<Response><Dial>+15035550100</Dial></Response>', ['+15035550100']],
  ['<Response><Dial><Number>+1</Number><Sip>sip:a@b</Sip></Dial></Response>', ['+1', 'sip:a@b']],
])('%s dials %j', (xml, addresses) => {
  const [dial] = readTwiml(xml);
  expect(dial?.kind === 'dial' && dial.numbers.map(({ address }) => address)).toEqual(addresses);
});

test('an element that is no verb is kept as unknown, because Twilio skips it and warns', () => {
  expect(readTwiml('<Response><Shout>!</Shout></Response>')).toEqual([{ kind: 'unknown', name: 'Shout' }]);
});

test.each(['', 'no xml', '<Response><Say></Response>', '<Other/>', '{"a":1}'])('%j is a TwimlFault', (text) => {
  expect(() => readTwiml(text)).toThrow(TwimlFault);
});

test('any text is either read or refused as a TwimlFault', () => {
  const pieces = fc.constantFrom(
    '<Response>',
    '</Response>',
    '<Say',
    '>',
    'x',
    '&amp;',
    '&',
    '<Dial/>',
    '"',
    '=',
    '<!--',
    ']]>',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          readTwiml(text);
        } catch (fault) {
          expect(fault).toBeInstanceOf(TwimlFault);
        }
      },
    ),
  );
});
