/**
 * The SIP carrier on a stage: the real call machine with a Map for a record, effects performed as they come, phones and a
 * trunk that a test works. The server is the scripted edge, or a real drachtio-server when DRACHTIO_HOST names one
 * (with DRACHTIO_PORT, DRACHTIO_SECRET, and DRACHTIO_SIP, where it listens for SIP, `127.0.0.1:5060`).
 */
import { randomBytes } from 'node:crypto';
import { limits } from '../../../config/limits.ts';
import { createAnswerInTime } from '../../../src/carriers/answer-in-time.timer.ts';
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
import type { Outbound } from '../../../src/telephony/outbound.ts';
import { type CallPlan, planDefaults } from '../../../src/telephony/plan/plan-parts.ts';
import type { Heard, IncomingCall, Taken } from '../../../src/telephony/take-call.ts';
import type { VoiceCarrier } from '../../../src/telephony/voice-carrier.ts';
import { createPhone } from '../../support/sip-edge/phone.ts';
import type { Phone } from '../../support/sip-edge/phone-call.ts';
import { openSipEdge } from '../../support/sip-edge/sip-edge.ts';
import { type SipNetwork, udpNetwork } from '../../support/sip-edge/sip-network.ts';
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
}

/** The real server of this run, or null. */
const realServer = process.env.DRACHTIO_HOST
  ? {
      drachtio: {
        host: process.env.DRACHTIO_HOST,
        port: Number(process.env.DRACHTIO_PORT ?? 9022),
        secret: process.env.DRACHTIO_SECRET ?? 'cymru',
      },
      sip: process.env.DRACHTIO_SIP ?? '127.0.0.1:5060',
    }
  : null;

export const onlyOnEdge = realServer === null;

export async function stageSip(stage: SipStage = {}) {
  const edge = realServer === null ? await openSipEdge() : null;
  const network: SipNetwork = edge ?? udpNetwork(realServer?.sip ?? '');
  const trunk = createPhone(await network.plug(trunkHost), 'trunk', network.server);
  const record = createRecord(stage);
  const phones = createPhoneBook();
  const trunks = parseTrunkList([trunkHost]);
  if (trunks === null) throw new Error('the trunk list is wrong');
  const failover = stage.failover ?? null;
  const desk = { take: record.take, hear: record.hear };
  const failovers = { find: () => failover, note: (incoming: IncomingCall) => void record.noted.push(incoming) };
  const world: SipWorld = {
    drachtio: edge?.drachtio ?? realServer?.drachtio ?? { host: '', port: 0, secret: '' },
    domain,
    trunks,
    trunk: {
      uri: `sip:${trunk.port.host}:${trunk.port.port}`,
      user: stage.trunkPassword === undefined ? null : 'linekeeper',
      password: stage.trunkPassword ?? null,
    },
    phones,
    desk,
    answerInTime: createAnswerInTime({ desk, failovers, log: silentLog }),
    failovers,
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
    network,
    record,
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
      if (record.isAway) throw new Error('the record is away');
      record.incoming.push(incoming);
      if (incoming.dnis !== ours) return { kind: 'unknown-number' };
      const known = [...calls.values()].find(({ carrierCallId }) => carrierCallId === incoming.carrierCallId);
      if (known !== undefined) return { kind: 'taken', call: known };
      const started = startCall(factsOf(stage, ids.make('call'), incoming), Date.now());
      calls.set(started.call.id, started.call);
      isTaking = true;
      settle(started.call.id, started.effects);
      isTaking = false;
      return { kind: 'taken', call: calls.get(started.call.id) ?? started.call };
    },
    hear: async (report: LegReport): Promise<Heard> => {
      if (record.isAway) throw new Error('the record is away');
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
    const facts = { ...factsOf(stage, ids.make('call'), incoming), carrierCallId: null };
    const started = startOutbound(facts, outbound, Date.now());
    calls.set(started.call.id, started.call);
    settle(started.call.id, started.effects);
  };
  return Object.assign(record, { apply, place });
}

function orderOf(call: Pick<Call, 'id' | 'dnis' | 'plan'>, legId: LegId, to: Dialable) {
  const { ringTimeoutMs } = call.plan;
  return { callId: call.id, legId, from: call.dnis, to, ringTimeoutMs, orderedAt: Date.now(), repeated: false };
}

function factsOf(stage: SipStage, id: CallId, incoming: IncomingCall) {
  const { carrier, carrierCallId, dnis, ani, attestation } = incoming;
  const plan: CallPlan = {
    ...planDefaults,
    greeting: 'Please hold.',
    ringTimeoutMs: limits.ringTimeoutMs,
    acceptTimeoutMs: limits.acceptTimeoutMs,
    waitUntil: Date.now() + limits.callWaitMs,
    offersMax: limits.offersPerCallMax,
    failover: stage.failover ?? null,
    ...stage.plan,
  };
  const house = { enterpriseId: 'ent_1' as never, numberId: 'num_1' as never, visitId: null };
  return { id, ...house, carrier, carrierCallId, dnis, ani, attestation, plan };
}

function away(delayMs: number): Promise<void> {
  return delayMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delayMs));
}

const say = (level: string) => (facts: Record<string, unknown>, event: string) =>
  void process.stderr.write(
    `${level} ${event} ${JSON.stringify(facts, (_key, value) => (value instanceof Error ? value.stack : value))}\n`,
  );
const loudLog = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
