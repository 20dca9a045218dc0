/**
 * Calls through Vonage's REST API: dial an agent, change what a live call does, hang up, record a room. A race is several
 * dials at once, whose legs meet in the caller's room. Vonage has no idempotency key, so a repeated dial first looks for
 * the call that an earlier try may have made: one from this number to that phone since the order was given that is not
 * known as another leg's. When it has ended meanwhile, the phone is not rung twice for it.
 */
import { carrierLimits } from '../../../config/carrier-limits.ts';
import { limits } from '../../../config/limits.ts';
import { toIso } from '../../ports/clock.ts';
import { type E164, parseE164 } from '../../ports/e164.ts';
import type { CallId } from '../../ports/ids.ts';
import { type Dialable, type Instruction, isPhone } from '../../telephony/instructions.ts';
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
import { readFailure, type VonageVoiceClient } from './rest-client.ts';
import { toNcco } from './to-ncco.ts';

interface World {
  readonly client: VonageVoiceClient;
  readonly voiceApiUrl: string;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: (seconds: number) => string;
}

type Ncco = Parameters<VonageVoiceClient['transferCallWithNCCO']>[1];
type OutboundCall = Parameters<VonageVoiceClient['createOutboundCall']>[0];

/** A recording cannot be paused, and nothing is told of how a caller's number was attested. */
const capabilities: ReadonlySet<Capability> = new Set([
  'announce',
  'hold-music',
  'hold-outside',
  'keys',
  'voicemail',
  'record-conversation',
  'three-way',
  'supervise',
  'coach',
  'move-legs',
  'hand-over-number',
  'hand-over-sip',
  'answering-machine',
]);
/** Calls on one page, as many as it has at most. */
const callsPerPage = 100;
/** Seconds that Vonage lets a phone ring, and a call last. */
const ringSecondsMax = 120;
const callSecondsMax = 7_200;

export function createVonageVoice(world: World): VoiceCarrier {
  const { client } = world;
  const hangUp = (carrierCallId: string) => change(client, carrierCallId, () => client.hangupCall(carrierCallId));
  return Object.freeze({
    name: 'vonage',
    capabilities,

    async dial(order: DialOrder): Promise<DialAnswer> {
      try {
        const made = order.repeated ? await findDialled(client, order) : undefined;
        if (made === undefined) return { kind: 'dialled', carrierCallId: await place(world, order) };
        if (!isEnding(made.status)) return { kind: 'dialled', carrierCallId: made.uuid };
        return { kind: 'refused', reason: 'the call that an earlier try made has ended' };
      } catch (fault) {
        const { kind, reason } = readFailure(fault);
        return { kind: kind === 'unavailable' ? kind : 'refused', reason };
      }
    },

    instruct(carrierCallId: string, instructions: readonly Instruction[]): Promise<CarrierAnswer> {
      if (instructions[0]?.verb === 'hang-up') return hangUp(carrierCallId);
      const ncco = toNcco(instructions, { ...world, publicUrl: world.publicUrl() });
      return change(client, carrierCallId, () => client.transferCallWithNCCO(carrierCallId, ncco as unknown as Ncco));
    },

    hangUp,
    listIncoming: (since: number) => listIncoming(client, since),
    look: (carrierCallId: string) => look(client, carrierCallId),
    record: (carrierCallId: string, act: RecordingAct, callId: CallId) => record(world, carrierCallId, act, callId),
  });
}

async function place({ client, publicUrl }: World, order: DialOrder): Promise<string> {
  const query = new URLSearchParams({ call: order.callId, leg: order.legId });
  const base = `${publicUrl()}/carriers/vonage/voice`;
  const { uuid } = await client.createOutboundCall({
    to: [endpointOf(order.to)],
    from: { type: 'phone', number: digitsOf(order.from) },
    answerUrl: [`${base}/agent?${query}`],
    answerMethod: 'POST',
    eventUrl: [`${base}/leg-events?${query}`],
    eventMethod: 'POST',
    ...(order.detectMachine ? { machineDetection: 'continue' } : {}),
    ringingTimer: Math.min(Math.ceil(order.ringTimeoutMs / 1_000), ringSecondsMax),
    lengthTimer: Math.min(limits.callLifeMs / 1_000, callSecondsMax),
  } as OutboundCall);
  return uuid;
}

