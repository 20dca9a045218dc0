/**
 * The addresses Twilio calls. Each is five moves: bound (the body limit), verify (the signature over the public URL),
 * dedupe and translate (the desk's one transaction), answer. A webhook is answered 2xx only after its commit.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { AppError, unreachable } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { CallId, LegId, MessageId } from '../../ports/ids.ts';
import type { MessageDesk } from '../../sms/message-desk.ts';
import { answerAgent, answerCaller, keysAccept, whisperToAgent } from '../../telephony/answer-call.ts';
import { type Call, type CallEvent, legOf } from '../../telephony/call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { CallDesk, CallReport } from '../../telephony/take-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import { readForm } from './read-form.ts';
import {
  type Fields,
  readCallStatus,
  readDialEnded,
  readDnis,
  readIncomingCall,
  readIncomingMessage,
  readKeys,
  readMessageStatus,
  readRecording,
} from './read-webhook.ts';
import { type SigningAccount, verifySignature } from './signature.ts';
import { toTwiml } from './to-twiml.ts';

interface World {
  readonly account: SigningAccount | null;
  readonly publicUrl: () => string;
  readonly answerInTime: AnswerInTime;
  readonly callDesk: CallDesk;
  readonly messageDesk: MessageDesk;
  readonly findCall: (carrierCallId: string) => Promise<CallId | null>;
}

type Handler = (fields: Fields, query: unknown) => Promise<readonly Instruction[] | 'empty'>;

const callId = z.string().regex(/^call_[0-9a-z]{26}$/, 'is not a call’s id') as unknown as z.ZodType<CallId>;
const legId = z.string().regex(/^leg_[0-9a-z]{26}$/, 'is not a leg’s id') as unknown as z.ZodType<LegId>;
const messageId = z.string().regex(/^msg_[0-9a-z]{26}$/, 'is not a message’s id') as unknown as z.ZodType<MessageId>;
const legQuery = z.object({ call: callId, leg: legId });
const messageQuery = z.object({ message: messageId });
const nextQuery = z.discriminatedUnion('step', [
  z.object({ step: z.literal('caller-left-room'), call: callId }),
  z.object({ step: z.literal('voicemail-left'), call: callId }),
  z.object({ step: z.literal('failover-ended'), call: callId.optional() }),
  z.object({ step: z.literal('agent-keys'), call: callId, leg: legId }),
]);

const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];
const nobodyAnswered: readonly Instruction[] = [
  { verb: 'say', text: 'Sorry, nobody can take your call just now. Goodbye.' },
  { verb: 'hang-up' },
];
const notInService: readonly Instruction[] = [
  { verb: 'say', text: 'The number you have called is not in service. Please check the number and try again.' },
  { verb: 'hang-up' },
];

/** Registers Twilio's routes below `/carriers/twilio`. */
export function registerTwilio(app: FastifyInstance, world: World): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: limits.webhookBodyBytesMax },
      (_request, body, done) => done(null, readForm(String(body))),
    );
    const post = (path: string, handler: Handler) =>
      scope.post(`/carriers/twilio${path}`, { schema: { hide: true } }, (request, reply) =>
        take(world, handler, request, reply),
      );
    post('/voice', (fields) => onIncomingCall(world, fields));
    post('/status', (fields) => onCallerStatus(world, fields));
    post('/voice/next', (fields, query) => onNextStep(world, fields, readInput(nextQuery, query)));
    post('/voice/agent', (fields, query) => onAgentAnswered(world, fields, readInput(legQuery, query)));
    post('/voice/leg-status', (fields, query) => onLegStatus(world, fields, readInput(legQuery, query)));
    post('/messages', (fields) => onIncomingMessage(world, fields));
    post('/messages/status', (fields, query) => onMessageStatus(world, fields, readInput(messageQuery, query)));
  });
}

async function take(
  world: World,
  handler: Handler,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const fields = (request.body ?? {}) as Fields;
  const header = request.headers['x-twilio-signature'];
  const signature = Array.isArray(header) ? header[0] : header;
  verifySignature(world.account, world.publicUrl(), { signature, pathAndQuery: request.raw.url ?? '', fields });
  const instructions = await handler(fields, request.query);
  const document = toTwiml(instructions === 'empty' ? [] : instructions, world.publicUrl());
  return reply.type('text/xml; charset=utf-8').send(document);
}

async function onIncomingCall(world: World, fields: Fields): Promise<readonly Instruction[]> {
  const incoming = readIncomingCall(fields);
  const answer = await world.answerInTime(incoming);
  switch (answer.kind) {
    case 'taken':
      return answerCaller(answer.call);
    case 'unknown-number':
      return notInService;
    case 'failover':
      return [
        {
          verb: 'dial',
          to: answer.to,
          callerId: incoming.dnis,
          ringTimeoutMs: limits.failoverRingTimeoutMs,
          next: { step: 'failover-ended', callId: null },
        },
      ];
    default:
      return unreachable(answer);
  }
}

