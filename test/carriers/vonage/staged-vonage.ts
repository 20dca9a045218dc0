/** Vonage's Voice API as nock plays it, and the product's own client before it. */
import { generateKeyPairSync } from 'node:crypto';
import nock from 'nock';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createVonageVoiceClient } from '../../../src/carriers/vonage/rest-client.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId, LegId } from '../../../src/ports/ids.ts';

export const callUuid = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab';
export const publicUrl = 'https://lines.example';
const voiceApiUrl = 'https://api.nexmo.com';

export const dialOrder = {
  callId: 'call_1' as CallId,
  legId: 'leg_1' as LegId,
  from: '+15035550101' as E164,
  to: '+12125550171' as E164,
  ringTimeoutMs: 20_500,
  orderedAt: Date.UTC(2026, 0, 1, 12),
  repeated: false,
};

/** How the API may fail, and what that means whoever asked. */
export const failures = [
  ['429 too many requests', 429, 'unavailable'],
  ['500', 500, 'unavailable'],
  ['503', 503, 'unavailable'],
  ['400 bad request', 400, 'refused'],
  ['401 wrong key', 401, 'refused'],
  ['403 not allowed', 403, 'refused'],
] as const;

/** A private key such as an application has. */
function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Only Vonage's address answers, and only as the test says; each reply is asked for exactly once. */
export function stageVonage() {
  beforeAll(() => {
    nock.disableNetConnect();
  });
  afterEach(() => {
    const unasked = nock.pendingMocks();
    nock.cleanAll();
    if (unasked.length > 0) throw new Error(`never asked: ${unasked.join(', ')}`);
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });
  const applicationId = '78d335fa-323d-4114-9c3d-d6f0d48968cf';
  const client = createVonageVoiceClient({ applicationId, privateKey: newPrivateKey(), voiceApiUrl });
  const world = {
    client,
    voiceApiUrl,
    publicUrl: () => publicUrl,
    holdMusicUrl: () => `${publicUrl}/music.mp3`,
  };
  const api = () => nock(voiceApiUrl).matchHeader('authorization', /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  return { world, api };
}
