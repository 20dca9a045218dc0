/**
 * Every setting the gateway knows: its name in the environment, what it may be, its default and why. The schema is the
 * only list; `docs/settings.md` is checked against it. All values arrive as text and leave typed and frozen.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { decideSip, type SipSettings, sipSettingsShape } from './sip-settings.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
const onOff = z.enum(['on', 'off']).transform((word) => word === 'on');
const proxyWords = new Set(['loopback', 'linklocal', 'uniquelocal']);
const callsPerSecond = z.coerce.number().int().min(1).max(10_000);
const autoOnOff = z.enum(['auto', 'on', 'off']);

/** One setting: how its text is read, and one sentence that says what it is for. */
export const settingsSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe('production turns the demo, the sandbox carrier and the status page off unless they are named'),
  PORT: port.default(8080).describe('the port everything is served on; 0 takes a free one'),
  HOST: z.string().min(1).optional().describe('the address to listen on; 127.0.0.1, or 0.0.0.0 in production'),
  PUBLIC_URL: httpUrl
    .optional()
    .describe('how carriers reach us; carrier signatures are checked against it, never against the Host header'),
  DATA_DIR: z.string().min(1).default('./data').describe('folder of the embedded database and of the sealing key'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('a PostgreSQL server; unset, an embedded PostgreSQL keeps its files in DATA_DIR'),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10).describe('connections per process to it'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe(
      'Redis for leases and background jobs when there is more than one process; unset, memory and PostgreSQL do',
    ),
  SECRET_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits (32 bytes): openssl rand -hex 32')
    .optional()
    .describe('seals endpoint secrets at rest; unset, a key file is made in DATA_DIR; required with several processes'),
  TRUST_PROXY: z
    .string()
    .refine(
      namesProxies,
      'must be addresses or networks (10.0.0.0/8), or loopback, linklocal, uniquelocal, with commas',
    )
    .optional()
    .describe('proxies in front of us: only their X-Forwarded-For says where a visitor comes from'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('pino level'),
  DEMO: autoOnOff.default('auto').describe('make a demo enterprise at the first start; auto: unless in production'),
  SANDBOX_CARRIER: autoOnOff
    .default('auto')
    .describe('the in-process carrier at /carriers/sandbox; auto: unless in production'),
  STATUS_PAGE: autoOnOff.default('auto').describe('GET / shows numbers, calls and texts; auto: unless in production'),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hexadecimal digits')
    .optional()
    .describe('the Twilio account'),
  TWILIO_AUTH_TOKEN: z.string().min(16).optional().describe('its auth token: signs webhooks, authorises REST'),
  TWILIO_AUTH_TOKEN_PREVIOUS: z.string().min(16).optional().describe('also accepted on webhooks while rotating'),
  TWILIO_CALLS_PER_SECOND: callsPerSecond
    .default(1)
    .describe('calls placed a second by one process; Twilio’s default for an account'),
  TWILIO_API_URL: httpUrl
    .default('https://api.twilio.com')
    .describe('where Twilio’s REST API is; an egress proxy or an emulator may stand in'),
  TWILIO_HOLD_MUSIC_URL: httpUrl
    .optional()
    .describe('a sound file of some 15 s that waiting callers hear again and again; unset, quiet chords made here'),
  VONAGE_API_KEY: z.string().min(4).max(64).optional().describe('the Vonage account that numbers are had from'),
  VONAGE_API_SECRET: z.string().min(8).optional().describe('its API secret'),
  VONAGE_APPLICATION_ID: z.uuid().optional().describe('the Vonage application that bought numbers are pointed at'),
  VONAGE_PRIVATE_KEY: z
    .string()
    .regex(/PRIVATE KEY-{5}/, 'must be the PEM text of the application’s private key')
    .transform((text) => text.replaceAll('\\n', '\n'))
    .optional()
    .describe('the application’s private key, which authorises calls; \\n stands for a line’s end'),
  VONAGE_PRIVATE_KEY_FILE: z.string().min(1).optional().describe('or the file that holds it'),
  VONAGE_SIGNATURE_SECRET: z.string().min(8).optional().describe('the account’s signature secret: signs webhooks'),
  VONAGE_SIGNATURE_SECRET_PREVIOUS: z.string().min(8).optional().describe('also accepted on webhooks while rotating'),
  VONAGE_API_URL: httpUrl
    .default('https://rest.nexmo.com')
    .describe('where Vonage’s REST API for numbers is; an egress proxy or an emulator may stand in'),
  VONAGE_VOICE_API_URL: httpUrl.default('https://api.nexmo.com').describe('the same for its calls'),
  VONAGE_CALLS_PER_SECOND: callsPerSecond.default(3).describe('calls placed a second by one process, Vonage’s default'),
  VONAGE_HOLD_MUSIC_URL: httpUrl.optional().describe('the same for callers of Vonage’s, an mp3'),
  ...sipSettingsShape,
  CARRIER_FALLBACK_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where bought numbers turn when PUBLIC_URL does not answer; unset, PUBLIC_URL is asked once more'),
  PRACTICE_TWILIO_PORT: port
    .default(8091)
    .describe('demo without a Twilio account: where the practice carrier of npm run simulate listens on loopback'),
  WEBHOOK_ALLOW_LOOPBACK: onOff
    .optional()
    .describe(
      'webhooks may go to plain http on loopback; on by default in the demo outside production, and warned about',
    ),
  GA4_URL: httpUrl
    .default('https://www.google-analytics.com')
    .describe('where exports to GA4 go; an egress proxy may stand in, here and in the next three'),
  GOOGLE_DATA_MANAGER_URL: httpUrl
    .default('https://datamanager.googleapis.com')
    .describe('where exports to Google Ads go'),
  GOOGLE_OAUTH_URL: httpUrl
    .default('https://oauth2.googleapis.com')
    .describe('where the access token for Google Ads is had'),
  META_GRAPH_URL: httpUrl.default('https://graph.facebook.com').describe('where exports to Meta go'),
  DRAIN_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(120_000)
    .default(10_000)
    .describe('how long Ctrl-C and SIGTERM wait for work under way'),
});

