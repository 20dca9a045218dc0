/**
 * The SIP carrier on a stage: the real call machine with a Map for a record, effects performed as they come, phones and a
 * trunk that a test works. The server is the scripted edge, or a real drachtio-server when DRACHTIO_HOST names one
 * (with DRACHTIO_PORT, DRACHTIO_SECRET, and DRACHTIO_SIP, where it listens for SIP, `127.0.0.1:5060`).
 */
import { randomBytes } from 'node:crypto';
import { createAnswerInTime } from '../../../src/carriers/answer-in-time.timer.ts';
import { createHearInTime } from '../../../src/carriers/hear-in-time.timer.ts';
import { openPrompts } from '../../../src/carriers/sip/media/prompts.ts';
import { createSipCarrier, type SipWorld } from '../../../src/carriers/sip/sip-carrier.ts';
import { parseTrunkList } from '../../../src/carriers/sip/trunk-list.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import { type CallId, createIds, type LegId } from '../../../src/ports/ids.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { instructionsFor } from '../../../src/telephony/answer-call.ts';
import { type Call, type CallEffect, type CallEvent, legOf } from '../../../src/telephony/call.ts';
import { advance, startCall, startOutbound } from '../../../src/telephony/call-machine.ts';
import type { Dialable } from '../../../src/telephony/instructions.ts';
import { eventsOf, type LegReport } from '../../../src/telephony/leg-report.ts';
import type { IncomingCall } from '../../../src/telephony/open-call.ts';
import type { Outbound } from '../../../src/telephony/outbound.ts';
import type { CallPlan } from '../../../src/telephony/plan/call-plan.ts';
import type { Heard, Taken } from '../../../src/telephony/take-call.ts';
import { createUntoldReports } from '../../../src/telephony/untold-reports.ts';
import type { VoiceCarrier } from '../../../src/telephony/voice-carrier.ts';
import { openScriptedRtpengine, type ScriptedRtpengine } from '../../support/rtpengine/scripted-rtpengine.ts';
import { createPhone } from '../../support/sip-edge/phone.ts';
import type { Phone } from '../../support/sip-edge/phone-call.ts';
import { openSipEdge } from '../../support/sip-edge/sip-edge.ts';
import type { SipNetwork } from '../../support/sip-edge/sip-network.ts';
import { realServer } from './real-server.ts';
import { stagedFacts } from './staged-facts.ts';
import { createPhoneBook, domain } from './staged-phone-book.ts';

export const ours = '+15035550100' as E164;
const caller = '+15035550123' as E164;
export const agentA = '+15035550141' as E164;
export const agentB = '+15035550142' as E164;
export const elsewhere = '+15035550177' as E164;

const trunkHost = '127.0.0.2';
const phoneHost = '127.0.0.3';
export const strangerHost = '127.0.0.4';

export interface SipStage {
  readonly agents?: readonly E164[];
  readonly failover?: E164 | null;
  readonly takeDelayMs?: number;
  /** Rings all agents at once. */
  readonly race?: boolean;
  readonly plan?: Partial<CallPlan>;
  readonly trunkPassword?: string;
  /** A media server there is; only the scripted one. */
  readonly media?: boolean;
}

export const onlyOnEdge = realServer === null;

