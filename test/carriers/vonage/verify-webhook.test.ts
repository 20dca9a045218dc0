/** Who may speak to us as Vonage: the token, what it covers, how old it may be, and where it may be used. */
import { createHash } from 'node:crypto';
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createSeenTokens } from '../../../src/carriers/vonage/seen-tokens.ts';
import { type SigningAccount, verifyWebhook } from '../../../src/carriers/vonage/verify-webhook.ts';
import { AppError } from '../../../src/ports/errors.ts';

const now = Date.UTC(2026, 4, 4, 10);
const secret = 's'.repeat(32);
const account: SigningAccount = {
  apiKey: 'abcd1234',
  applicationId: '78d335fa-323d-4114-9c3d-d6f0d48968cf',
  signatureSecret: secret,
  signatureSecretPrevious: null,
};
const body = Buffer.from('{"uuid":"u1","status":"answered"}');

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

function claims(more: Record<string, unknown> = {}): JWTPayload {
  return {
    iat: now / 1_000,
    jti: 'token-1',
    iss: 'Vonage',
    api_key: account.apiKey,
    application_id: account.applicationId,
    payload_hash: sha256(body),
    ...more,
  };
}

function sign(payload: JWTPayload, key = secret): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(Buffer.from(key));
}

const post = (token: string) => ({ authorization: `Bearer ${token}`, body, query: '' });

async function codeOf(verdict: Promise<unknown>): Promise<string> {
  return verdict.then(
    () => 'passed',
    (fault: unknown) => {
      if (fault instanceof AppError) return fault.code;
      throw fault;
    },
  );
}

describe('a webhook', () => {
  test('signed by Vonage passes and names its token', async () => {
    expect(await verifyWebhook(account, post(await sign(claims())), now)).toEqual({ id: 'token-1' });
  });

  test('signed with the previous secret passes while it is rotated, and not without it', async () => {
    const token = await sign(claims(), 'p'.repeat(32));
    const rotating = { ...account, signatureSecretPrevious: 'p'.repeat(32) };
    expect(await codeOf(verifyWebhook(rotating, post(token), now))).toBe('passed');
    expect(await codeOf(verifyWebhook(account, post(token), now))).toBe('signature-wrong');
  });

  test.each([
    ['not at all', undefined],
    ['with an empty header', ''],
    ['with a basic password', 'Basic YWJj'],
    ['with a bearer of nothing', 'Bearer '],
  ])('signed %s is refused so that it is sent again', async (_what, authorization) => {
    const refused = verifyWebhook(account, { authorization, body, query: '' }, now);
    await expect(refused).rejects.toMatchObject({ code: 'webhook-unsigned' });
  });

  test('is refused while no secret is configured', async () => {
    const bare = { ...account, signatureSecret: null };
    expect(await codeOf(verifyWebhook(bare, post(await sign(claims())), now))).toBe('carrier-unconfigured');
    expect(await codeOf(verifyWebhook(null, post(await sign(claims())), now))).toBe('carrier-unconfigured');
  });

  test.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'Nexmo' }],
    ['of another account', { api_key: 'other' }],
    ['without an account', { api_key: undefined }],
    ['of another application', { application_id: '00000000-0000-4000-8000-000000000000' }],
    ['made more than 300 s ago', { iat: now / 1_000 - 301 }],
    ['made more than 300 s from now', { iat: now / 1_000 + 301 }],
    ['without an instant', { iat: undefined }],
    ['without a jti', { jti: undefined }],
    ['over another body', { payload_hash: sha256('{}') }],
    ['over no body', { payload_hash: undefined }],
  ])('with a token %s is refused', async (_what, more) => {
    expect(await codeOf(verifyWebhook(account, post(await sign(claims(more))), now))).toBe('signature-wrong');
  });

  test.each([
    ['made 299 s ago', -299],
    ['made 299 s from now', 299],
  ])('with a token %s passes', async (_what, seconds) => {
    const token = await sign(claims({ iat: now / 1_000 + seconds }));
    expect(await codeOf(verifyWebhook(account, post(token), now))).toBe('passed');
  });

  test('without an application in its token passes: not every product names one', async () => {
    const token = await sign(claims({ application_id: undefined }));
    expect(await codeOf(verifyWebhook(account, post(token), now))).toBe('passed');
  });

  test('signed with RS256, HS512 or none is refused, whatever key it was', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const rs256 = await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    const hs512 = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS512' }).sign(Buffer.from(secret.repeat(2)));
    const none = new UnsecuredJWT(claims()).encode();
    for (const token of [rs256, hs512, none]) {
      expect(await codeOf(verifyWebhook(account, post(token), now))).toBe('signature-wrong');
    }
  });

  test('whose body was changed by one byte, a space included, is refused', async () => {
    const token = await sign(claims());
    for (const changed of ['{"uuid":"u1","status":"answered"} ', '{"uuid":"u1", "status":"answered"}', '']) {
      const webhook = { ...post(token), body: Buffer.from(changed) };
      expect(await codeOf(verifyWebhook(account, webhook, now))).toBe('signature-wrong');
    }
  });

  test('asked by GET is held against its query, in the order in which it arrived', async () => {
    const query = 'to=15035550101&from=12125550142&2=b&1=a&SipHeader_X-Note=a%20b+c';
    const json = '{"to":"15035550101","from":"12125550142","2":"b","1":"a","SipHeader_X-Note":"a b c"}';
    const authorization = `Bearer ${await sign(claims({ payload_hash: sha256(json) }))}`;
    expect(await codeOf(verifyWebhook(account, { authorization, body: null, query }, now))).toBe('passed');
    const reordered = 'from=12125550142&to=15035550101&2=b&1=a&SipHeader_X-Note=a%20b+c';
    expect(await codeOf(verifyWebhook(account, { authorization, body: null, query: reordered }, now))).toBe(
      'signature-wrong',
    );
  });

  test('of any bytes for a token is refused and never a fault', async () => {
    for (const token of ['x', 'a.b', 'a.b.c', '..', 'e30.e30.', `${'e'.repeat(9_000)}.e30.AA`]) {
      expect(await codeOf(verifyWebhook(account, post(token), now))).toBe('signature-wrong');
    }
  });
});

describe('a token', () => {
  function setup() {
    const clock = { at: now, now: () => clock.at };
    return { clock, tokens: createSeenTokens({ clock }) };
  }

  test('that comes again is taken where it came before and nowhere else', () => {
    const { tokens } = setup();
    tokens.note('t1', '/next?call=a');
    expect(() => tokens.note('t1', '/next?call=a')).not.toThrow();
    expect(() => tokens.note('t1', '/next?call=b')).toThrow(AppError);
    expect(() => tokens.note('t2', '/next?call=b')).not.toThrow();
  });

  test('is remembered as long as it would verify', () => {
    const { clock, tokens } = setup();
    tokens.note('t1', '/a');
    clock.at += 599_000;
    expect(() => tokens.note('t1', '/b')).toThrow(AppError);
    clock.at += 2_000;
    expect(() => tokens.note('t1', '/b')).not.toThrow();
  });

  test('over the bound pushes the oldest out', () => {
    const { tokens } = setup();
    for (let count = 0; count < 100_001; count += 1) tokens.note(`t${count}`, '/a');
    expect(() => tokens.note('t0', '/b')).not.toThrow();
    expect(() => tokens.note('t100000', '/b')).toThrow(AppError);
  });
});