function namesProxies(text: string): boolean {
  return text.split(',').every((part) => {
    const [address = '', bits = '0', ...more] = part.trim().split('/');
    if (proxyWords.has(part.trim())) return true;
    return (
      more.length === 0 &&
      /^\d{1,3}$/.test(bits) &&
      Number(bits) <= (isIP(address) === 6 ? 128 : 32) &&
      isIP(address) > 0
    );
  });
}

type RawSettings = z.infer<typeof settingsSchema>;

/** Settings after the defaults that depend on each other have been decided. */
export interface Settings {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Null when unset: then it is the address we listen on, which only works on this machine. */
  readonly publicUrl: string | null;
  readonly dataFolder: string;
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  readonly redisUrl: string | null;
  readonly secretKeyHex: string | null;
  readonly trustProxy: string | null;
  readonly logLevel: RawSettings['LOG_LEVEL'];
  readonly demo: boolean;
  readonly sandboxCarrier: boolean;
  readonly statusPage: boolean;
  readonly twilio: TwilioSettings | null;
  readonly vonage: VonageSettings | null;
  readonly sip: SipSettings | null;
  /** Null when unset: the same addresses are asked once more. */
  readonly carrierFallbackUrl: string | null;
  readonly practiceTwilioPort: number;
  readonly webhookAllowLoopback: boolean;
  readonly drainTimeoutMs: number;
  readonly vendors: VendorUrls;
}

/** Where the advertising vendors are; their own hosts unless a proxy or a test stands in. Without a slash at the end. */
export interface VendorUrls {
  readonly ga4: string;
  readonly dataManager: string;
  readonly googleOauth: string;
  readonly metaGraph: string;
}

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  readonly authTokenPrevious: string | null;
  readonly apiUrl: string;
  readonly callsPerSecond: number;
  /** Null: chords made here. */
  readonly holdMusicUrl: string | null;
}

