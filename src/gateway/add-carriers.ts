/**
 * Puts carriers on the gateway: each brings its routes, its way to place calls and its way to send texts. A carrier
 * without an account still has its routes, which refuse everything, so that a missing credential is noticed by its own
 * error and not by a 404.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { TwilioSettings, VonageSettings } from '../../config/settings.ts';
import type { SipSettings } from '../../config/sip-settings.ts';
import type { App } from '../api/app-type.ts';
import { createAnswerInTime } from '../carriers/answer-in-time.timer.ts';
import { createHearInTime } from '../carriers/hear-in-time.timer.ts';
import { holdMusicAddress } from '../carriers/hold-music.ts';
import { endLostCalls } from '../carriers/sandbox/end-lost-calls.ts';
import { createSandboxHead } from '../carriers/sandbox/head.ts';
import { createSandboxMessages } from '../carriers/sandbox/messages.ts';
import { createNetwork } from '../carriers/sandbox/network.ts';
import { createSandboxNumbers } from '../carriers/sandbox/numbers.ts';
import { registerSandbox } from '../carriers/sandbox/routes.ts';
import { createSandboxVoice } from '../carriers/sandbox/voice.ts';
import type { MediaSettings } from '../carriers/sip/media/open-media.ts';
import { createTwilioMessages } from '../carriers/twilio/messages.ts';
import { createTwilioNumbers } from '../carriers/twilio/numbers.ts';
import { createTwilioClient } from '../carriers/twilio/rest-client.ts';
import { createTwilioVoice } from '../carriers/twilio/voice.ts';
import { registerTwilio } from '../carriers/twilio/webhooks.ts';
import { hearOwnLegs } from '../carriers/vonage/own-legs.ts';
import { registerVonage } from '../carriers/vonage/webhooks.ts';
import type { NumberSupplier } from '../numbers/number-supplier.ts';
import type { Db } from '../records/schema.ts';
import type { MessageGateway } from '../sms/message-gateway.ts';
import { checkDestination } from '../telephony/allowed-destination.ts';
import { paceDials } from '../telephony/pace-dials.timer.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';
import type { Core } from './core.ts';
import { readVoiceAccount } from './read-voice-account.file.ts';

interface World {
  readonly db: Db;
  readonly core: Core;
  readonly log: FastifyBaseLogger;
  readonly publicUrl: () => string;
  readonly voice: Map<string, VoiceCarrier>;
  readonly texts: Map<string, MessageGateway>;
  readonly suppliers: Map<string, NumberSupplier>;
}

export function addTwilio(app: App, world: World, account: TwilioSettings | null): void {
  const { core, publicUrl, log } = world;
  const holdMusicUrl = holdMusicOf('twilio', account, publicUrl);
  if (account !== null) {
    const client = createTwilioClient(account);
    world.voice.set(
      'twilio',
      paceDials(createTwilioVoice({ client, publicUrl, holdMusicUrl, account }), account.callsPerSecond),
    );
    world.texts.set('twilio', createTwilioMessages({ client, publicUrl }));
    world.suppliers.set('twilio', createTwilioNumbers({ client }));
  }
  registerTwilio(app, {
    account,
    publicUrl,
    holdMusicUrl,
    answerInTime: createAnswerInTime({ desk: core.callDesk, failovers: core.failovers, log }),
    hearInTime: createHearInTime({ desk: core.callDesk, untold: core.untold, failovers: core.failovers, log }),
    callDesk: core.callDesk,
    messageDesk: core.messageDesk,
    findCall: (id) => core.calls.findByCarrier(world.db, { carrier: 'twilio', carrierCallId: id }),
  });
}

/** The operator's own file, or the chords made here. */
function holdMusicOf(
  carrier: string,
  account: { readonly holdMusicUrl: string | null } | null,
  publicUrl: () => string,
) {
  return (seconds: number) => account?.holdMusicUrl ?? holdMusicAddress(publicUrl(), carrier, seconds);
}

/**
 * Vonage's SDK is large, and read only where there is an account. Numbers need the account alone; calls need the
 * application's private key and the signature secret too.
 */
