/**
 * Twilio's words end here. Each reader takes the form fields of one webhook and answers in ours; a field we use is
 * checked for its shape, because the signature has no delimiters, and fields we do not know are welcome: Twilio adds
 * them without notice.
 */
import { z } from 'zod';
import { type E164, maskNumber, parseE164, parseTextAddress } from '../../ports/e164.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { IncomingMessage } from '../../sms/message-desk.ts';
import type { MessageState } from '../../sms/message-machine.ts';
import type { Attestation, LegEnding } from '../../telephony/call.ts';
import type { IncomingCall } from '../../telephony/open-call.ts';

export type Fields = Readonly<Record<string, string | readonly string[]>>;

const e164 = z.string().transform((text, context) => {
  const number = parseE164(text);
  if (number !== null) return number;
  context.addIssue({ code: 'custom', message: `${maskNumber(text)} is not a telephone number in E.164` });
  return z.NEVER;
});
const textAddress = z.string().transform((text, context) => {
  const address = parseTextAddress(text);
  if (address !== null) return address;
  context.addIssue({ code: 'custom', message: 'is neither E.164 nor a short code' });
  return z.NEVER;
});
const callSid = z.string().regex(/^CA[0-9a-f]{32}$/i, 'is not a CallSid');
const messageSid = z.string().regex(/^(?:SM|MM)[0-9a-f]{32}$/i, 'is not a MessageSid');
const count = z.coerce.number().int().min(0).max(1_000_000);

const incomingCall = z.object({
  CallSid: callSid,
  From: z.string().max(64),
  To: e164,
  StirVerstat: z.string().max(64).optional(),
});
const callStatuses = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] as const;
const callStatus = z.object({ CallSid: callSid, CallStatus: z.enum(callStatuses), SequenceNumber: count.optional() });
const answeredBy = z.object({ CallSid: callSid, AnsweredBy: z.string().max(64) });
const anyOfCall = z.object({ CallSid: callSid });
const keys = z.object({
  Digits: z
    .string()
    .regex(/^[0-9*#]{0,32}$/)
    .default(''),
});
const recording = z.object({
  CallSid: callSid,
  RecordingDuration: count.default(0),
  RecordingSid: z
    .string()
    .regex(/^RE[0-9a-f]{32}$/i, 'is not a RecordingSid')
    .optional(),
});
const dialEnded = z.object({
  CallSid: callSid,
  DialCallStatus: z.enum(['completed', 'answered', 'busy', 'no-answer', 'failed', 'canceled']),
});
const incomingMessage = z.object({
  MessageSid: messageSid,
  From: textAddress,
  To: e164,
  Body: z.string().max(10_000).default(''),
});
const messageStatuses = {
  accepted: 'accepted',
  scheduled: 'accepted',
  queued: 'queued',
  sending: 'sending',
  sent: 'sent',
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  canceled: 'canceled',
  read: 'read',
} as const satisfies Record<string, MessageState>;
const messageStatus = z.object({
  MessageSid: messageSid,
  MessageStatus: z.enum(Object.keys(messageStatuses) as [keyof typeof messageStatuses]),
  ErrorCode: z
    .string()
    .regex(/^\d{1,6}$/)
    .optional(),
});

const attestations: ReadonlyMap<string, Attestation> = new Map([
  ['TN-Validation-Passed-A', 'A'],
  ['TN-Validation-Passed-B', 'B'],
  ['TN-Validation-Passed-C', 'C'],
  ['TN-Validation-Failed', 'failed'],
  ['TN-Validation-Failed-A', 'failed'],
  ['TN-Validation-Failed-B', 'failed'],
  ['TN-Validation-Failed-C', 'failed'],
  ['No-TN-Validation', 'none'],
]);

/** A new call. Anything but an exact attestation word (a diverted or passed-through one) counts as none. */
export function readIncomingCall(fields: Fields): IncomingCall {
  const read = readInput(incomingCall, fields);
  return {
    carrier: 'twilio',
    carrierCallId: read.CallSid,
    dnis: read.To,
    ani: parseE164(read.From),
    attestation: read.StirVerstat === undefined ? null : (attestations.get(read.StirVerstat) ?? 'none'),
    raw: fields,
  };
}

export interface CallStatusReport {
  readonly carrierCallId: string;
  readonly status: (typeof callStatuses)[number];
  /** Null while the call goes on. */
  readonly ending: LegEnding | null;
  readonly dedupKey: string;
}

const endings = ['completed', 'busy', 'failed', 'no-answer', 'canceled'] as const satisfies readonly LegEnding[];

/** Whether a call of this status has ended. */
export function isEnding(status: string): status is (typeof endings)[number] {
  return (endings as readonly string[]).includes(status);
}

/** A status callback of either kind of leg. */
export function readCallStatus(fields: Fields): CallStatusReport {
  const read = readInput(callStatus, fields);
  return {
    carrierCallId: read.CallSid,
    status: read.CallStatus,
    ending: isEnding(read.CallStatus) ? read.CallStatus : null,
    dedupKey: `${read.CallSid}:status:${read.CallStatus}:${read.SequenceNumber ?? ''}`,
  };
}

/** The number of ours that a call was made to; null when the field is missing or none. */
export function readDnis(fields: Fields): E164 | null {
  return typeof fields.To === 'string' ? parseE164(fields.To) : null;
}

export function readCallSid(fields: Fields): string {
  return readInput(anyOfCall, fields).CallSid;
}

/** The keys after a prompt. Of a recording Twilio says `hangup` in the same field. */
export function readKeys(fields: Fields): string {
  return readInput(keys, fields).Digits;
}

/** What listening for a machine made of whoever picked up; `unknown` counts as a person, who is asked for the key. */
export function readMachine(fields: Fields): { carrierCallId: string; isMachine: boolean; dedupKey: string } {
  const { CallSid, AnsweredBy } = readInput(answeredBy, fields);
  return {
    carrierCallId: CallSid,
    isMachine: AnsweredBy.startsWith('machine_') || AnsweredBy === 'fax',
    dedupKey: `${CallSid}:answered-by:${AnsweredBy}`,
  };
}

export function readRecording(fields: Fields): { carrierCallId: string; seconds: number; recordingId: string | null } {
  const read = readInput(recording, fields);
  return { carrierCallId: read.CallSid, seconds: read.RecordingDuration, recordingId: read.RecordingSid ?? null };
}

export function readDialEnded(fields: Fields): { carrierCallId: string; answered: boolean } {
  const read = readInput(dialEnded, fields);
  return {
    carrierCallId: read.CallSid,
    answered: read.DialCallStatus === 'completed' || read.DialCallStatus === 'answered',
  };
}

export function readIncomingMessage(fields: Fields): IncomingMessage {
  const read = readInput(incomingMessage, fields);
  return {
    carrier: 'twilio',
    carrierMessageId: read.MessageSid,
    to: read.To,
    from: read.From,
    body: read.Body,
    carrierAnswersConsentWords: true,
    raw: fields,
  };
}

export function readMessageStatus(fields: Fields): {
  carrierMessageId: string;
  state: MessageState;
  failure: string | null;
} {
  const read = readInput(messageStatus, fields);
  return {
    carrierMessageId: read.MessageSid,
    state: messageStatuses[read.MessageStatus],
    failure: read.ErrorCode ?? null,
  };
}