export interface VonageSettings {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly applicationId: string | null;
  readonly apiUrl: string;
  /** PEM text, or the file that holds it; without either, calls are neither placed nor changed. */
  readonly privateKey: string | null;
  readonly privateKeyFile: string | null;
  readonly signatureSecret: string | null;
  readonly signatureSecretPrevious: string | null;
  readonly voiceApiUrl: string;
  readonly callsPerSecond: number;
  readonly holdMusicUrl: string | null;
}

/** Decides what depends on something else: production's defaults, and the Twilio account as one thing. */
export function decideSettings(raw: RawSettings): Settings {
  const production = raw.NODE_ENV === 'production';
  const unlessProduction = (choice: 'auto' | 'on' | 'off') => (choice === 'auto' ? !production : choice === 'on');
  const demo = unlessProduction(raw.DEMO);
  return Object.freeze({
    production,
    port: raw.PORT,
    host: raw.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    publicUrl: raw.PUBLIC_URL ?? null,
    dataFolder: raw.DATA_DIR,
    databaseUrl: raw.DATABASE_URL ?? null,
    databasePoolSize: raw.DATABASE_POOL_SIZE,
    redisUrl: raw.REDIS_URL ?? null,
    secretKeyHex: raw.SECRET_KEY ?? null,
    trustProxy: raw.TRUST_PROXY ?? null,
    logLevel: raw.LOG_LEVEL,
    demo,
    sandboxCarrier: unlessProduction(raw.SANDBOX_CARRIER),
    statusPage: unlessProduction(raw.STATUS_PAGE),
    twilio: twilioSettings(raw),
    vonage: vonageSettings(raw),
    sip: decideSip(raw),
    carrierFallbackUrl: raw.CARRIER_FALLBACK_URL ?? null,
    practiceTwilioPort: raw.PRACTICE_TWILIO_PORT,
    webhookAllowLoopback: raw.WEBHOOK_ALLOW_LOOPBACK ?? (demo && !production),
    drainTimeoutMs: raw.DRAIN_TIMEOUT_MS,
    vendors: Object.freeze({
      ga4: raw.GA4_URL,
      dataManager: raw.GOOGLE_DATA_MANAGER_URL,
      googleOauth: raw.GOOGLE_OAUTH_URL,
      metaGraph: raw.META_GRAPH_URL,
    }),
  });
}

function twilioSettings(raw: RawSettings): TwilioSettings | null {
  if (raw.TWILIO_ACCOUNT_SID === undefined || raw.TWILIO_AUTH_TOKEN === undefined) return null;
  return Object.freeze({
    accountSid: raw.TWILIO_ACCOUNT_SID,
    authToken: raw.TWILIO_AUTH_TOKEN,
    authTokenPrevious: raw.TWILIO_AUTH_TOKEN_PREVIOUS ?? null,
    apiUrl: raw.TWILIO_API_URL,
    callsPerSecond: raw.TWILIO_CALLS_PER_SECOND,
    holdMusicUrl: raw.TWILIO_HOLD_MUSIC_URL ?? null,
  });
}

function vonageSettings(raw: RawSettings): VonageSettings | null {
  if (raw.VONAGE_API_KEY === undefined || raw.VONAGE_API_SECRET === undefined) return null;
  return Object.freeze({
    apiKey: raw.VONAGE_API_KEY,
    apiSecret: raw.VONAGE_API_SECRET,
    applicationId: raw.VONAGE_APPLICATION_ID ?? null,
    apiUrl: raw.VONAGE_API_URL,
    privateKey: raw.VONAGE_PRIVATE_KEY ?? null,
    privateKeyFile: raw.VONAGE_PRIVATE_KEY_FILE ?? null,
    signatureSecret: raw.VONAGE_SIGNATURE_SECRET ?? null,
    signatureSecretPrevious: raw.VONAGE_SIGNATURE_SECRET_PREVIOUS ?? null,
    voiceApiUrl: raw.VONAGE_VOICE_API_URL,
    callsPerSecond: raw.VONAGE_CALLS_PER_SECOND,
    holdMusicUrl: raw.VONAGE_HOLD_MUSIC_URL ?? null,
  });
}
