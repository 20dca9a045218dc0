import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecrets, sha256Hex } from '../../src/ports/secrets.ts';

const setup = (masterKey: Uint8Array = new Uint8Array(32).fill(1)) => createSecrets({ masterKey, randomBytes });

describe('a sealed text', () => {
  test('opens to what it was, whatever it was', () => {
    const secrets = setup();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(secrets.open(secrets.seal(text, context), context)).toBe(text);
      }),
    );
  });

  test('shows nothing of itself and is never the same twice', () => {
    const secrets = setup();
    const text = 'whsec_the-quick-brown-fox';
    const [one, other] = [secrets.seal(text, 'ep_1'), secrets.seal(text, 'ep_1')];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^1\.[\w-]+$/);
    expect(Buffer.from(one.slice(2), 'base64url').toString('latin1')).not.toContain('quick');
  });

  test('does not open in another place or under another key', () => {
    const sealed = setup().seal('hush', 'ep_1');
    expect(() => setup().open(sealed, 'ep_2')).toThrow();
    expect(() => setup(new Uint8Array(32).fill(2)).open(sealed, 'ep_1')).toThrow();
  });

  test('does not open once any bit of it was changed', () => {
    const secrets = setup();
    const bytes = Buffer.from(secrets.seal('hush', 'ep_1').slice(2), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => secrets.open(`1.${changed.toString('base64url')}`, 'ep_1')).toThrow();
    }
  });

  test.each(['', '1', '1.', '1.AAAA', 'hush', '2.'])('is not %j', (text) => {
    expect(() => setup().open(text, 'ep_1')).toThrow();
  });

  test('is of a version we know', () => {
    const secrets = setup();
    expect(() => secrets.open(secrets.seal('hush', 'ep_1').replace('1.', '2.'), 'ep_1')).toThrow(/version/);
  });
});

describe('a fingerprint', () => {
  test('is the same for the same text and key, and for nothing else', () => {
    const secrets = setup();
    expect(secrets.fingerprint('+15035550123')).toBe(setup().fingerprint('+15035550123'));
    expect(secrets.fingerprint('+15035550123')).not.toBe(secrets.fingerprint('+15035550124'));
    expect(secrets.fingerprint('+15035550123')).not.toBe(setup(new Uint8Array(32)).fingerprint('+15035550123'));
  });

  test('is 256 bits in hex, and not a plain hash that anybody could try numbers on', () => {
    expect(setup().fingerprint('+15035550123')).toMatch(/^[0-9a-f]{64}$/);
    expect(setup().fingerprint('+15035550123')).not.toBe(sha256Hex('+15035550123'));
  });
});

test('a digest is the same for the same value and key, 128 bits long, and says nothing of either', () => {
  const [secrets, others] = [setup(), setup(new Uint8Array(32).fill(2))];
  const digest = secrets.digest('address 203.0.113.9');
  expect(digest).toMatch(/^[0-9a-f]{32}$/);
  expect(setup().digest('address 203.0.113.9')).toBe(digest);
  expect(secrets.digest('address 203.0.113.8')).not.toBe(digest);
  expect(others.digest('address 203.0.113.9')).not.toBe(digest);
  expect(sha256Hex('address 203.0.113.9').startsWith(digest)).toBe(false);
});

test('sha256Hex is the published digest', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex(new TextEncoder().encode('abc'))).toBe(sha256Hex('abc'));
});
