/**
 * The SIP carrier, put together: requests that drachtio brings go to whoever takes them, the call desk's orders go out, and
 * legs are looked after. When drachtio is away the gateway serves everything else; calls that ring meanwhile are lost to
 * the network, those that talk go on talking, because their sound does not pass through here.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CallId, RandomBytes } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import type { SipPhones } from '../../routing/sip-phones.ts';
import type { Dialable } from '../../telephony/instructions.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { VoiceCarrier } from '../../telephony/voice-carrier.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import type { HearInTime } from '../hear-in-time.timer.ts';
import { createAuthenticate } from './authenticate.ts';
import { createConnectLegs } from './connect-legs.ts';
import { allowedMethods } from './describe-leg.ts';
import { createDialLeg } from './dial-leg.ts';
import { connectDrachtio, type Drachtio } from './drachtio.ts';
import { endTowardsPhone, retryAfter } from './end-leg.ts';
import { createFindTargets, type TrunkAccount } from './find-targets.ts';
import { takeInDialog } from './in-dialog.ts';
import { createLegBook } from './leg-book.ts';
import { isPhoneSide } from './media/anchor.ts';
import { type MediaSettings, openMedia } from './media/open-media.ts';
import { createNonces } from './nonces.ts';
import { isScanner } from './read-invite.ts';
import { createPerform, type Perform } from './run-instructions.ts';
import { serveRegister } from './serve-register.ts';
import type { SipRequest } from './sip-request.ts';
import { createSwitchboard, type Switchboard } from './switchboard.ts';
import { takeInvite } from './take-invite.ts';
import { createTellDesk } from './tell-desk.ts';
import { createTransfer } from './transfer.ts';
import type { TrunkList } from './trunk-list.ts';
import { createSipVoice } from './voice.ts';
import { createWatchLegs } from './watch-legs.ts';

export interface SipCarrier {
  readonly voice: VoiceCarrier;
  /** Resolves when drachtio has taken us in; for tests and benchmarks. */
  readonly connected: Promise<void>;
  /** Legs this process holds. */
  legs(): number;
  close(): Promise<void>;
}

export interface SipWorld {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  /** Realm of passwords and host of our users' addresses. */
  readonly domain: string;
  readonly trunks: TrunkList;
  readonly trunk: TrunkAccount | null;
  /** A media server and the folder it shares with us; null: sound goes straight, and nothing of ours is heard. */
  readonly media: MediaSettings | null;
  readonly phones: SipPhones;
  readonly desk: Pick<CallDesk, 'hear'>;
  readonly answerInTime: AnswerInTime;
  readonly hearInTime: Pick<HearInTime, 'hear' | 'tell'>;
  /** Whether a call may be sent on to an outside number or address. */
  readonly mayCall: (callId: CallId, to: Dialable) => Promise<boolean>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly random: () => number;
  readonly log: Log;
}

export function createSipCarrier(world: SipWorld): SipCarrier {
  const { clock, log, domain } = world;
  const book = createLegBook();
  const links: ((isUp: boolean) => void)[] = [];
  const connected = new Promise<void>((resolve) => links.push((isUp) => isUp && resolve()));
  // Each of these is asked only once everything stands.
  const own: { switchboard?: Switchboard; perform?: Perform; take?: (request: SipRequest) => Promise<void> } = {};
  const switchboard = () => own.switchboard as Switchboard;
  const perform: Perform = (leg, instructions) => own.perform?.(leg, instructions);
  const drachtio: Drachtio = connectDrachtio({
    address: world.drachtio,
    log,
    onRequest: async (request) => own.take?.(request),
    onLink: (isUp) => {
      for (const told of links) told(isUp);
    },
  });
  const makeWord = () => Buffer.from(world.randomBytes(9)).toString('hex');
  const media =
    world.media === null
      ? null
      : openMedia({
          ...world.media,
          makeWord,
          log,
          onKey: ({ call, tag, key }) => isPhoneSide(tag) && book.findByAnchor(call)?.onKey?.(key),
        });
  const { anchors, hears, recorder } = media ?? { anchors: null, hears: null, recorder: null };
  const held = { media, anchors, hears, recorder };
  const shared = { ...world, ...held, drachtio, book, switchboard, perform, silentPlace: '127.0.0.1' };
  const connectLegs = createConnectLegs(shared);
  const desk = createTellDesk(world);
  own.switchboard = createSwitchboard({ ...shared, connectLegs, desk });
  const findTargets = createFindTargets(world);
  const dialLeg = createDialLeg({ ...shared, connectLegs, findTargets, makeWord });
  own.perform = createPerform({ ...shared, dialLeg, connectLegs });
  const transfer = createTransfer({ ...shared, dialLeg, connectLegs });
  const nonces = createNonces(world);
  const authenticate = createAuthenticate({ realm: domain, nonces, findAccount: world.phones.findAccount });
  const state = { isClosing: false };
  own.take = createRouter({
    invite: (request) =>
      state.isClosing ? request.answer(503, retryAfter) : takeInvite({ ...shared, authenticate }, request),
    register: (request) => serveRegister({ ...world, authenticate }, request),
    inDialog: (request) => takeInDialog({ ...shared, connectLegs, transfer }, request),
  });
  const watch = createWatchLegs({ ...shared, clock });
  links.push(watch.onLink);
  return {
    voice: createSipVoice({ ...shared, connectLegs, dialLeg, hasTrunk: world.trunk !== null }),
    connected,
    legs: () => book.size,
    async close(): Promise<void> {
      state.isClosing = true;
      watch.stop();
      // Who rings cannot be answered by a later process: trunks try elsewhere, and phones stop.
      const ringing = book.all().filter((leg) => leg.state === 'ringing');
      const refusals = ringing.map((leg) => endTowardsPhone(shared, leg, 'unavailable'));
      await Promise.race([
        Promise.all([...refusals, desk.settled()]),
        new Promise((resolve) => setTimeout(resolve, limits.sipCloseTimeoutMs).unref()),
      ]);
      drachtio.close();
      media?.close();
    },
  };
}

/** Which of the takers a request is for. */
function createRouter(
  takers: Readonly<Record<'invite' | 'register' | 'inDialog', (request: SipRequest) => Promise<void>>>,
) {
  return async (request: SipRequest): Promise<void> => {
    const toTag = /;\s*tag\s*=/i.test(request.header('To') ?? '');
    if (toTag || request.method === 'ACK' || request.method === 'BYE') return takers.inDialog(request);
    if (request.method === 'INVITE') return takers.invite(request);
    if (request.method === 'REGISTER') return takers.register(request);
    if (isScanner(request.header)) return request.drop();
    if (request.method === 'OPTIONS') return request.answer(200, { headers: { Allow: allowedMethods } });
    return request.answer(405, { headers: { Allow: allowedMethods } });
  };
}