export async function addVonage(app: App, world: World, account: VonageSettings | null): Promise<void> {
  const { core, publicUrl, log, db } = world;
  const holdMusicUrl = holdMusicOf('vonage', account, publicUrl);
  if (account !== null) {
    const { createVonageNumbers } = await import('../carriers/vonage/numbers.ts');
    world.suppliers.set('vonage', createVonageNumbers(account));
    const voice = await readVoiceAccount(account);
    if (voice !== null) {
      const { createVonageVoice } = await import('../carriers/vonage/voice.ts');
      const { createVonageVoiceClient } = await import('../carriers/vonage/rest-client.ts');
      const client = createVonageVoiceClient(voice);
      const { voiceApiUrl } = voice;
      const carrier = createVonageVoice({ client, voiceApiUrl, publicUrl, holdMusicUrl });
      world.voice.set('vonage', paceDials(carrier, account.callsPerSecond));
    }
  }
  const desk = hearOwnLegs({ desk: core.callDesk, readCall: (id) => core.calls.read(db, id) });
  registerVonage(app, {
    account,
    publicUrl,
    holdMusicUrl,
    answerInTime: createAnswerInTime({ desk: core.callDesk, failovers: core.failovers, log }),
    hearInTime: createHearInTime({ desk, untold: core.untold, failovers: core.failovers, log }),
    desk,
    callDesk: core.callDesk,
    findCall: (id) => core.calls.findByCarrier(db, { carrier: 'vonage', carrierCallId: id }),
    clock: core.clock,
    log,
  });
}

/**
 * SIP through a drachtio-server, read only where there is one; answers with what closes it. The gateway does not wait for the
 * server: it is connected to when it is there.
 */
export async function addSip(world: World, settings: SipSettings | null): Promise<() => Promise<void>> {
  if (settings === null) return async () => undefined;
  const { core, log, db } = world;
  const { createSipCarrier } = await import('../carriers/sip/sip-carrier.ts');
  const { parseTrunkList } = await import('../carriers/sip/trunk-list.ts');
  const trunks = parseTrunkList(settings.trunks);
  if (trunks === null) throw new Error('SIP_TRUNKS was checked and is wrong all the same');
  const carrier = createSipCarrier({
    ...settings,
    media: await openSipMedia(settings),
    trunks,
    phones: core.sipPhones,
    desk: core.callDesk,
    answerInTime: createAnswerInTime({ desk: core.callDesk, failovers: core.failovers, log }),
    hearInTime: createHearInTime({ desk: core.callDesk, untold: core.untold, failovers: core.failovers, log }),
    mayCall: async (callId, to) => {
      const call = await core.calls.read(db, callId);
      if (call === null) return false;
      return checkDestination(to, await core.destinationRules.read(db, call.enterpriseId)).kind === 'allowed';
    },
    clock: core.clock,
    randomBytes,
    random: Math.random,
    log,
  });
  world.voice.set('sip', paceDials(carrier.voice, settings.callsPerSecond));
  return carrier.close;
}

async function openSipMedia({ rtpengine }: SipSettings): Promise<MediaSettings | null> {
  if (rtpengine === null) return null;
  const { openPrompts } = await import('../carriers/sip/media/prompts.ts');
  return { address: rtpengine, folder: rtpengine.folder, prompts: await openPrompts(rtpengine.folder) };
}

/** The pretend network starts empty: what the record still holds of it is ended first. */
export async function addSandbox(app: App, world: World): Promise<void> {
  const { core, log, db } = world;
  const network = createNetwork({ randomBytes });
  const head = createSandboxHead({
    network,
    desk: core.callDesk,
    messages: core.messageDesk,
    takeCall: createAnswerInTime({ desk: core.callDesk, failovers: core.failovers, log }),
    findCall: (id) => core.calls.findByCarrier(db, { carrier: 'sandbox', carrierCallId: id }),
    log,
  });
  world.voice.set('sandbox', createSandboxVoice({ network, head }));
  world.texts.set('sandbox', createSandboxMessages({ network, desk: core.messageDesk, clock: core.clock, log }));
  world.suppliers.set('sandbox', createSandboxNumbers());
  await endLostCalls({ db, calls: core.calls, runner: core.runner });
  await registerSandbox(app, { network, head });
}