async function onCallerStatus(world: World, fields: Fields): Promise<'empty'> {
  const status = readCallStatus(fields);
  const id = await world.findCall(status.carrierCallId);
  if (id === null) {
    const dnis = readDnis(fields);
    const end = { carrier: 'twilio', carrierCallId: status.carrierCallId, raw: fields };
    if (status.ending !== null && dnis !== null) await world.callDesk.endedEarly({ ...end, dnis });
    return 'empty';
  }
  const events: CallEvent[] = status.ending === null ? [] : [{ type: 'caller-ended' }];
  await hear(world, { callId: id, dedupKey: status.dedupKey, kind: 'call.status', events, raw: fields });
  return 'empty';
}

async function onNextStep(
  world: World,
  fields: Fields,
  next: z.infer<typeof nextQuery>,
): Promise<readonly Instruction[]> {
  switch (next.step) {
    case 'caller-left-room': {
      const { carrierCallId } = readKeys(fields);
      const dedupKey = `${carrierCallId}:left-room`;
      return answerCaller(
        await hear(world, { callId: next.call, dedupKey, kind: 'call.room', events: roomEvents(fields), raw: fields }),
      );
    }
    case 'voicemail-left': {
      const { carrierCallId, seconds, recordingId } = readRecording(fields);
      const events: CallEvent[] = [{ type: 'voicemail-left', seconds, recordingId }];
      return answerCaller(
        await hear(world, {
          callId: next.call,
          dedupKey: `${carrierCallId}:voicemail`,
          kind: 'call.voicemail',
          events,
          raw: fields,
        }),
      );
    }
    case 'failover-ended': {
      const { carrierCallId, answered } = readDialEnded(fields);
      if (next.call === undefined) return answered ? hangUp : nobodyAnswered;
      const events: CallEvent[] = [{ type: 'failover-ended', answered }];
      return answerCaller(
        await hear(world, {
          callId: next.call,
          dedupKey: `${carrierCallId}:failover`,
          kind: 'call.failover',
          events,
          raw: fields,
        }),
      );
    }
    case 'agent-keys': {
      const { carrierCallId, digits } = readKeys(fields);
      const event: CallEvent = keysAccept(digits)
        ? { type: 'leg-accepted', legId: next.leg }
        : { type: 'leg-ended', legId: next.leg, reason: 'declined' };
      const dedupKey = `${carrierCallId}:keys:${digits}`;
      return answerAgent(
        await hear(world, { callId: next.call, dedupKey, kind: 'leg.keys', events: [event], raw: fields }),
        next.leg,
      );
    }
    default:
      return unreachable(next);
  }
}

/** The room closes under the caller when the agent left; when the caller left it, their own status says so. */
function roomEvents(fields: Fields): CallEvent[] {
  return fields.CallStatus === 'completed' ? [{ type: 'caller-ended' }] : [{ type: 'room-ended' }];
}

async function onAgentAnswered(
  world: World,
  fields: Fields,
  query: z.infer<typeof legQuery>,
): Promise<readonly Instruction[]> {
  const { carrierCallId } = readKeys(fields);
  const events: CallEvent[] = [
    { type: 'leg-dialled', legId: query.leg, carrierCallId },
    { type: 'leg-answered', legId: query.leg },
  ];
  const call = await hear(world, {
    callId: query.call,
    dedupKey: `${carrierCallId}:answered`,
    kind: 'leg.answered',
    events,
    raw: fields,
  });
  const leg = legOf(call, query.leg);
  return leg === undefined ? hangUp : whisperToAgent(call, leg);
}

async function onLegStatus(world: World, fields: Fields, query: z.infer<typeof legQuery>): Promise<'empty'> {
  const status = readCallStatus(fields);
  const events: CallEvent[] = [{ type: 'leg-dialled', legId: query.leg, carrierCallId: status.carrierCallId }];
  if (status.status === 'ringing') events.push({ type: 'leg-ringing', legId: query.leg });
  if (status.status === 'in-progress') events.push({ type: 'leg-answered', legId: query.leg });
  if (status.ending !== null) events.push({ type: 'leg-ended', legId: query.leg, reason: status.ending });
  await hear(world, { callId: query.call, dedupKey: status.dedupKey, kind: 'leg.status', events, raw: fields });
  return 'empty';
}

async function onIncomingMessage(world: World, fields: Fields): Promise<'empty'> {
  await world.messageDesk.take(readIncomingMessage(fields));
  return 'empty';
}

async function onMessageStatus(world: World, fields: Fields, query: z.infer<typeof messageQuery>): Promise<'empty'> {
  const status = readMessageStatus(fields);
  const heard = await world.messageDesk.hear({ carrier: 'twilio', messageId: query.message, ...status, raw: fields });
  if (heard === 'unknown') throw new AppError('not-found', { detail: 'no such message' });
  return 'empty';
}

async function hear(world: World, report: Omit<CallReport, 'carrier'>): Promise<Call> {
  const run = await world.callDesk.hear({ carrier: 'twilio', ...report });
  if (run.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return run.call;
}
