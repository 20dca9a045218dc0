/**
 * A gateway for the sandbox's tests: the real call machine and answers, with a Map for a record and an array for an
 * outbox. Effects are performed only in `settle()`, so a test decides when the gateway catches up.
 */
import Fastify from 'fastify';
import { limits } from '../../../config/limits.ts';
import { createSandboxHead, type TakeCall } from '../../../src/carriers/sandbox/head.ts';
import { createSandboxMessages } from '../../../src/carriers/sandbox/messages.ts';
import { createNetwork } from '../../../src/carriers/sandbox/network.ts';
import { registerSandbox } from '../../../src/carriers/sandbox/routes.ts';
import { createSandboxVoice } from '../../../src/carriers/sandbox/voice.ts';
import { type E164, parseE164 } from '../../../src/ports/e164.ts';
import { AppError, errorCatalogue } from '../../../src/ports/errors.ts';
import { type CallId, createIds, type LegId } from '../../../src/ports/ids.ts';
import { silentLog } from '../../../src/ports/log.ts';
import type { IncomingMessage, MessageReceipt } from '../../../src/sms/message-desk.ts';
import { instructionsFor } from '../../../src/telephony/answer-call.ts';
import {
  type Call,
  type CallEffect,
  type CallEvent,
  type CallFacts,
  type CallTimer,
  legOf,
} from '../../../src/telephony/call.ts';
import { advance, startCall } from '../../../src/telephony/call-machine.ts';
import type { Dialable } from '../../../src/telephony/instructions.ts';
import { eventsOf, type LegReport } from '../../../src/telephony/leg-report.ts';
import { planDefaults } from '../../../src/telephony/plan/plan-parts.ts';
import type { CallRun } from '../../../src/telephony/run-call.ts';
import type { Heard, IncomingCall } from '../../../src/telephony/take-call.ts';

function phone(text: string): E164 {
  const read = parseE164(text);
  if (read === null) throw new Error(`${text} is no number`);
  return read;
}

export const ours = phone('+15035550100');
export const caller = phone('+15035550123');
export const agentA = phone('+15035550141');
export const agentB = phone('+15035550142');
export const elsewhere = phone('+15035550177');

const now = 1_700_000_000_000;

export interface Stage {
  readonly agents?: readonly E164[];
  readonly failover?: E164;
  /** Phones that ring at once; left out: one after another. */
  readonly race?: number;
  readonly takeCall?: TakeCall;
}

export function setup(stage: Stage = {}) {
  const clock = { now: () => now };
  let seed = 0;
  const randomBytes = (length: number) => {
    seed += 1;
    return Uint8Array.from({ length }, (_, at) => (seed >> (8 * (at % 4))) & 255);
  };
  const network = createNetwork({ randomBytes });
  const record = createStagedRecord(stage, createIds({ clock, randomBytes }));
  const texts: IncomingMessage[] = [];
  const receipts: MessageReceipt[] = [];
  const head = createSandboxHead({
    network,
    desk: { hear: record.hear },
    messages: {
      async take(incoming: IncomingMessage) {
        if (incoming.to !== ours) return { kind: 'unknown-number' };
        texts.push(incoming);
        return { kind: 'taken', conversationId: 'conv_1' as never, repeated: false };
      },
    },
    takeCall: stage.takeCall ?? record.take,
    findCall: async (carrierCallId) =>
      [...record.calls.values()].find((call) => call.carrierCallId === carrierCallId)?.id ?? null,
    log: silentLog,
  });
  const voice = createSandboxVoice({ network, head });
  const hearReceipt = async (receipt: MessageReceipt) => {
    receipts.push(receipt);
    return 'applied' as const;
  };
  const messages = createSandboxMessages({ network, desk: { hear: hearReceipt }, clock, log: silentLog });
  const app = Fastify();
  app.setErrorHandler((fault, _request, reply) =>
    fault instanceof AppError
      ? reply.code(errorCatalogue[fault.code].status).send({ code: fault.code, detail: fault.detail })
      : reply.send(fault),
  );
  app.register((scope) => registerSandbox(scope, { network, head }));

  /** Performs what the machine asked for until nothing more comes of it. */
  const settle = async (): Promise<void> => {
    await head.settled();
    for (let effect = record.effects.shift(); effect !== undefined; effect = record.effects.shift()) {
      await record.perform(effect, voice);
      await head.settled();
    }
    await messages.settled();
  };
  const send = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const response = await app.inject({
      method,
      url: `/carriers/sandbox${path}`,
      ...(body === undefined ? {} : { payload: body }),
    });
    return { code: response.statusCode, body: response.json() };
  };
  /** A request followed by everything the gateway does because of it. */
  const act = async (path: string, body?: object) => {
    const answer = await send('POST', path, body);
    await settle();
    return answer;
  };
  return { app, network, record, head, voice, messages, texts, receipts, settle, send, act };
}

type Owed = { readonly callId: CallId; readonly effect: CallEffect };

