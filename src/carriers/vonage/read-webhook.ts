/**
 * Vonage's words end here. Each reader takes the fields of one webhook and answers in ours; fields we do not know are
 * welcome, for Vonage adds them without notice, and an event nobody knows is kept and changes nothing. Numbers come as
 * digits without a plus, a withheld one as a word; `machine` and `human` name their call as `call_uuid`.
 */
import { z } from 'zod';
import { type E164, maskNumber, parseE164 } from '../../ports/e164.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { LegEnding } from '../../telephony/call.ts';
import type { LegFact } from '../../telephony/leg-report.ts';
import type { IncomingCall } from '../../telephony/open-call.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** With dashes, and without for calls that come in. */
const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'is not a call’s uuid')
  .transform((text) => text.toLowerCase());
const ourNumber = z.string().transform((digits, context) => {
  const number = readNumber(digits);
  if (number !== null) return number;
  context.addIssue({ code: 'custom', message: `${maskNumber(digits)} is not a telephone number` });
  return z.NEVER;
});
const text = z.string().max(128);
const answer = z.object({ uuid, to: ourNumber, from: z.string().max(128).optional() });
const input = z.object({
  uuid,
  timestamp: text.default(''),
  dtmf: z.object({
    digits: z
      .string()
      .regex(/^[0-9*#A-D]{0,32}$/)
      .nullish(),
  }),
});
const recording = z.object({
  recording_uuid: text,
  recording_url: z.url().max(512),
  start_time: z.iso.datetime({ offset: true }),
  end_time: z.iso.datetime({ offset: true }),
});
const event = z.object({
  uuid: uuid.optional(),
  call_uuid: uuid.optional(),
  status: text.optional(),
  timestamp: text.default(''),
  to: z.string().max(128).optional(),
  direction: text.optional(),
  reason: z.string().max(512).optional(),
  conversation_uuid_to: text.optional(),
});

/** The statuses that end a leg, and how; with any other it goes on. */
const endings: ReadonlyMap<string, LegEnding> = new Map([
  ['busy', 'busy'],
  ['cancelled', 'canceled'],
  ['unanswered', 'no-answer'],
  ['timeout', 'no-answer'],
  ['rejected', 'failed'],
  ['failed', 'failed'],
  ['disconnected', 'completed'],
  ['completed', 'completed'],
]);

/** Whether a call of this status has ended. */
export function isEnding(status: string): boolean {
  return endings.has(status);
}

/** A new call. Vonage does not tell how the caller's number was attested. */
export function readIncomingCall(fields: Fields): IncomingCall {
  const { uuid: carrierCallId, to, from } = readInput(answer, fields);
  const ani = from === undefined ? null : readNumber(from);
  return { carrier: 'vonage', carrierCallId, dnis: to, ani, attestation: null, raw: fields };
}

/** The id of the leg that asks what to do. */
export function readUuid(fields: Fields): string {
  return readInput(z.object({ uuid }), fields).uuid;
}

export interface EventReport {
  /** Null for an event about no leg, such as a fault in an NCCO. */
  readonly carrierCallId: string | null;
  readonly fact: LegFact;
  readonly dedupKey: string;
  /** The number of ours that was called; null when the field is missing or none. */
  readonly dnis: E164 | null;
  readonly isOutbound: boolean;
  /** What Vonage says went wrong, when the event is about that. */
  readonly fault: string | null;
}

/** A call state, a transfer, or what is only noted. */
export function readEvent(fields: Fields): EventReport {
  const read = readInput(event, fields);
  const carrierCallId = read.uuid ?? read.call_uuid ?? null;
  const isTransfer = read.status === undefined && read.conversation_uuid_to !== undefined;
  const name = isTransfer ? `transfer:${read.timestamp}` : (read.status ?? `unnamed:${read.timestamp}`);
  return {
    carrierCallId,
    fact: factOf(read.status),
    dedupKey: `${carrierCallId}:${name}`,
    dnis: read.to === undefined ? null : readNumber(read.to),
    isOutbound: read.direction === 'outbound',
    fault: read.status === undefined && read.reason !== undefined ? read.reason : null,
  };
}

function factOf(status: string | undefined): LegFact {
  const reason = endings.get(status ?? '');
  if (reason !== undefined) return { what: 'ended', reason };
  return status === 'ringing' || status === 'answered' || status === 'machine' ? { what: status } : { what: 'noted' };
}

/** Keys; none when the prompt ran out. The instant tells two prompts of one leg apart. */
export function readKeys(fields: Fields): { carrierCallId: string; digits: string; at: string } {
  const read = readInput(input, fields);
  return { carrierCallId: read.uuid, digits: read.dtmf.digits ?? '', at: read.timestamp };
}

/** The number of ours that was called, where a webhook says it. */
export function readDnis({ to }: Fields): E164 | null {
  return typeof to === 'string' ? readNumber(to) : null;
}

/** What we had Vonage say with the question; `callId` must be the call's that the address names. */
export function readWaited(fields: Fields, callId: string): { dnis: E164 | null; carrierCallId: string | null } {
  const waited = z.object({ call: z.literal(callId), dnis: text.nullish(), leg: text.nullish() });
  const { payload } = readInput(z.object({ payload: waited }), fields);
  return { dnis: payload.dnis == null ? null : parseE164(payload.dnis), carrierCallId: payload.leg ?? null };
}

/** The file's own id, which the recording is fetched by; it is not the recording's uuid. */
export function readRecording(fields: Fields): { seconds: number; recordingId: string; dedupKey: string } {
  const read = readInput(recording, fields);
  const seconds = Math.round((Date.parse(read.end_time) - Date.parse(read.start_time)) / 1_000);
  const recordingId = new URL(read.recording_url).pathname.split('/').at(-1) || read.recording_uuid;
  return { seconds: Math.max(0, seconds), recordingId, dedupKey: `${read.recording_uuid}:recorded` };
}

/** How a dial from within a call went; null while it goes on, or when the caller's own end says more. */
export function readDialEnded(fields: Fields): { answered: boolean } | null {
  const { fact } = readEvent(fields);
  if (fact.what !== 'ended' || fact.reason === 'canceled') return null;
  return { answered: fact.reason === 'completed' };
}

function readNumber(digits: string): E164 | null {
  return /^\d{3,15}$/.test(digits) ? parseE164(`+${digits}`) : null;
}
