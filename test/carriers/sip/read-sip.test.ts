/** What is read of SIP texts, as tables: addresses, attestation, INVITEs, descriptions, keys, passwords. */
import { describe, expect, test } from 'vitest';
import { readAttestation } from '../../../src/carriers/sip/attestation.ts';
import { answerChallenge, isRightAnswer, readCredentials } from '../../../src/carriers/sip/digest.ts';
import { endingOf } from '../../../src/carriers/sip/leg-failure.ts';
import { createNonces } from '../../../src/carriers/sip/nonces.ts';
import { readKey } from '../../../src/carriers/sip/read-info.ts';
import { readInvite } from '../../../src/carriers/sip/read-invite.ts';
import { applyRegister } from '../../../src/carriers/sip/registrar.ts';
import { asOurs, directionOf, withDirection } from '../../../src/carriers/sip/sdp.ts';
import { parseNameAddress, parseSipUri } from '../../../src/carriers/sip/sip-uri.ts';
import { parseTrunkList } from '../../../src/carriers/sip/trunk-list.ts';
import { sdpOf } from '../../support/sip-edge/phone-call.ts';

const headers = (given: Record<string, string>) => (name: string) =>
  Object.entries(given).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];

describe('attestation', () => {
  test.each([
    ['<sip:+15035550123@t;verstat=TN-Validation-Passed>', 'A'],
    ['<sip:+15035550123;verstat=TN-Validation-Passed-A@t>', 'A'],
    ['<sip:+15035550123@t>;verstat=TN-Validation-Passed-B', 'B'],
    ['<tel:+15035550123;verstat=TN-Validation-Passed-C>', 'C'],
    ['<sip:+15035550123@t;verstat=TN-Validation-Failed>', 'failed'],
    ['<sip:+15035550123@t;verstat=No-TN-Validation>', 'none'],
    ['<sip:+15035550123@t;verstat=TN-Validation-Passed-A-Diverted>', null],
    ['<sip:+15035550123@t;verstat=tn-validation-passed-a>', null],
    ['<sip:+15035550123@t>', null],
  ])('%s is %s', (asserted, level) => {
    expect(readAttestation(headers({ 'P-Asserted-Identity': asserted }))).toBe(level);
  });

  test('Twilio’s own header stands above the address', () => {
    const given = {
      'X-Twilio-VerStat': 'TN-Validation-Passed-B',
      From: '<sip:+15035550123@t;verstat=TN-Validation-Passed-A>',
    };
    expect(readAttestation(headers(given))).toBe('B');
  });

  test('only a trunk is believed', () => {
    const request = invite({ From: '<sip:+15035550123@t;verstat=TN-Validation-Passed-A>;tag=1' });
    expect(readInvite(request, true)).toMatchObject({ attestation: 'A', ani: '+15035550123' });
    expect(readInvite(request, false)).toMatchObject({ attestation: null });
  });
});

function invite(more: Record<string, string> = {}, body = '') {
  const usual = { From: '<sip:a@b>;tag=1', To: '<sip:x@y>', 'Call-ID': 'c1', Contact: '<sip:a@127.0.0.1>' };
  return { method: 'INVITE', uri: 'sip:+15035550100@gw', body, header: headers({ ...usual, ...more }) };
}

describe('an INVITE', () => {
  test.each<[string, Record<string, string>, string, unknown]>([
    ['from a scanner', { 'User-Agent': 'sipcli/1.8' }, '', { kind: 'drop' }],
    ['without a tag', { From: '<sip:a@b>' }, '', { kind: 'refuse', status: 400 }],
    ['that has hopped too far', { 'Max-Forwards': '0' }, '', { kind: 'refuse', status: 483 }],
    ['that requires what we lack', { Require: 'precondition' }, '', { kind: 'refuse', status: 420 }],
    ['with a body that is no description', {}, '<audio/>', { kind: 'refuse', status: 488 }],
    [
      'from somebody withheld',
      { Privacy: 'id', 'P-Asserted-Identity': '<sip:+15035550123@t>' },
      '',
      { kind: 'call', ani: null },
    ],
  ])('%s', (_what, more, body, reading) => {
    expect(readInvite(invite(more, body), true)).toMatchObject(reading as object);
  });
});