async function findDialled(
  client: VonageVoiceClient,
  order: DialOrder,
): Promise<{ uuid: string; status: string } | undefined> {
  const { uri, number } = endpointOf(order.to);
  const { calls } = await listCalls(client, order.orderedAt - carrierLimits.clockSlackMs);
  return calls.find(
    ({ uuid, direction, from, to }) =>
      direction === 'outbound' &&
      from?.number === digitsOf(order.from) &&
      (number === undefined ? to?.uri === uri : to?.number === number) &&
      order.taken?.includes(uuid) !== true,
  );
}

async function listIncoming(client: VonageVoiceClient, since: number): Promise<ListedCalls> {
  try {
    const { calls, isWhole } = await listCalls(client, since);
    return { kind: 'listed', calls: calls.flatMap(incomingOf), isWhole };
  } catch (fault) {
    const { kind, reason } = readFailure(fault);
    return { kind: kind === 'unavailable' ? kind : 'refused', reason };
  }
}

/** Page after page, newest first, as far as calls are looked through: a call placed at `since` stands on the last one. */
async function listCalls(
  client: VonageVoiceClient,
  since: number,
): Promise<{ readonly calls: readonly ListedLeg[]; readonly isWhole: boolean }> {
  const calls: ListedLeg[] = [];
  while (calls.length < limits.callsComparedMax) {
    const page = await client.search({
      dateStart: toIso(since),
      order: 'desc',
      pageSize: callsPerPage,
      recordIndex: calls.length,
    });
    const found = (page._embedded?.calls ?? []) as unknown as readonly ListedLeg[];
    calls.push(...found);
    if (found.length < callsPerPage) return { calls, isWhole: true };
  }
  return { calls, isWhole: false };
}

/** None for the legs that we have placed ourselves, and for calls to what is no number. */
function incomingOf({ uuid, direction, status, from, to, start_time, end_time }: ListedLeg): ListedCall[] {
  const dnis = parseE164(`+${to?.number ?? ''}`);
  const startedAt = Date.parse(start_time ?? '');
  if (direction !== 'inbound' || dnis === null || Number.isNaN(startedAt)) return [];
  const endedAt = isEnding(status) ? Date.parse(end_time ?? '') || startedAt : null;
  return [{ carrierCallId: uuid, dnis, ani: parseE164(`+${from?.number ?? ''}`), startedAt, endedAt }];
}

interface ListedLeg {
  readonly uuid: string;
  readonly status: string;
  readonly direction?: string;
  readonly start_time?: string;
  readonly end_time?: string;
  readonly from?: { readonly number?: string };
  readonly to?: { readonly number?: string; readonly uri?: string };
}

function endpointOf(to: Dialable): { type: string; number?: string; uri?: string } {
  return isPhone(to) ? { type: 'phone', number: digitsOf(to) } : { type: 'sip', uri: to };
}

function digitsOf(number: E164): string {
  return number.slice(1);
}

async function look(client: VonageVoiceClient, carrierCallId: string): Promise<'live' | 'gone' | 'unknown'> {
  try {
    const { status } = await client.getCall(carrierCallId);
    return isEnding(String(status)) ? 'gone' : 'live';
  } catch (fault) {
    return readFailure(fault).kind === 'gone' ? 'gone' : 'unknown';
  }
}

/** Vonage refuses to change a call that has ended as it refuses any other thing: the call itself is asked then. */
async function change(
  client: VonageVoiceClient,
  carrierCallId: string,
  request: () => Promise<unknown>,
): Promise<CarrierAnswer> {
  try {
    await request();
    return { kind: 'done' };
  } catch (fault) {
    const { kind, reason } = readFailure(fault);
    if (kind === 'gone') return { kind };
    if (kind === 'refused' && (await look(client, carrierCallId)) === 'gone') return { kind: 'gone' };
    return { kind, reason };
  }
}

/** Vonage records a room, not a leg: the one this leg stands in. */
function record(
  { client, voiceApiUrl, publicUrl }: World,
  carrierCallId: string,
  act: RecordingAct,
  callId: CallId,
): Promise<CarrierAnswer> {
  if (act === 'pause' || act === 'resume') {
    return Promise.resolve({ kind: 'refused', reason: 'vonage cannot pause a recording' });
  }
  return change(client, carrierCallId, async () => {
    const { conversationUUID } = await client.getCall(carrierCallId);
    const eventUrl = `${publicUrl()}/carriers/vonage/voice/recorded?${new URLSearchParams({ call: callId })}`;
    const started = { action: 'start', format: 'mp3', event_url: [eventUrl], event_method: 'POST' };
    const order = act === 'start' ? started : { action: 'stop' };
    await client.sendPutRequest(`${voiceApiUrl}/v1/conversations/${conversationUUID}/record`, order);
  });
}
