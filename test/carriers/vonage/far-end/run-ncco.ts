/**
 * Runs an NCCO on a leg as Vonage's reference describes it: synchronous actions one after the other, an answer to `input`,
 * `notify` or a synchronous `connect` put in place of the rest, and the end of the list is the end of the call.
 */
import { type Action, hasEnded, inputOn, type Leg } from './leg.ts';
import type { Rooms } from './rooms.ts';

export interface Platform {
  readonly rooms: Rooms;
  /** Resolves when a file of music has been played, or was broken off. */
  readonly playMusic: (isOver: () => boolean) => Promise<void>;
  readonly changed: () => void;
  /** Sends a step's webhook; answers with the NCCO that came back, or null. */
  readonly step: (leg: Leg, url: string, fields: object) => Promise<readonly Action[] | null>;
  /** Rings a phone for `connect`; its states go to `url`. */
  readonly connect: (
    parent: Leg,
    action: Action,
    onState: (child: Leg) => Promise<readonly Action[] | null>,
  ) => Promise<readonly Action[] | null>;
  readonly end: (leg: Leg, status: 'completed') => void;
  readonly fault: (reason: string) => void;
}

const urlOf = ({ eventUrl }: Action) => (eventUrl as string[])[0] ?? '';
const stamp = () => new Date().toISOString();

/** Puts `ncco` in place of what the leg was doing. Resolves when it has run out or was replaced. */
export async function runNcco(platform: Platform, leg: Leg, ncco: readonly Action[]): Promise<void> {
  leg.generation += 1;
  const { generation } = leg;
  const isCurrent = () => leg.generation === generation && !hasEnded(leg);
  platform.rooms.leave(leg);
  if (ncco.length === 0) platform.fault('an empty NCCO');
  for (const action of ncco) {
    const instead = await perform(platform, leg, action, isCurrent);
    if (!isCurrent()) return;
    if (instead !== null) return runNcco(platform, leg, instead);
    leg.moment = 'listening';
  }
  if (isCurrent()) platform.end(leg, 'completed');
}

async function perform(
  platform: Platform,
  leg: Leg,
  action: Action,
  isCurrent: () => boolean,
): Promise<readonly Action[] | null> {
  switch (action.action) {
    case 'talk':
      hear(platform, leg, `say: ${String(action.text)}`);
      return null;
    case 'stream':
      if (/music/.test(String((action.streamUrl as string[])[0]))) return holdOn(platform, leg, action, isCurrent);
      hear(platform, leg, `play: ${String((action.streamUrl as string[])[0])}`);
      return null;
    case 'wait':
      // The shortest wait is how nothing is said; longer ones last until a transfer, as far as a test can tell.
      if (Number(action.timeout) > 1) await inputOn(leg);
      return null;
    case 'conversation':
      await platform.rooms.join(leg, {
        name: String(action.name),
        starts: action.startOnEnter !== false,
        endsRoom: action.endOnExit === true,
        music: (action.musicOnHoldUrl as string[] | undefined)?.[0] ?? null,
      });
      return null;
    case 'notify':
      return platform.step(leg, urlOf(action), {
        payload: action.payload,
        conversation_uuid: leg.conversation,
        timestamp: stamp(),
      });
    case 'input': {
      const keys = await awaitInput(platform, leg, 'keys');
      if (!isCurrent()) return null;
      return platform.step(leg, urlOf(action), {
        speech: {},
        dtmf: { digits: keys === '' ? null : keys, timed_out: keys === '' },
        uuid: leg.uuid,
        conversation_uuid: leg.conversation,
        timestamp: stamp(),
      });
    }
    case 'record': {
      if (action.beepStart === true) hear(platform, leg, 'tone');
      const seconds = Number(await awaitInput(platform, leg, 'recording')) || 0;
      // Told beside the call's course, as Vonage does; its answer changes nothing.
      void platform.step(leg, urlOf(action), recordingOf(leg, seconds));
      return null;
    }
    case 'connect':
      return platform.connect(leg, action, (child) =>
        platform.step(child, urlOf(action), {
          uuid: child.uuid,
          status: child.status,
          from: child.from,
          to: child.to,
          direction: 'outbound',
          conversation_uuid: leg.conversation,
          timestamp: stamp(),
        }),
      );
    default:
      platform.fault(`an action nobody knows: ${action.action}`);
      return null;
  }
}

/** Until the file is over, the leg has ended or another NCCO has come. */
async function holdOn(platform: Platform, leg: Leg, action: Action, isCurrent: () => boolean): Promise<null> {
  leg.moment = 'waiting';
  hear(platform, leg, `music: ${String((action.streamUrl as string[])[0])}`);
  await platform.playMusic(() => !isCurrent());
  return null;
}

async function awaitInput(platform: Platform, leg: Leg, moment: 'keys' | 'recording'): Promise<string> {
  leg.moment = moment;
  const input = inputOn(leg);
  platform.changed();
  return input;
}

function hear(platform: Platform, leg: Leg, words: string): void {
  leg.heard.push(words);
  platform.changed();
}

function recordingOf(leg: Leg, seconds: number): object {
  const end = Date.now();
  return {
    start_time: new Date(end - seconds * 1_000).toISOString(),
    end_time: new Date(end).toISOString(),
    size: 4_000 * seconds,
    recording_uuid: `rec-${leg.uuid}`,
    recording_url: `https://api.nexmo.com/v1/files/file-${leg.uuid}`,
    conversation_uuid: leg.conversation,
    timestamp: stamp(),
  };
}
