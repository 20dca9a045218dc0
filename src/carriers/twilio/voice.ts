/**
 * Calls through Twilio's REST API: dial an agent, change what a live call does, hang up. Twilio has no idempotency key,
 * so a repeated dial first looks for the call an earlier try may have made: one from this number to that phone since the
 * order was given that is not known as another leg's. When it has ended meanwhile, the phone is not rung twice for it.
 */

import type { CallInstance } from 'twilio/lib/rest/api/v2010/account/call.js';
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import type { TwilioSettings } from '../../../config/settings.ts';
import { parseE164 } from '../../ports/e164.ts';
import type { CallId } from '../../ports/ids.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type {
  Capability,
  CarrierAnswer,
  DialAnswer,
  DialOrder,
  ListedCall,
  ListedCalls,
  RecordingAct,
  VoiceCarrier,
} from '../../telephony/voice-carrier.ts';
import { isEnding } from './read-webhook.ts';
import { fetchRecording, recordCall } from './recordings.ts';
import { readFailure, type TwilioClient } from './rest-client.ts';
import { toTwiml } from './to-twiml.ts';

interface World {
  readonly client: TwilioClient;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: (seconds: number) => string;
  readonly account: TwilioSettings;
}

const capabilities: ReadonlySet<Capability> = new Set([
  'announce',
  'hold-music',
  'hold-outside',
  'keys',
  'voicemail',
  'three-way',
  'supervise',
  'coach',
  'move-legs',
  'hand-over-number',
  'hand-over-sip',
  'answering-machine',
  'attestation',
  'record-conversation',
  'pause-recording',
]);

export function createTwilioVoice(world: World): VoiceCarrier {
  return Object.freeze({
    name: 'twilio',
    capabilities,

    async dial(order: DialOrder): Promise<DialAnswer> {
      try {
        const made = order.repeated ? await findDialled(world, order) : undefined;
        if (made === undefined) return { kind: 'dialled', carrierCallId: await place(world, order) };
        if (!isEnding(made.status)) return { kind: 'dialled', carrierCallId: made.sid };
        return { kind: 'refused', reason: 'the call that an earlier try made has ended' };
      } catch (fault) {
        const failure = readFailure(fault);
        return { kind: failure.kind === 'unavailable' ? 'unavailable' : 'refused', reason: failure.reason };
      }
    },

    instruct: (carrierCallId: string, instructions: readonly Instruction[]) =>
      change(() =>
        world.client
          .calls(carrierCallId)
          .update({ twiml: toTwiml(instructions, { ...world, publicUrl: world.publicUrl() }) }),
      ),

    record: (carrierCallId: string, act: RecordingAct, callId: CallId) => recordCall(world, carrierCallId, act, callId),

    fetchRecording: (recordingId: string) => fetchRecording(world.account, recordingId),

    hangUp: (carrierCallId: string) => change(() => world.client.calls(carrierCallId).update({ status: 'completed' })),

    async listIncoming(since: number): Promise<ListedCalls> {
      try {
        const calls = await world.client.calls.list({
          startTimeAfter: new Date(since),
          limit: limits.callsComparedMax,
        });
        return { kind: 'listed', calls: calls.flatMap(incomingOf), isWhole: calls.length < limits.callsComparedMax };
      } catch (fault) {
        const failure = readFailure(fault);
        return { kind: failure.kind === 'unavailable' ? 'unavailable' : 'refused', reason: failure.reason };
      }
    },

    async look(carrierCallId: string) {
      try {
        const { status } = await world.client.calls(carrierCallId).fetch();
        return isEnding(status) ? 'gone' : 'live';
      } catch (fault) {
        return readFailure(fault).kind === 'gone' ? 'gone' : 'unknown';
      }
    },
  });
}

async function place(world: World, order: DialOrder): Promise<string> {
  const query = new URLSearchParams({ call: order.callId, leg: order.legId });
  const base = `${world.publicUrl()}/carriers/twilio/voice`;
  const call = await world.client.calls.create({
    from: order.from,
    to: order.to,
    url: `${base}/agent?${query}`,
    method: 'POST',
    statusCallback: `${base}/leg-status?${query}`,
    statusCallbackEvent: ['ringing', 'answered', 'completed'],
    statusCallbackMethod: 'POST',
    timeout: Math.ceil(order.ringTimeoutMs / 1_000),
    ...(order.detectMachine ? machineDetection(`${base}/leg-machine?${query}`) : {}),
  });
  return call.sid;
}

/** Beside the call, so that a person is asked for the key at once and not after the listening. */
function machineDetection(asyncAmdStatusCallback: string) {
  return {
    machineDetection: 'Enable',
    asyncAmd: 'true',
    asyncAmdStatusCallback,
    asyncAmdStatusCallbackMethod: 'POST',
  };
}

/** None for the legs that we have placed ourselves, and for calls to what is no number. */
function incomingOf(call: CallInstance): ListedCall[] {
  const dnis = parseE164(call.to);
  if (call.direction !== 'inbound' || dnis === null) return [];
  const startedAt = (call.startTime ?? call.dateCreated).getTime();
  const endedAt = isEnding(call.status) ? (call.endTime?.getTime() ?? startedAt) : null;
  return [{ carrierCallId: call.sid, dnis, ani: parseE164(call.from), startedAt, endedAt }];
}

async function findDialled(world: World, order: DialOrder): Promise<{ sid: string; status: string } | undefined> {
  const recent = await world.client.calls.list({ from: order.from, to: order.to, limit: 20 });
  return recent.find(
    (call) =>
      order.taken?.includes(call.sid) !== true &&
      call.dateCreated.getTime() >= order.orderedAt - carrierLimits.clockSlackMs,
  );
}

async function change(request: () => Promise<unknown>): Promise<CarrierAnswer> {
  try {
    await request();
    return { kind: 'done' };
  } catch (fault) {
    const failure = readFailure(fault);
    return failure.kind === 'gone' ? { kind: 'gone' } : { kind: failure.kind, reason: failure.reason };
  }
}
