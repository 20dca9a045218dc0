/** Twilio's signature: its published vector, and everything that must not pass for it. */
import { describe, expect, test } from 'vitest';
import { type SignedRequest, verifySignature } from '../../../src/carriers/twilio/signature.ts';
import { formSignature } from '../../support/form-signature.ts';

const account = { authToken: '12345', authTokenPrevious: null };
const publicUrl = 'https://mycompany.com';
const published = {
  signature: '0/KCTR6DLpKmkAf8muzZqo1nDgQ=',
  pathAndQuery: '/myapp.php?foo=1&bar=2',
  fields: {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+12349013030',
    Digits: '1234',
    From: '+12349013030',
    To: '+18005551212',
  },
} satisfies SignedRequest;

function verdictOn(request: SignedRequest, signing: typeof account | null = account, url = publicUrl): string {
  try {
    verifySignature(signing, url, request);
    return 'passed';
  } catch (fault) {
    return String((fault as { code?: string }).code);
  }
}

test('the published vector passes', () => expect(verdictOn(published)).toBe('passed'));

describe('what differs from the published vector by one thing is refused', () => {
  const { fields, signature } = published;
  const { Digits: _digits, ...fewer } = fields;
  test.each<[string, SignedRequest]>([
    ['a field', { ...published, fields: { ...fields, Digits: '1235' } }],
    ['a field more', { ...published, fields: { ...fields, More: '' } }],
    ['a field less', { ...published, fields: fewer }],
    ['a field’s name', { ...published, fields: { ...fewer, digits: '1234' } }],
    ['the path', { ...published, pathAndQuery: '/myapp?foo=1&bar=2' }],
    ['the query’s order', { ...published, pathAndQuery: '/myapp.php?bar=2&foo=1' }],
    ['the signature', { ...published, signature: signature.replace('0', '1') }],
    ['the signature’s case', { ...published, signature: signature.toLowerCase() }],
    ['the signature’s end', { ...published, signature: signature.slice(0, -1) }],
  ])('%s', (_what, request) => expect(verdictOn(request)).toBe('signature-wrong'));
});

test('the public address counts, scheme and host and all', () => {
  expect(verdictOn(published, account, 'http://mycompany.com')).toBe('signature-wrong');
  expect(verdictOn(published, account, 'https://mycompany.example')).toBe('signature-wrong');
});

test('the default port may be written or left out', () =>
  expect(verdictOn(published, account, 'https://mycompany.com:443')).toBe('passed'));

test('during a rotation the previous token passes too, and no third one', () => {
  expect(verdictOn(published, { authToken: 'new', authTokenPrevious: '12345' } as never)).toBe('passed');
  expect(verdictOn(published, { authToken: 'new', authTokenPrevious: 'older' } as never)).toBe('signature-wrong');
});

test('a missing signature, an empty one and a missing account are told apart', () => {
  expect(verdictOn({ ...published, signature: undefined })).toBe('signature-missing');
  expect(verdictOn({ ...published, signature: '' })).toBe('signature-missing');
  expect(verdictOn(published, null)).toBe('carrier-unconfigured');
});

test('a field that comes more than once counts with all its values, doubles once', () => {
  const url = `${publicUrl}/hook`;
  const signature = formSignature('12345', url, 'MediaUrl=b&MediaUrl=a&MediaUrl=b');
  const request = { signature, pathAndQuery: '/hook', fields: { MediaUrl: ['b', 'a', 'b'] } };
  expect(verdictOn(request)).toBe('passed');
  expect(verdictOn({ ...request, fields: { MediaUrl: ['b'] } })).toBe('signature-wrong');
});

test('a request line that names a whole URL is refused as any other wrong signature', () => {
  const whole = { ...published, pathAndQuery: 'http://elsewhere.example/myapp.php' };
  expect(verdictOn(whole, account, `${publicUrl}:8443`)).toBe('signature-wrong');
});
