/**
 * The addresses Twilio calls. Each is five moves: bound (the body limit), verify (the signature over the public URL),
 * dedupe and translate (the desk's one transaction), answer. A webhook is answered 2xx only after its commit.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { AppError, unreachable } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { CallId, MessageId } from '../../ports/ids.ts';
import type { MessageDesk } from '../../sms/message-desk.ts';
import { afterFailover, failoverInstructions, instructionsFor } from '../../telephony/answer-call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import type { HearInTime } from '../hear-in-time.timer.ts';
import { serveHoldMusic } from '../hold-music.ts';
import {
  type CallQuery,
  callQuery,
  type LegQuery,
  legQuery,
  type NextQuery,
  nextQuery,
  notInService,
} from '../next-step.ts';
import { readForm } from './read-form.ts';
import {
  type CallStatusReport,
  type Fields,
  readCallSid,
  readCallStatus,
  readDialEnded,
  readDnis,
  readIncomingCall,
  readIncomingMessage,
  readKeys,
  readMachine,
  readMessageStatus,
  readRecording,
} from './read-webhook.ts';
import { type SigningAccount, verifySignature } from './signature.ts';
import { toTwiml } from './to-twiml.ts';

interface World {
  readonly account: SigningAccount | null;
  readonly publicUrl: () => string;
  readonly holdMusicUrl: (seconds: number) => string;
  readonly answerInTime: AnswerInTime;
  readonly hearInTime: HearInTime;
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
  const answer = await world.answerInTime(incoming);
  switch (answer.kind) {
    case 'taken':
      return instructionsFor(answer.call, null);
    case 'unknown-number':
      return notInService;
    case 'failover':
      return failoverInstructions(answer.to, incoming.dnis);
    default:
      return unreachable(answer);
  }
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

async function onNextStep(world: World, fields: Fields, next: NextQuery): Promise<readonly Instruction[]> {
  if (next.step === 'waited') return onWaited(world, fields, next);
  const fact = factOf(fields, next);
  if (next.call === undefined) return afterFailover(fact.what === 'dial-ended' && fact.answered);
  const carrierCallId = readCallSid(fields);
  const legId = 'leg' in next ? (next.leg ?? null) : null;
  const asked = next.step === 'again' ? next.asked : 0;
  const keys = fact.what === 'keys' ? [...(fact.turn === undefined ? [] : [fact.turn]), fact.digits].join(':') : asked;
  const detail = 'room' in next ? next.room : keys;
  const dedupKey = `${carrierCallId}:${next.step}:${detail}`;
  const raw = withoutAddress(fields);
  return askNext(world, { callId: next.call, legId, carrierCallId, dedupKey, fact, raw }, asked);
}

async function onWaited(
  world: World,
  fields: Fields,
  { call: id, asked }: Extract<NextQuery, { step: 'waited' }>,
): Promise<readonly Instruction[]> {
  const caller = { carrier: 'twilio', callId: id, carrierCallId: readCallSid(fields), raw: fields };
  const heard = await world.hearInTime.ask(caller, { dnis: readDnis(fields), asked });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return heard.instructions;
}

function factOf(fields: Fields, next: Exclude<NextQuery, { step: 'waited' }>): LegFact {
  switch (next.step) {
    case 'left-room':
      // The room closed under the leg, or the leg left it by hanging up.
      if (fields.CallStatus === 'completed') return { what: 'ended', reason: 'completed' };
      return { what: 'left-room', room: next.room };
    case 'recorded': {
      const { seconds, recordingId } = readRecording(fields);
      return { what: 'recorded', seconds, recordingId };
    }
    case 'dial-ended':
      return { what: 'dial-ended', answered: readDialEnded(fields).answered };
    case 'keys':
      return { what: 'keys', digits: readKeys(fields), turn: next.turn };
    case 'again':
      return { what: 'noted' };
    default:
      return unreachable(next);
  }
}

function onAgentAnswered(world: World, fields: Fields, { call, leg }: LegQuery): Promise<readonly Instruction[]> {
  const carrierCallId = readCallSid(fields);
  const dedupKey = `${carrierCallId}:answered`;
  return askNext(
    world,
    { callId: call, legId: leg, carrierCallId, dedupKey, fact: { what: 'answered' }, raw: fields },
    0,
  );
}

function onLegStatus(world: World, fields: Fields, { call, leg }: LegQuery): Promise<'empty'> {
  const status = readCallStatus(fields);
  const report = { callId: call, legId: leg, ...reported(status), fact: legFact(status), raw: fields };
  return note(world, report);
}

/** Who has picked up an agent's phone, as far as listening tells. */
function onMachineHeard(world: World, fields: Fields, { call, leg }: LegQuery): Promise<'empty'> {
  const { carrierCallId, isMachine, dedupKey } = readMachine(fields);
  const fact: LegFact = isMachine ? { what: 'machine' } : { what: 'noted' };
  const report = { callId: call, legId: leg, carrierCallId, dedupKey, fact, raw: fields };
  return note(world, report);
}

/** A conversation has been filed. */
async function onRecording(world: World, fields: Fields, { call }: CallQuery): Promise<'empty'> {
  const { carrierCallId, seconds, recordingId } = readRecording(fields);
  if (recordingId === null) return 'empty';
  const fact = { what: 'conversation-recorded', seconds, recordingId } as const;
  const dedupKey = `${recordingId}:filed`;
  return note(world, { callId: call, legId: null, carrierCallId, dedupKey, fact, raw: withoutAddress(fields) });
}

/** What is kept of a recording does not say where the sound lies: whoever has the address may hear it. */
function withoutAddress({ RecordingUrl: _address, ...fields }: Fields): Fields {
  return fields;
}

function reported({ carrierCallId, dedupKey }: CallStatusReport) {
  return { carrierCallId, dedupKey };
}

function legFact({ status, ending }: CallStatusReport): LegFact {
  if (ending !== null) return { what: 'ended', reason: ending };
  if (status === 'ringing') return { what: 'ringing' };
  return status === 'in-progress' ? { what: 'answered' } : { what: 'noted' };
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

/** What the leg does next; without the record it stays on the line and asks again. */
async function askNext(
  world: World,
  report: Omit<LegReport, 'carrier'>,
  asked: number,
): Promise<readonly Instruction[]> {
  const dnis = report.legId === null ? readDnis(report.raw as Fields) : null;
  const heard = await world.hearInTime.hear({ carrier: 'twilio', ...report }, { dnis, asked });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return heard.instructions;
}

/** Nobody waits for the answer; while the record is away it is told later. */
function note(world: World, report: Omit<LegReport, 'carrier'>): Promise<'empty'> {
  const { callId, dedupKey } = report;
  return world.hearInTime.tell({ key: `twilio ${dedupKey}`, callId, tell: () => hear(world, report) });
}

async function hear(world: World, report: Omit<LegReport, 'carrier'>): Promise<'empty'> {
  const heard = await world.callDesk.hear({ carrier: 'twilio', ...report });
  if (heard.kind === 'unknown') throw new AppError('not-found', { detail: 'no such call' });
  return 'empty';
}