export async function stageSip(stage: SipStage = {}) {
  const edge = realServer === null ? await openSipEdge() : null;
  const network: SipNetwork | undefined = edge ?? realServer?.network();
  if (network === undefined) throw new Error('there is no server');
  const trunk = createPhone(await network.plug(trunkHost), 'trunk', network.server);
  const record = createRecord(stage);
  const phones = createPhoneBook();
  const trunks = parseTrunkList([trunkHost]);
  if (trunks === null) throw new Error('the trunk list is wrong');
  const failover = stage.failover ?? null;
  const desk = { take: record.take, hear: record.hear };
  const failovers = { find: () => failover, note: (incoming: IncomingCall) => void record.noted.push(incoming) };
  const engine = stage.media ? await openScriptedRtpengine() : null;
  const untold = createUntoldReports({ log: silentLog });
  const world: SipWorld = {
    drachtio: edge?.drachtio ?? realServer?.drachtio ?? { host: '', port: 0, secret: '' },
    domain,
    trunks,
    trunk: {
      uri: `sip:${trunk.port.host}:${trunk.port.port}`,
      user: stage.trunkPassword === undefined ? null : 'linekeeper',
      password: stage.trunkPassword ?? null,
    },
    media:
      engine === null
        ? null
        : { address: engine.address, folder: engine.folder, prompts: await openPrompts(engine.folder) },
    phones,
    desk,
    answerInTime: createAnswerInTime({ desk, failovers, log: silentLog }),
    hearInTime: createHearInTime({
      desk: { ...desk, ask: async () => ({ kind: 'unknown' }) },
      untold,
      failovers,
      log: silentLog,
    }),
    mayCall: async () => true,
    clock: { now: () => Date.now() },
    randomBytes,
    random: Math.random,
    log: process.env.SIP_LOG ? loudLog : silentLog,
  };
  const carrier = createSipCarrier(world);
  record.voice = carrier.voice;
  await carrier.connected;
  // A real server takes the methods we want a moment after it has let us in.
  if (edge === null) await away(50);
  const plugged: Phone[] = [trunk];
  const phone = async (user: string, host = phoneHost): Promise<Phone> => {
    const made = createPhone(await network.plug(host), user, network.server);
    plugged.push(made);
    return made;
  };
  return {
    carrier,
    edge,
    engine: engine as ScriptedRtpengine,
    network,
    record,
    untold,
    trunk,
    phones,
    phone,
    /** A phone of an agent that is registered with us. */
    async agent(user: string): Promise<Phone> {
      const made = await phone(user);
      phones.keep(user, { contact: made.address, via: `sip:${made.port.host}:${made.port.port}` });
      return made;
    },
    /** A caller from the trunk. */
    call: (plan: Parameters<Phone['call']>[1] = {}, dnis: string = ours) =>
      trunk.call(`sip:${dnis}@${network.server}`, { from: `<sip:${caller}@trunk.example>`, ...plan }),
    /** The carrier of a process that was started after this one. */
    async laterProcess() {
      const later = createSipCarrier(world);
      await later.connected;
      return later;
    },
    async close(): Promise<void> {
      await carrier.close();
      for (const plug of plugged) plug.close();
      await edge?.close();
      await engine?.close();
    },
  };
}

export type StagedSip = Awaited<ReturnType<typeof stageSip>>;

