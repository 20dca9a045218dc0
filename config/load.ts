/**
 * From the environment to frozen Settings. Every fault is reported at once, each with the name, the value that was
 * given (secrets masked) and what it should be, because an operator who mends one at a time restarts six times.
 */
import { decideSettings, type Settings, settingsSchema } from './settings.ts';

/** What is wrong with one setting. */
export interface SettingFault {
  readonly name: string;
  readonly value: string;
  readonly shouldBe: string;
}

export type LoadedSettings =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'faults'; readonly faults: readonly SettingFault[] };

const secretNames = /KEY|TOKEN|SECRET|DATABASE_URL|REDIS_URL/;

/** Reads all settings from `env`; empty values count as unset. Pairs that only make sense together are checked too. */
export function loadSettings(env: Readonly<Record<string, string | undefined>>): LoadedSettings {
  const known = Object.keys(settingsSchema.shape);
  const given = Object.fromEntries(known.filter((name) => env[name]).map((name) => [name, env[name]]));
  const parsed = settingsSchema.safeParse(given);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => describe(issue, given));
  faults.push(...pairFaults(given));
  if (!parsed.success || faults.length > 0) return { kind: 'faults', faults };
  return { kind: 'settings', settings: decideSettings(parsed.data) };
}

function describe(
  issue: { path: PropertyKey[]; message: string },
  given: Record<string, string | undefined>,
): SettingFault {
  const name = String(issue.path[0] ?? '');
  return { name, value: shown(name, given[name]), shouldBe: issue.message };
}

function shown(name: string, value: string | undefined): string {
  if (value === undefined) return '(unset)';
  return secretNames.test(name) ? `(secret, ${value.length} characters)` : JSON.stringify(value);
}

function pairFaults(given: Record<string, string | undefined>): SettingFault[] {
  const faults: SettingFault[] = [];
  const needs = (name: string, other: string, why: string) => {
    if (given[name] !== undefined && given[other] === undefined) {
      faults.push({ name: other, value: '(unset)', shouldBe: `set, because ${name} is set: ${why}` });
    }
  };
  needs('TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'webhooks cannot be verified without it');
  needs('TWILIO_AUTH_TOKEN', 'TWILIO_ACCOUNT_SID', 'the REST API needs both');
  needs('VONAGE_API_KEY', 'VONAGE_API_SECRET', 'the REST API needs both');
  needs('VONAGE_API_SECRET', 'VONAGE_API_KEY', 'the REST API needs both');
  for (const name of ['VONAGE_PRIVATE_KEY', 'VONAGE_PRIVATE_KEY_FILE']) {
    needs(name, 'VONAGE_APPLICATION_ID', 'the key is an application’s');
    needs(name, 'VONAGE_SIGNATURE_SECRET', 'a carrier whose webhooks cannot be verified takes no calls');
  }
  needs('VONAGE_SIGNATURE_SECRET', 'VONAGE_API_KEY', 'webhooks name the account that signed them');
  needs('DRACHTIO_HOST', 'DRACHTIO_SECRET', 'drachtio-server lets nobody in without it');
  needs('DRACHTIO_HOST', 'SIP_DOMAIN', 'agents’ phones register in it');
  needs('SIP_TRUNK_USER', 'SIP_TRUNK_SECRET', 'the trunk asks for both');
  needs('SIP_TRUNK_SECRET', 'SIP_TRUNK_USER', 'the trunk asks for both');
  needs('RTPENGINE_HOST', 'DRACHTIO_HOST', 'it carries the sound of SIP calls');
  needs('RTPENGINE_HOST', 'SIP_MEDIA_FOLDER', 'prompts and recordings lie there');
  needs('SIP_MEDIA_FOLDER', 'RTPENGINE_HOST', 'nothing else reads it');
  if (given.DRACHTIO_HOST !== undefined && given.REDIS_URL !== undefined) {
    const shouldBe =
      'unset, because REDIS_URL is set: a SIP call lives in the process that took it, so there is one only';
    faults.push({ name: 'DRACHTIO_HOST', value: shown('DRACHTIO_HOST', given.DRACHTIO_HOST), shouldBe });
  }
  needs('REDIS_URL', 'DATABASE_URL', 'several processes cannot share an embedded database');
  needs('REDIS_URL', 'SECRET_KEY', 'all processes must seal with the same key');
  if (given.NODE_ENV === 'production') {
    needs(
      'DATABASE_URL',
      'SECRET_KEY',
      'opt-outs and endpoint secrets of a shared record must not hang on one machine’s file',
    );
    needs('VONAGE_SIGNATURE_SECRET', 'PUBLIC_URL', 'Vonage must be told where to report');
    needs('TWILIO_AUTH_TOKEN', 'PUBLIC_URL', 'in production Twilio’s signatures are checked against the public URL');
  }
  return faults;
}