describe('addresses', () => {
  test.each([
    ['sip:+15035550100@t.example:5080;transport=tcp', 't.example', 5080, '+15035550100'],
    ['sips:a%40b@[2001:db8::1]', '[2001:db8::1]', null, 'a@b'],
    ['tel:+1-503-555-0100', '', null, '+15035550100'],
  ])('%s', (text, host, port, user) => {
    expect(parseSipUri(text)).toMatchObject({ host, port, user });
  });

  test.each([
    '',
    'sip:',
    'http://x',
    'sip:a b@c',
    'sip:a@c:0',
    'sip:a@c:99999',
    `sip:${'a'.repeat(600)}@c`,
    'sip:%00@c',
    'sip:%zz@c',
  ])('%j is none', (text) => {
    expect(parseSipUri(text)).toBeNull();
  });

  test('a display name may hold brackets and commas', () => {
    expect(parseNameAddress('"Bell, \\"A\\" <x>" <sip:a@b>;tag=7')).toMatchObject({ text: 'sip:a@b' });
  });

  test('trunks are addresses and networks, and IPv4 in IPv6 is IPv4', () => {
    const trunks = parseTrunkList(['203.0.113.7', '198.51.100.0/24']);
    const seen = ['203.0.113.7', '203.0.113.8', '198.51.100.9', '::ffff:198.51.100.9', 'x'].map((address) =>
      trunks?.has(address),
    );
    expect(seen).toEqual([true, false, true, true, false]);
    expect([parseTrunkList(['x']), parseTrunkList(['10.0.0.0/33']), parseTrunkList(['10.0.0.0/8/8'])]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('digest', () => {
  /** The example of RFC 7616 section 3.9.1, with our own method and address replaced by its own. */
  const example = {
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const ask = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${example.nonce}", opaque="FQhe"`;
  const account = { user: 'Mufasa', password: 'Circle of Life' };

  test.each([
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ])('answers as RFC 7616 does, %s', (algorithm, response) => {
    const answer = answerChallenge(ask(algorithm), { method: 'GET', uri: '/dir/index.html' }, account, example.cnonce);
    expect(readCredentials(answer ?? '')).toMatchObject({ response, algorithm, nc: '00000001', qop: 'auth' });
  });

  test('the strongest of several challenges is answered, and none that asks for more than we can', () => {
    const both = `${ask('MD5')}, ${ask('SHA-256')}`;
    expect(answerChallenge(both, { method: 'GET', uri: '/' }, account, 'c')).toContain('algorithm=SHA-256');
    expect(answerChallenge(ask('SHA-512-256'), { method: 'GET', uri: '/' }, account, 'c')).toBeNull();
    expect(
      answerChallenge('Digest realm="r", nonce="n", qop="auth-int"', { method: 'GET', uri: '/' }, account, 'c'),
    ).toBeNull();
  });

  test('a response of another length is wrong, not a fault', () => {
    const credentials = readCredentials(
      `Digest username="a", realm="r", nonce="n", uri="sip:x", response="${'0'.repeat(32)}", algorithm=SHA-256`,
    );
    expect(credentials && isRightAnswer(credentials, 'REGISTER', { sha256: '', md5: '' })).toBe(false);
  });

  test('a nonce is ours, ages, and counts up only', () => {
    const clock = { at: 1_000_000, now: () => clock.at };
    const nonces = createNonces({ clock, randomBytes: (length) => new Uint8Array(length).fill(3) });
    const nonce = nonces.make();
    expect([nonces.look(nonce), nonces.look(`${nonce.slice(0, -1)}x`), nonces.look('')]).toEqual([
      'fresh',
      'unknown',
      'unknown',
    ]);
    expect(['00000001', '00000001', '00000003', '00000002'].map((nc) => nonces.use(nonce, nc))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    clock.at += 301_000;
    expect(nonces.look(nonce)).toBe('stale');
  });
});

describe('a registration', () => {
  const source = { address: '192.0.2.9', port: 5099, protocol: 'tcp' };
  const register = (given: Record<string, string>) => ({
    method: 'REGISTER',
    uri: 'sip:d',
    body: '',
    source,
    header: headers({ 'Call-ID': 'c', CSeq: '5 REGISTER', ...given }),
  });
  const known = {
    contact: 'sip:a@192.0.2.9:5099',
    via: 'sip:192.0.2.9:5099',
    callId: 'c',
    cseq: 5,
    expiresAt: 9_000_000,
  };

  test('is kept with the way back to it', () => {
    const applied = applyRegister(register({ Contact: '<sip:a@10.0.0.1:5060>;expires=120' }), [], 1_000_000);
    expect(applied).toMatchObject({ bindings: [{ via: 'sip:192.0.2.9:5099;transport=tcp', expiresAt: 1_120_000 }] });
  });

  test.each<[string, Record<string, string>, unknown]>([
    [
      'an older one of the same phone is refused',
      { Contact: '<sip:a@192.0.2.9:5099>' },
      { kind: 'refused', status: 500 },
    ],
    ['everything goes with a star and no time', { Contact: '*', Expires: '0', CSeq: '6 REGISTER' }, { bindings: [] }],
    ['a star with time is nonsense', { Contact: '*', Expires: '60' }, { kind: 'refused', status: 400 }],
    ['a question changes nothing', {}, { bindings: [known] }],
    [
      'a number too large to count is the longest time',
      { Contact: '<sip:b@c>;expires=99999999999', CSeq: '9 REGISTER' },
      { kind: 'registered' },
    ],
  ])('%s', (_what, given, expected) => {
    expect(applyRegister(register(given), [known], 1_000_000)).toMatchObject(expected as object);
  });
});

test('a description is turned, read and made ours', () => {
  const sdp = sdpOf('127.0.0.3', 4_000);
  expect(directionOf(withDirection(sdp, 'inactive'))).toBe('inactive');
  expect(directionOf(sdp.replace(/c=.*/, 'c=IN IP4 0.0.0.0'))).toBe('inactive');
  expect(asOurs(sdp, 7, 2)).toContain('o=- 7 2 IN IP4 127.0.0.3');
});

test.each([
  ['application/dtmf-relay', 'Signal=5\r\nDuration=100', '5'],
  ['application/dtmf-relay; x=y', 'Signal= 11\r\n', '#'],
  ['application/dtmf', '*', '*'],
  ['application/dtmf', 'abc', null],
  ['text/plain', 'Signal=5', null],
])('keys: %s %j is %s', (type, body, key) => {
  expect(readKey(type, body)).toBe(key);
});

test.each([
  [486, 'busy'],
  [600, 'busy'],
  [480, 'no-answer'],
  [408, 'no-answer'],
  [603, 'declined'],
  [487, 'canceled'],
  [404, 'failed'],
  [484, 'failed'],
  [503, 'failed'],
])('%i ends a leg as %s', (status, ending) => {
  expect(endingOf(status)).toBe(ending);
});
