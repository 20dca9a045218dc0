/**
 * Conversations recorded at Twilio: on the caller's own leg, both directions, wherever that leg is moved. Starting is asked
 * for once: a recording that an earlier try began is left to run; one that has been stopped does not stand in its way. While
 * one is paused silence is recorded, so that its times stay true. The media are fetched with our credentials; what Twilio
 * redirects to never leaves this process.
 */
import { limits } from '../../../config/limits.ts';
import type { TwilioSettings } from '../../../config/settings.ts';
import type { CallId } from '../../ports/ids.ts';
import type { CarrierAnswer, RecordingAct, RecordingMedia } from '../../telephony/voice-carrier.ts';
import { readFailure, type TwilioClient } from './rest-client.ts';

interface World {
  readonly client: TwilioClient;
  readonly publicUrl: () => string;
}

/** Twilio's name for whatever is being recorded on a call. */
const current = 'Twilio.CURRENT';
/** One that is `processing` has been stopped: what is said from then on is in no recording. */
const running: ReadonlySet<string> = new Set(['in-progress', 'paused']);

export async function recordCall(
  world: World,
  carrierCallId: string,
  act: RecordingAct,
  callId: CallId,
): Promise<CarrierAnswer> {
  const recordings = world.client.calls(carrierCallId).recordings;
  try {
    if (act === 'start') await start(world, carrierCallId, callId);
    else if (act === 'pause') await recordings(current).update({ status: 'paused', pauseBehavior: 'silence' });
    else await recordings(current).update({ status: act === 'resume' ? 'in-progress' : 'stopped' });
    return { kind: 'done' };
  } catch (fault) {
    const { kind, reason } = readFailure(fault);
    return kind === 'gone' ? { kind } : { kind, reason };
  }
}

async function start({ client, publicUrl }: World, carrierCallId: string, callId: CallId): Promise<void> {
  const { recordings } = client.calls(carrierCallId);
  const made = await recordings.list({ limit: 20 });
  if (made.some(({ status }) => running.has(status))) return;
  await recordings.create({
    recordingChannels: 'dual',
    recordingStatusCallback: `${publicUrl()}/carriers/twilio/voice/recording?${new URLSearchParams({ call: callId })}`,
    recordingStatusCallbackEvent: ['completed'],
    recordingStatusCallbackMethod: 'POST',
  });
}

/** The sound of a recording as it comes from Twilio, an MP3. */
export async function fetchRecording(account: TwilioSettings, recordingId: string): Promise<RecordingMedia> {
  if (!/^RE[0-9a-f]{32}$/i.test(recordingId)) return { kind: 'gone' };
  const url = `${account.apiUrl}/2010-04-01/Accounts/${account.accountSid}/Recordings/${recordingId}.mp3`;
  const credentials = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64');
  const signal = AbortSignal.timeout(limits.recordingFetchTimeoutMs);
  try {
    const answer = await fetch(url, { headers: { authorization: `Basic ${credentials}` }, signal });
    if (answer.status === 404) return { kind: 'gone' };
    if (!answer.ok || answer.body === null) return { kind: 'unavailable', reason: `twilio ${answer.status}` };
    const bytes = Number(answer.headers.get('content-length') ?? Number.NaN);
    if (bytes > limits.recordingBytesMax) return { kind: 'refused', reason: 'the recording is too large' };
    const type = answer.headers.get('content-type') ?? 'audio/mpeg';
    return { kind: 'media', type, bytes: Number.isNaN(bytes) ? null : bytes, body: answer.body };
  } catch {
    return { kind: 'unavailable', reason: 'twilio unreachable' };
  }
}
