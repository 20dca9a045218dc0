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
import { silentLog } from '../../../src/ports/log.ts';
import type { IncomingCall } from '../../../src/telephony/open-call.ts';
import { createUntoldReports } from '../../../src/telephony/untold-reports.ts';
import { openScriptedRtpengine, type ScriptedRtpengine } from '../../support/rtpengine/scripted-rtpengine.ts';
import { openLinkRelay } from '../../support/sip-edge/link-relay.ts';
import { createPhone } from '../../support/sip-edge/phone.ts';
import type { Phone } from '../../support/sip-edge/phone-call.ts';
import { openSipEdge } from '../../support/sip-edge/sip-edge.ts';
import type { SipNetwork } from '../../support/sip-edge/sip-network.ts';
import { isServed, realServer } from './real-server.ts';
import { caller, ours } from './staged-facts.ts';
import { createPhoneBook, domain } from './staged-phone-book.ts';
import { createRecord, type RecordStage } from './staged-record.ts';

export { ours };

export const agentA = '+15035550141' as E164;
export const agentB = '+15035550142' as E164;
export const elsewhere = '+15035550177' as E164;

const trunkHost = '127.0.0.2';
const phoneHost = '127.0.0.3';
export const strangerHost = '127.0.0.4';

export interface SipStage extends RecordStage {
  readonly trunkPassword?: string;
  /** A media server there is; only the scripted one. */
  readonly media?: boolean;
}

export const onlyOnEdge = realServer === null;

export async function stageSip(stage: SipStage = {}) {
  const edge = realServer === null ? await openSipEdge() : null;
  const relay = realServer === null ? null : await openLinkRelay(realServer.drachtio);
  const link = edge ?? relay;
  const network: SipNetwork | undefined = edge ?? realServer?.network();
  if (network === undefined || link === null) throw new Error('there is no server');
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
    drachtio: link.drachtio,
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
  await isServed(trunk, network.server);
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
    /** The connection between the gateway and its server. */
    link,
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
      await link.close();
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

const stackOf = (_key: string, value: unknown) => (value instanceof Error ? value.stack : value);
const say = (level: string) => (facts: Record<string, unknown>, event: string) =>
  void process.stderr.write(`${level} ${event} ${JSON.stringify(facts, stackOf)}\n`);
const loudLog = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
