/**
 * Every setting the gateway knows: its name in the environment, what it may be, its default and why. The schema is the
 * only list; `docs/settings.md` is checked against it. All values arrive as text and leave typed and frozen.
 */
import { isIP } from 'node:net';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
const onOff = z.enum(['on', 'off']).transform((word) => word === 'on');
const proxyWords = new Set(['loopback', 'linklocal', 'uniquelocal']);
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
  TWILIO_API_URL: httpUrl
    .default('https://api.twilio.com')
    .describe('where Twilio’s REST API is; an egress proxy or an emulator may stand in'),
  PRACTICE_TWILIO_PORT: port
    .default(8091)
    .describe('demo without a Twilio account: where the practice carrier of npm run simulate listens on loopback'),
  WEBHOOK_ALLOW_LOOPBACK: onOff
    .optional()
    .describe(
      'webhooks may go to plain http on loopback; on by default in the demo outside production, and warned about',
    ),
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
  readonly practiceTwilioPort: number;
  readonly webhookAllowLoopback: boolean;
  readonly drainTimeoutMs: number;
}

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  readonly authTokenPrevious: string | null;
  readonly apiUrl: string;
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
    practiceTwilioPort: raw.PRACTICE_TWILIO_PORT,
    webhookAllowLoopback: raw.WEBHOOK_ALLOW_LOOPBACK ?? (demo && !production),
    drainTimeoutMs: raw.DRAIN_TIMEOUT_MS,
  });
}

function twilioSettings(raw: RawSettings): TwilioSettings | null {
  if (raw.TWILIO_ACCOUNT_SID === undefined || raw.TWILIO_AUTH_TOKEN === undefined) return null;
  return Object.freeze({
    accountSid: raw.TWILIO_ACCOUNT_SID,
    authToken: raw.TWILIO_AUTH_TOKEN,
    authTokenPrevious: raw.TWILIO_AUTH_TOKEN_PREVIOUS ?? null,
    apiUrl: raw.TWILIO_API_URL,
  });
}
