/** The call desk's orders, carried out on the legs this process holds. What it does not hold is looked for at the far end. */
import { limits } from '../../../config/limits.ts';
import type { Log } from '../../ports/log.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { Capability, CarrierAnswer, RecordingAct, VoiceCarrier } from '../../telephony/voice-carrier.ts';
import type { ConnectLegs } from './connect-legs.ts';
import type { DialLeg } from './dial-leg.ts';
import type { Drachtio } from './drachtio.ts';
import { sayGoodbye } from './end-leg.ts';
import type { LegBook } from './leg-book.ts';
import type { Hears } from './media/hears.ts';
import type { Prompts } from './media/prompts.ts';
import type { Recorder } from './media/recorder.ts';
import type { Recordings } from './media/recordings.ts';
import { recordConversation } from './record-call.ts';
import type { Perform } from './run-instructions.ts';
import { SipFault } from './sip-fault.ts';
import type { Switchboard } from './switchboard.ts';

interface World {
  readonly book: LegBook;
  readonly drachtio: Drachtio;
  readonly dialLeg: DialLeg;
  readonly switchboard: () => Switchboard;
  readonly perform: Perform;
  readonly connectLegs: Pick<ConnectLegs, 'anchor'>;
  /** What there is with a media server; null without. */
  readonly media: {
    readonly hears: Hears;
    readonly recorder: Recorder;
    readonly prompts: Prompts;
    readonly recordings: Recordings;
  } | null;
  readonly hasTrunk: boolean;
  readonly log: Log;
}

const mediaCapabilities: readonly Capability[] = [
  'announce',
  'hold-music',
  'keys',
  'voicemail',
  'record-conversation',
  'pause-recording',
];

export function createSipVoice(world: World): VoiceCarrier {
  const { book } = world;
  return Object.freeze({
    name: 'sip',
    capabilities: new Set<Capability>([
      'move-legs',
      'hand-over-sip',
      'attestation',
      'sip-agents',
      ...(world.media === null ? [] : mediaCapabilities),
      ...(world.hasTrunk ? (['hand-over-number'] as const) : []),
    ]),

    ...(world.media === null ? {} : mediaActs(world, world.media)),

    dial: world.dialLeg.dial,

    async instruct(carrierCallId: string, instructions: readonly Instruction[]): Promise<CarrierAnswer> {
      const leg = book.find(carrierCallId);
      if (leg !== undefined) {
        world.perform(leg, instructions);
        return { kind: 'done' };
      }
      switch (await look(world, carrierCallId)) {
        case 'gone':
          return { kind: 'gone' };
        case 'unknown':
          return { kind: 'unavailable', reason: 'no connection to drachtio' };
        case 'live':
          // An earlier process began it and took with it what the phones described: it can be ended, not moved.
          return { kind: 'refused', reason: 'the call outlived the process that could move it' };
      }
    },

    async hangUp(carrierCallId: string): Promise<CarrierAnswer> {
      const leg = book.find(carrierCallId);
      if (leg !== undefined) {
        world.switchboard().endHere(leg, 'completed');
        return { kind: 'done' };
      }
      if (book.hasEnded(carrierCallId)) return { kind: 'gone' };
      const ended = await sayGoodbye(world, carrierCallId);
      if (ended === 'away') return { kind: 'unavailable', reason: 'no connection to drachtio' };
      return { kind: ended === 'gone' ? 'gone' : 'done' };
    },

    look: (carrierCallId: string) => look(world, carrierCallId),
  });
}

function mediaActs(world: World, media: NonNullable<World['media']>) {
  return {
    async record(carrierCallId: string, act: RecordingAct): Promise<CarrierAnswer> {
      const leg = world.book.find(carrierCallId);
      if (leg !== undefined) return recordConversation({ ...world, ...media }, leg, act);
      if ((await look(world, carrierCallId)) === 'gone') return { kind: 'gone' };
      return { kind: 'refused', reason: 'the call outlived the process that could record it' };
    },
    missingPrompt: media.prompts.missing,
    fetchRecording: media.recordings.fetch,
  };
}

async function look({ book, drachtio }: World, carrierCallId: string): Promise<'live' | 'gone' | 'unknown'> {
  if (book.find(carrierCallId) !== undefined) return 'live';
  if (book.hasEnded(carrierCallId)) return 'gone';
  return lookFar(drachtio, carrierCallId);
}

/** Whether a phone still knows of a dialog. */
export async function lookFar(drachtio: Drachtio, dialogId: string): Promise<'live' | 'gone' | 'unknown'> {
  if (!drachtio.isUp()) return 'unknown';
  try {
    const answer = await drachtio.ask({ method: 'OPTIONS', dialogId }, limits.sipLookTimeoutMs);
    return answer.status === 481 || answer.status === 408 ? 'gone' : 'live';
  } catch (fault) {
    if (!(fault instanceof SipFault) || fault.kind === 'away') return 'unknown';
    return 'gone';
  }
}