function createStagedRecord(stage: Stage, ids: ReturnType<typeof createIds>) {
  const calls = new Map<CallId, Call>();
  const heard: LegReport[] = [];
  const effects: Owed[] = [];
  const timers: Owed[] = [];
  const outage = { isOn: false };

  const choose = (call: Call): CallEvent => {
    const free = (stage.agents ?? []).find((agent) => call.legs.every((leg) => leg.to !== agent));
    if (free === undefined) return { type: 'nobody-free', someoneBusy: false };
    return { type: 'agent-chosen', legId: ids.make('leg'), agentId: `agent_${free}` as never, phone: free };
  };
  const settleIn = (call: Call, wanted: readonly CallEffect[]): void => {
    calls.set(call.id, call);
    for (const effect of wanted) {
      if (effect.kind === 'set-timer') timers.push({ callId: call.id, effect });
      if (effect.kind === 'choose-agent') apply(call.id, choose(calls.get(call.id) ?? call));
      else effects.push({ callId: call.id, effect });
    }
  };
  const apply = (callId: CallId, event: CallEvent): CallRun => {
    const call = calls.get(callId);
    if (call === undefined) return { kind: 'unknown' };
    const step = advance(call, event, now);
    if (step.kind === 'ignored') return { kind: 'ignored', call, reason: step.reason };
    settleIn(step.call, step.effects);
    return { kind: 'advanced', call: calls.get(callId) ?? step.call };
  };
  const take = async (incoming: IncomingCall): ReturnType<TakeCall> => {
    if (incoming.dnis !== ours) return { kind: 'unknown-number' };
    const started = startCall(factsOf(stage, ids.make('call'), incoming), now);
    settleIn(started.call, started.effects);
    return { kind: 'taken', call: calls.get(started.call.id) ?? started.call };
  };
  const hear = async (report: LegReport): Promise<Heard> => {
    if (outage.isOn) throw new Error('the record is away');
    const call = calls.get(report.callId);
    if (call === undefined) return { kind: 'unknown' };
    const isNew = heard.every(({ dedupKey }) => dedupKey !== report.dedupKey);
    heard.push(report);
    if (isNew) for (const event of eventsOf(report)) apply(report.callId, event);
    const now = calls.get(report.callId) ?? call;
    return { kind: 'heard', call: now, instructions: instructionsFor(now, report.legId) };
  };
  const perform = async ({ callId, effect }: Owed, voice: ReturnType<typeof createSandboxVoice>): Promise<void> => {
    const call = calls.get(callId);
    const leg =
      call !== undefined && 'legId' in effect && effect.legId !== null ? legOf(call, effect.legId) : undefined;
    if (call === undefined) return;
    if (effect.kind === 'instruct-caller') await voice.instruct(call.carrierCallId, instructionsFor(call, null));
    if (effect.kind === 'hang-up-caller') await voice.hangUp(call.carrierCallId);
    if (effect.kind === 'hang-up-leg' && leg?.carrierCallId) await voice.hangUp(leg.carrierCallId);
    if (effect.kind === 'instruct-leg' && leg?.carrierCallId)
      await voice.instruct(leg.carrierCallId, instructionsFor(call, leg.id));
    if (effect.kind !== 'dial-leg' || leg === undefined) return;
    const answer = await voice.dial(orderOf(call, leg.id, leg.to));
    if (answer.kind !== 'dialled') return;
    apply(callId, { type: 'leg-dialled', legId: leg.id, carrierCallId: answer.carrierCallId });
  };
  /** Lets the timers of these names fall due, each once. */
  const fall = (names: readonly CallTimer[]): void => {
    for (const { callId, effect } of timers.splice(0)) {
      if (effect.kind !== 'set-timer') continue;
      if (!names.includes(effect.timer)) timers.push({ callId, effect });
      else apply(callId, { type: 'timer-due', timer: effect.timer, legId: effect.legId });
    }
  };
  return { calls, heard, effects, outage, fall, take, hear, apply, perform };
}

export function orderOf<To extends Dialable>(call: Pick<Call, 'id' | 'dnis'>, legId: LegId, to: To) {
  const { ringTimeoutMs } = limits;
  return { callId: call.id, legId, from: call.dnis, to, ringTimeoutMs, orderedAt: now, repeated: false };
}

function factsOf(stage: Stage, id: CallId, incoming: IncomingCall): CallFacts {
  const { carrier, carrierCallId, dnis, ani, attestation } = incoming;
  return {
    id,
    enterpriseId: 'ent_1' as never,
    numberId: 'num_1' as never,
    carrier,
    carrierCallId,
    dnis,
    ani,
    attestation,
    visitId: null,
    plan: {
      ...planDefaults,
      ...(stage.race === undefined ? {} : { dispatch: 'race', raceSize: stage.race }),
      greeting: 'Please hold.',
      ringTimeoutMs: limits.ringTimeoutMs,
      acceptTimeoutMs: limits.acceptTimeoutMs,
      waitUntil: now + limits.callWaitMs,
      offersMax: limits.offersPerCallMax,
      failover: stage.failover ?? null,
    },
  };
}