/** Waits until something holds; polls, because what is waited for happens on the other side of a socket. */
export async function until(isSo: () => boolean, what: string, patienceMs = 8_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function createRecord(stage: SipStage) {
  const ids = createIds({ clock: { now: () => Date.now() }, randomBytes });
  const calls = new Map<CallId, Call>();
  const heard = new Map<string, LegReport>();
  const engaged = new Set<E164>();
  const record = {
    calls,
    heard,
    noted: [] as IncomingCall[],
    incoming: [] as IncomingCall[],
    isAway: false,
    /** Takes no call in and never says so. */
    isHanging: false,
    /** How often it was asked while it was away. */
    refused: 0,
    /** An agent who picks up is told to wait: their taking the call is a moment away. */
    acceptsLate: false,
    /** Takes reports and makes nothing of them. */
    isDeaf: false,
    voice: null as VoiceCarrier | null,
    /** The newest call. */
    last: (): Call => {
      const call = [...calls.values()].at(-1);
      if (call === undefined) throw new Error('no call was taken');
      return call;
    },
    facts: () => [...heard.values()].map(({ legId, fact }) => `${legId === null ? 'caller' : 'leg'} ${fact.what}`),
    take: async (incoming: IncomingCall): Promise<Taken> => {
      await away(stage.takeDelayMs ?? 0);
      if (record.isHanging) await new Promise(() => undefined);
      if (record.isAway) throw new Error('the record is away');
      record.incoming.push(incoming);
      if (incoming.dnis !== ours) return { kind: 'unknown-number' };
      const known = [...calls.values()].find(({ carrierCallId }) => carrierCallId === incoming.carrierCallId);
      if (known !== undefined) return { kind: 'taken', call: known };
      const started = startCall(stagedFacts(stage, ids.make('call'), incoming), Date.now());
      calls.set(started.call.id, started.call);
      isTaking = true;
      settle(started.call.id, started.effects);
      isTaking = false;
      return { kind: 'taken', call: calls.get(started.call.id) ?? started.call };
    },
    hear: async (report: LegReport): Promise<Heard> => {
      if (record.isAway) {
        record.refused += 1;
        throw new Error('the record is away');
      }
      const call = calls.get(report.callId);
      if (call === undefined) return { kind: 'unknown' };
      if (!heard.has(report.dedupKey)) {
        heard.set(report.dedupKey, report);
        if (!record.isDeaf) for (const event of eventsOf(report, call)) apply(report.callId, event);
      }
      const now = calls.get(report.callId) ?? call;
      // A leg that the test itself has dialled waits for the test's orders.
      const isTests =
        report.legId !== null &&
        (record.acceptsLate || (legOf(now, report.legId) === undefined && report.legId !== now.outbound?.legId));
      const instructions = isTests ? [{ verb: 'wait', seconds: 60 } as const] : instructionsFor(now, report.legId);
      return { kind: 'heard', call: now, instructions };
    },
  };

  let isTaking = false;
  const choose = (call: Call): CallEvent => {
    const free = (stage.agents ?? []).find(
      (agent) => !engaged.has(agent) && call.legs.every((leg) => leg.to !== agent),
    );
    if (free === undefined)
      return { type: 'nobody-free', someoneBusy: call.legs.some(({ state }) => state !== 'ended') };
    return { type: 'agent-chosen', legId: ids.make('leg'), agentId: `agent_${free}` as never, phone: free };
  };

  function settle(callId: CallId, effects: readonly CallEffect[]): void {
    for (const effect of effects) {
      const call = calls.get(callId);
      if (call === undefined) return;
      if (effect.kind === 'choose-agent') {
        const rounds = stage.race && call.legs.length === 0 ? (stage.agents ?? []).length : 1;
        for (let round = 0; round < rounds; round += 1) apply(callId, choose(calls.get(callId) ?? call));
      } else if (!isTaking || effect.kind !== 'instruct-caller') void perform(callId, effect);
    }
  }

  function apply(callId: CallId, event: CallEvent): void {
    const call = calls.get(callId);
    if (call === undefined) return;
    const step = advance(call, event, Date.now());
    if (step.kind === 'ignored') return;
    calls.set(callId, step.call);
    settle(callId, step.effects);
  }

  async function perform(callId: CallId, effect: CallEffect): Promise<void> {
    if (effect.kind === 'set-timer') {
      const { timer, legId, dueAt } = effect;
      setTimeout(() => apply(callId, { type: 'timer-due', timer, legId }), dueAt - Date.now()).unref();
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
    const call = calls.get(callId);
    const { voice } = record;
    if (call === undefined || voice === null) return;
    if (effect.kind === 'instruct-caller') await voice.instruct(call.carrierCallId ?? '', instructionsFor(call, null));
    if (effect.kind === 'dial-customer' && call.outbound !== null && call.ani !== null) {
      const answer = await voice.dial(orderOf(call, call.outbound.legId, call.ani));
      if (answer.kind === 'dialled') apply(callId, { type: 'customer-dialled', carrierCallId: answer.carrierCallId });
      else apply(callId, { type: 'caller-ended', reason: 'failed' });
    }
    if (effect.kind === 'hang-up-caller') await voice.hangUp(call.carrierCallId ?? '');
    const leg = 'legId' in effect && effect.legId !== null ? legOf(call, effect.legId) : undefined;
    if (leg === undefined) return;
    if (effect.kind === 'instruct-leg' && leg.carrierCallId !== null)
      await voice.instruct(leg.carrierCallId, instructionsFor(call, leg.id));
    if (effect.kind === 'hang-up-leg' && leg.carrierCallId !== null) await voice.hangUp(leg.carrierCallId);
    if (effect.kind !== 'dial-leg') return;
    const answer = await voice.dial(orderOf(call, leg.id, leg.to));
    if (answer.kind === 'dialled')
      apply(callId, { type: 'leg-dialled', legId: leg.id, carrierCallId: answer.carrierCallId });
    else apply(callId, { type: 'leg-ended', legId: leg.id, reason: 'failed' });
  }

  /** A call that we make from our number to the one callers call from. */
  const place = (outbound: Outbound): void => {
    const incoming = { carrier: 'sip', carrierCallId: '', dnis: ours, ani: caller, attestation: null, raw: {} };
    const facts = stagedFacts(stage, ids.make('call'), incoming);
    const { call, effects } = startOutbound({ ...facts, carrierCallId: null }, outbound, Date.now());
    calls.set(call.id, call);
    settle(call.id, effects);
  };
  return Object.assign(record, { apply, place });
}

function orderOf({ id: callId, dnis: from, plan }: Pick<Call, 'id' | 'dnis' | 'plan'>, legId: LegId, to: Dialable) {
  return { callId, legId, from, to, ringTimeoutMs: plan.ringTimeoutMs, orderedAt: Date.now(), repeated: false };
}

const away = (delayMs: number): Promise<void> =>
  delayMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delayMs));

const stackOf = (_key: string, value: unknown) => (value instanceof Error ? value.stack : value);
const say = (level: string) => (facts: Record<string, unknown>, event: string) =>
  void process.stderr.write(`${level} ${event} ${JSON.stringify(facts, stackOf)}\n`);
const loudLog = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
