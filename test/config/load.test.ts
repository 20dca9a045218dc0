import { describe, expect, test } from 'vitest';
import { loadSettings } from '../../config/load.ts';
import { settingsSchema } from '../../config/settings.ts';

const accountSid = `AC${'0'.repeat(32)}`;
const authToken = 'a-token-for-tests';
const keyHex = 'ab'.repeat(32);
const databaseUrl = 'postgres://linekeeper:hush-hush@db.example.com/linekeeper';

type Env = Record<string, string | undefined>;

function settingsOf(env: Env) {
  const loaded = loadSettings(env);
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
}

function faultsOf(env: Env) {
  const loaded = loadSettings(env);
  return loaded.kind === 'faults' ? loaded.faults : [];
}

describe('without any setting', () => {
  test('the gateway runs a demo on this machine only, with its record in a folder', () => {
    expect(settingsOf({})).toEqual({
      production: false,
      port: 8080,
      host: '127.0.0.1',
      publicUrl: null,
      dataFolder: './data',
      databaseUrl: null,
      databasePoolSize: 10,
      redisUrl: null,
      secretKeyHex: null,
      logLevel: 'info',
      demo: true,
      sandboxCarrier: true,
      statusPage: true,
      trustProxy: null,
      twilio: null,
      vonage: null,
      sip: null,
      carrierFallbackUrl: null,
      practiceTwilioPort: 8091,
      webhookAllowLoopback: true,
      drainTimeoutMs: 10_000,
      vendors: {
        ga4: 'https://www.google-analytics.com',
        dataManager: 'https://datamanager.googleapis.com',
        googleOauth: 'https://oauth2.googleapis.com',
        metaGraph: 'https://graph.facebook.com',
      },
    });
  });

  test('an empty value counts as unset, and what is not ours is left alone', () => {
    const noise = Object.fromEntries(Object.keys(settingsSchema.shape).map((name) => [name, '']));
    expect(settingsOf({ ...noise, HOME: '/home/someone', npm_config_port: '1' })).toEqual(settingsOf({}));
  });

  test('settings cannot be changed afterwards', () => {
    expect(Object.isFrozen(settingsOf({}))).toBe(true);
    expect(Object.isFrozen(settingsOf({ TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken }).twilio)).toBe(
      true,
    );
  });
});

describe('production', () => {
  test('turns demo, sandbox carrier, status page and loopback webhooks off, and listens everywhere', () => {
    expect(settingsOf({ NODE_ENV: 'production' })).toMatchObject({
      production: true,
      host: '0.0.0.0',
      demo: false,
      sandboxCarrier: false,
      statusPage: false,
      webhookAllowLoopback: false,
    });
  });

  test.each([
    ['DEMO', 'demo'],
    ['SANDBOX_CARRIER', 'sandboxCarrier'],
    ['STATUS_PAGE', 'statusPage'],
  ] as const)('%s is as it is named, in production and out of it', (name, setting) => {
    expect(settingsOf({ NODE_ENV: 'production', [name]: 'on' })[setting]).toBe(true);
    expect(settingsOf({ NODE_ENV: 'production', [name]: 'auto' })[setting]).toBe(false);
    expect(settingsOf({ [name]: 'off' })[setting]).toBe(false);
  });

  test('a host that is named is kept', () => {
    expect(settingsOf({ NODE_ENV: 'production', HOST: '10.0.0.5' }).host).toBe('10.0.0.5');
  });

  test('loopback webhooks follow the demo unless they are named', () => {
    expect(settingsOf({ DEMO: 'off' }).webhookAllowLoopback).toBe(false);
    expect(settingsOf({ NODE_ENV: 'production', DEMO: 'on' }).webhookAllowLoopback).toBe(false);
    expect(settingsOf({ DEMO: 'off', WEBHOOK_ALLOW_LOOPBACK: 'on' }).webhookAllowLoopback).toBe(true);
    expect(settingsOf({ WEBHOOK_ALLOW_LOOPBACK: 'off' }).webhookAllowLoopback).toBe(false);
  });

  test('Twilio without a public URL is refused, because no signature could be checked', () => {
    const twilio = { NODE_ENV: 'production', TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken };
    expect(faultsOf(twilio)).toMatchObject([{ name: 'PUBLIC_URL', value: '(unset)' }]);
    expect(faultsOf({ ...twilio, PUBLIC_URL: 'https://calls.example.com' })).toEqual([]);
  });
});

