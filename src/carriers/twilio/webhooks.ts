/**
 * The addresses Twilio calls. Each is five moves: bound (the body limit), verify (the signature over the public URL),
 * dedupe and translate (the desk's one transaction), answer. A webhook is answered 2xx only after its commit.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { CallId, MessageId } from '../../ports/ids.ts';
import type { MessageDesk } from '../../sms/message-desk.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import { answerIncoming } from '../answer-incoming.ts';
import { serveHoldMusic } from '../hold-music.ts';
import { callQuery, legQuery, nextQuery } from '../next-step.ts';
import {
  hear,
  type LegWorld,
  onAgentAnswered,
  onLegStatus,
  onMachineHeard,
  onNextStep,
  onRecording,
  reported,
} from './leg-webhooks.ts';
import { readForm } from './read-form.ts';
import {
  type CallStatusReport,
  type Fields,
  readCallStatus,
  readDnis,
  readIncomingCall,
  readIncomingMessage,
  readMessageStatus,
} from './read-webhook.ts';
import { type SigningAccount, verifySignature } from './signature.ts';
import { toTwiml } from './to-twiml.ts';

interface World extends LegWorld {
  readonly account: SigningAccount | null;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: (seconds: number) => string;
  readonly answerInTime: AnswerInTime;
  readonly callDesk: Pick<CallDesk, 'hear' | 'endedEarly'>;
  readonly messageDesk: MessageDesk;
  readonly findCall: (carrierCallId: string) => Promise<CallId | null>;
}

type Handler = (fields: Fields, query: unknown) => Promise<readonly Instruction[] | 'empty'>;

const messageId = z.string().regex(/^msg_[0-9a-z]{26}$/, 'is not a message’s id') as unknown as z.ZodType<MessageId>;
const messageQuery = z.object({ message: messageId });

/** Registers Twilio's routes below `/carriers/twilio`. */
export function registerTwilio(app: FastifyInstance, world: World): void {
  app.register(async (scope) => {
    serveHoldMusic(scope, 'twilio');
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
    post('/voice/leg-machine', (fields, query) => onMachineHeard(world, fields, readInput(legQuery, query)));
    post('/voice/recording', (fields, query) => onRecording(world, fields, readInput(callQuery, query)));
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
  const place = { holdMusicUrl: world.holdMusicUrl, publicUrl: world.publicUrl() };
  const document = toTwiml(instructions === 'empty' ? [] : instructions, place);
  return reply.type('text/xml; charset=utf-8').send(document);
}

async function onIncomingCall(world: World, fields: Fields): Promise<readonly Instruction[]> {
  const incoming = readIncomingCall(fields);
  return answerIncoming(await world.answerInTime(incoming), incoming.dnis);
}

function onCallerStatus(world: World, fields: Fields): Promise<'empty'> {
  const status = readCallStatus(fields);
  const key = `twilio ${status.dedupKey}`;
  return world.hearInTime.tell({ key, callId: null, tell: () => hearCallerStatus(world, fields, status) });
}

async function hearCallerStatus(world: World, fields: Fields, status: CallStatusReport): Promise<'empty'> {
  const id = await world.findCall(status.carrierCallId);
  if (id === null) {
    const dnis = readDnis(fields);
    const end = { carrier: 'twilio', carrierCallId: status.carrierCallId, raw: fields };
    if (status.ending !== null && dnis !== null) await world.callDesk.endedEarly({ ...end, dnis });
    return 'empty';
  }
  const fact: LegFact = status.ending === null ? { what: 'noted' } : { what: 'ended', reason: status.ending };
  return hear(world, { callId: id, legId: null, ...reported(status), fact, raw: fields });
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
