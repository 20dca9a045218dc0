/**
 * What authorises calls at Vonage, from the settings and, where they name one, from the file of the private key. A file
 * that cannot be read stops the start: a gateway that seems to run and takes no calls would be worse.
 */
import { readFile } from 'node:fs/promises';
import type { VonageSettings } from '../../config/settings.ts';

/** Null when the settings name no application with its key: then the account has numbers only. */
export async function readVoiceAccount({ applicationId, privateKey, privateKeyFile, voiceApiUrl }: VonageSettings) {
  if (applicationId === null) return null;
  const key = privateKey ?? (privateKeyFile === null ? null : await readFile(privateKeyFile, 'utf8'));
  return key === null ? null : { applicationId, privateKey: key, voiceApiUrl };
}