describe('what is given', () => {
  test('arrives typed, without the slashes at the end of an address', () => {
    const settings = settingsOf({
      PORT: '0',
      PUBLIC_URL: 'https://calls.example.com/gateway//',
      DATABASE_URL: databaseUrl,
      DATABASE_POOL_SIZE: '20',
      REDIS_URL: 'rediss://cache.example.com:6380',
      SECRET_KEY: keyHex,
      LOG_LEVEL: 'warn',
      TWILIO_ACCOUNT_SID: accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_AUTH_TOKEN_PREVIOUS: `${authToken}-before`,
      TWILIO_API_URL: 'http://127.0.0.1:9000/',
      DRAIN_TIMEOUT_MS: '0',
    });
    expect(settings).toMatchObject({
      port: 0,
      publicUrl: 'https://calls.example.com/gateway',
      databaseUrl,
      databasePoolSize: 20,
      redisUrl: 'rediss://cache.example.com:6380',
      secretKeyHex: keyHex,
      logLevel: 'warn',
      twilio: {
        accountSid,
        authToken,
        authTokenPrevious: `${authToken}-before`,
        apiUrl: 'http://127.0.0.1:9000',
        callsPerSecond: 1,
        holdMusicUrl: null,
      },
      drainTimeoutMs: 0,
    });
  });

  test('every fault is told at once, each with its name, its value and what it should be', () => {
    const faults = faultsOf({
      NODE_ENV: 'staging',
      PORT: '99999',
      PUBLIC_URL: 'calls.example.com',
      DATABASE_POOL_SIZE: 'many',
      LOG_LEVEL: 'loud',
      DEMO: 'yes',
      TWILIO_ACCOUNT_SID: 'AC1',
      DRAIN_TIMEOUT_MS: '-1',
    });
    expect(faults.map(({ name, value }) => [name, value])).toEqual([
      ['NODE_ENV', '"staging"'],
      ['PORT', '"99999"'],
      ['PUBLIC_URL', '"calls.example.com"'],
      ['DATABASE_POOL_SIZE', '"many"'],
      ['LOG_LEVEL', '"loud"'],
      ['DEMO', '"yes"'],
      ['TWILIO_ACCOUNT_SID', '"AC1"'],
      ['DRAIN_TIMEOUT_MS', '"-1"'],
      ['TWILIO_AUTH_TOKEN', '(unset)'],
    ]);
    for (const { shouldBe } of faults) expect(shouldBe).toMatch(/\w+ \w+/);
  });

  test.each([
    ['SECRET_KEY', 'not-a-key-but-secret'],
    ['TWILIO_AUTH_TOKEN', 'short-token'],
    ['TWILIO_AUTH_TOKEN_PREVIOUS', 'short-token'],
    ['DATABASE_URL', 'mysql://root:hush-hush@db.example.com/x'],
    ['REDIS_URL', 'http://:hush-hush@cache.example.com'],
  ])('a faulty %s is never shown, only how long it is', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toContainEqual(expect.objectContaining({ name, value: `(secret, ${value.length} characters)` }));
    expect(JSON.stringify(faults)).not.toContain(value);
  });

  test.each([
    ['PORT', 'http', ['0', '65535'], ['65536', '-1', '80.5', 'eighty']],
    ['PUBLIC_URL', 'an address', ['http://localhost:8080', 'https://x.example'], ['ftp://x.example', '/calls', 'x']],
    ['DATABASE_POOL_SIZE', 'a count', ['2', '200'], ['1', '201', '1.5']],
    ['SECRET_KEY', '32 bytes', [keyHex, keyHex.toUpperCase()], [keyHex.slice(1), `${keyHex}00`, 'z'.repeat(64)]],
    ['WEBHOOK_ALLOW_LOOPBACK', 'a switch', ['on', 'off'], ['true', '1', 'auto']],
    ['DRAIN_TIMEOUT_MS', 'a time', ['0', '120000'], ['120001', '10s']],
  ])('%s takes %s and nothing else', (name, _what, good, bad) => {
    for (const value of good) expect(faultsOf({ [name]: value })).toEqual([]);
    for (const value of bad) expect(faultsOf({ [name]: value }).map((fault) => fault.name)).toEqual([name]);
  });
});

describe('settings that only make sense together', () => {
  test.each([
    ['TWILIO_ACCOUNT_SID', { TWILIO_ACCOUNT_SID: accountSid }, ['TWILIO_AUTH_TOKEN']],
    ['TWILIO_AUTH_TOKEN', { TWILIO_AUTH_TOKEN: authToken }, ['TWILIO_ACCOUNT_SID']],
    ['REDIS_URL', { REDIS_URL: 'redis://cache.example.com' }, ['DATABASE_URL', 'SECRET_KEY']],
  ])('%s alone names what is missing and why', (name, env: Env, missing) => {
    const faults = faultsOf(env);
    expect(faults.map((fault) => fault.name)).toEqual(missing);
    for (const { shouldBe } of faults) expect(shouldBe).toMatch(new RegExp(`because ${name} is set: \\w+`));
  });

  test('half a Twilio account is none', () => {
    expect(settingsOf({ TWILIO_AUTH_TOKEN_PREVIOUS: authToken }).twilio).toBeNull();
  });
});

test.each(Object.entries(settingsSchema.shape))('%s says what it is for', (_name, schema) => {
  expect(schema.description ?? '').toMatch(/\w+ \w+/);
});
