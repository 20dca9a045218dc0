/**
 * The two things that are recorded: a message that a caller leaves, and a conversation, which the call desk starts, pauses and
 * stops. Both are told to the desk under the recording's id; a caller who hangs up ends them, and that comes first.
 */
import { unreachable } from '../../ports/errors.ts';
import type { LegFact } from '../../telephony/leg-report.ts';
import type { CarrierAnswer, RecordingAct } from '../../telephony/voice-carrier.ts';
import type { ConnectLegs } from './connect-legs.ts';
import { isOver, type Leg } from './leg.ts';
import type { Hears } from './media/hears.ts';
import type { Recorder } from './media/recorder.ts';
import type { Switchboard } from './switchboard.ts';
import { waitFor } from './wait-for.ts';

interface World {
  readonly connectLegs: Pick<ConnectLegs, 'anchor'>;
  readonly hears: Hears;
  readonly recorder: Recorder;
  readonly switchboard: () => Switchboard;
}

/** Takes a message after a tone, until a hash or the time ends it; null when none was taken or somebody else has told it. */
export async function takeMessage(
  world: World,
  leg: Leg,
  secondsMax: number,
  isWanted: () => boolean,
): Promise<LegFact | null> {
  const { hears, recorder } = world;
  if (!(await world.connectLegs.anchor(leg))) return null;
  await endConversation(world, leg);
  const beepMs = isWanted() ? await hears.tone(leg, 'beep') : 0;
  // What the leg was told meanwhile may wait already: it is the one that is to be woken.
  if (isWanted()) await waitFor(leg, beepMs);
  if (!isWanted() || !(await recorder.begin(leg))) return null;
  const close = async (): Promise<LegFact | null> => {
    const made = await recorder.end(leg);
    if (made === null) return null;
    const { seconds, recordingId } = made;
    return { what: 'recorded', seconds, recordingId: seconds > 0 ? recordingId : null };
  };
  leg.closing = close;
  if (isWanted())
    leg.onKey = (key) => {
      if (key === '#') leg.stopWaiting?.();
    };
  // The caller may have hung up while the recording was being started.
  if (isWanted()) await waitFor(leg, secondsMax * 1_000);
  if (isWanted()) leg.onKey = null;
  if (leg.closing !== close) return isWanted() ? null : close();
  leg.closing = null;
  return close();
}

/** What the desk asks of a conversation's recording. */
export async function recordConversation(world: World, leg: Leg, act: RecordingAct): Promise<CarrierAnswer> {
  const { recorder } = world;
  switch (act) {
    case 'start':
      if (leg.recording !== null) return { kind: 'done' };
      if (!(await world.connectLegs.anchor(leg)) || !(await recorder.begin(leg)))
        return { kind: 'unavailable', reason: 'the media server does not record' };
      leg.closing = () => conversationOf(world, leg);
      // The caller may have hung up while the recording was being started.
      if (isOver(leg)) await endConversation(world, leg);
      return { kind: 'done' };
    case 'pause':
      if (await recorder.pause(leg)) return { kind: 'done' };
      return { kind: 'unavailable', reason: 'the media server did not stop recording' };
    case 'resume':
      if (await recorder.resume(leg)) return { kind: 'done' };
      return { kind: 'unavailable', reason: 'the media server does not record' };
    case 'stop':
      await endConversation(world, leg);
      return { kind: 'done' };
    default:
      return unreachable(act);
  }
}

async function endConversation(world: World, leg: Leg): Promise<void> {
  if (leg.recording === null) return;
  leg.closing = null;
  const fact = await conversationOf(world, leg);
  if (fact !== null) world.switchboard().note(leg, fact);
}

async function conversationOf({ recorder }: World, leg: Leg): Promise<LegFact | null> {
  const made = await recorder.end(leg);
  return made === null ? null : { what: 'conversation-recorded', ...made };
}
