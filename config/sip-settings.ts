/** The settings of the SIP carrier: its server, its trunks, the domain of agents' phones. Part of `settingsSchema`. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** Addresses and networks, with commas. */
function namesNetworks(text: string): boolean {
  return text.split(',').every((part) => {
    const [address = '', bits = '0', ...more] = part.trim().split('/');
    return (
      more.length === 0 &&
      isIP(address) > 0 &&
      /^\d{1,3}$/.test(bits) &&
      Number(bits) <= (isIP(address) === 6 ? 128 : 32)
    );
  });
}

export const sipSettingsShape = {
  DRACHTIO_HOST: z.string().min(1).optional().describe('a drachtio-server: turns the SIP carrier on'),
  DRACHTIO_PORT: z.coerce.number().int().min(1).max(65_535).default(9022).describe('where it takes applications'),
  DRACHTIO_SECRET: z.string().min(1).optional().describe('the secret it lets them in with'),
  SIP_DOMAIN: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a host name in lower case, such as lines.example')
    .optional()
    .describe('domain and realm of agents’ SIP phones; their passwords are hashed with it, so changing it voids them'),
  SIP_TRUNKS: z
    .string()
    .refine(namesNetworks, 'must be addresses or networks (203.0.113.7, 198.51.100.0/24), with commas')
    .optional()
    .describe('trunks that bring calls: only they may call in without a password and say who calls'),
  SIP_TRUNK_URI: z
    .string()
    .regex(
      /^sips?:[a-z0-9.[\]:-]+(?:;transport=(?:udp|tcp|tls))?$/i,
      'must be an address such as sip:trunk.example:5060',
    )
    .optional()
    .describe('where calls to outside numbers go; unset, only agents’ SIP phones can be rung'),
  SIP_TRUNK_USER: z.string().min(1).max(128).optional().describe('who we are when that trunk asks'),
  SIP_TRUNK_SECRET: z.string().min(1).optional().describe('and the password'),
  SIP_CALLS_PER_SECOND: z.coerce
    .number()
    .min(0.1)
    .max(1_000)
    .default(50)
    .describe('calls placed a second over SIP; ask the trunk what it takes'),
  RTPENGINE_HOST: z
    .string()
    .min(1)
    .optional()
    .describe('an rtpengine for what SIP callers hear, key and say into recordings; unset, their sound goes straight'),
  RTPENGINE_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(22_222)
    .describe('where it takes orders, its `listen-ng` (UDP)'),
  RTPENGINE_KEYS_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(22_223)
    .describe('its `listen-tcp-ng`, over which keys come (`dtmf-log-ng-tcp`)'),
  SIP_MEDIA_FOLDER: z
    .string()
    .refine((path) => path.startsWith('/'), 'must be a whole path, such as /var/spool/linekeeper')
    .optional()
    .describe('prompts and recordings; rtpengine’s `recording-dir`, seen there under the same path'),
};

type RawSip = z.infer<z.ZodObject<typeof sipSettingsShape>>;

export interface SipSettings {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  readonly domain: string;
  readonly trunks: readonly string[];
  readonly trunk: { readonly uri: string; readonly user: string | null; readonly password: string | null } | null;
  readonly callsPerSecond: number;
  readonly rtpengine: {
    readonly host: string;
    readonly port: number;
    readonly keysPort: number;
    readonly folder: string;
  } | null;
}

/** Null without a server: there is no SIP then. */
export function decideSip(raw: RawSip): SipSettings | null {
  if (raw.DRACHTIO_HOST === undefined || raw.DRACHTIO_SECRET === undefined || raw.SIP_DOMAIN === undefined) return null;
  return Object.freeze({
    drachtio: { host: raw.DRACHTIO_HOST, port: raw.DRACHTIO_PORT, secret: raw.DRACHTIO_SECRET },
    domain: raw.SIP_DOMAIN,
    trunks: (raw.SIP_TRUNKS ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
    trunk:
      raw.SIP_TRUNK_URI === undefined
        ? null
        : { uri: raw.SIP_TRUNK_URI, user: raw.SIP_TRUNK_USER ?? null, password: raw.SIP_TRUNK_SECRET ?? null },
    callsPerSecond: raw.SIP_CALLS_PER_SECOND,
    rtpengine:
      raw.RTPENGINE_HOST === undefined || raw.SIP_MEDIA_FOLDER === undefined
        ? null
        : {
            host: raw.RTPENGINE_HOST,
            port: raw.RTPENGINE_PORT,
            keysPort: raw.RTPENGINE_KEYS_PORT,
            folder: raw.SIP_MEDIA_FOLDER,
          },
  });
}
