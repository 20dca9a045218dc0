/**
 * Our instructions as an NCCO, Vonage's list of actions (NCCO reference). Pure: the addresses Vonage reports back to are
 * made here from the step, as TwiML's are. Three things differ from other carriers. A room has no address of its own for
 * its end, so a `notify` stands behind it: it runs when the room ended and the leg still lives, and its answer is what
 * the leg does next. A list that has run out ends the call, so hanging up is leaving the rest out. And what a carrier
 * must do for us is bounded by its own ranges, which are clamped here.
 */
import { unreachable } from '../../ports/errors.ts';
import { type Instruction, isPhone, type Join, type NextStep } from '../../telephony/instructions.ts';
import { queryOfNext } from '../next-step.ts';

/** One action, as Vonage's JSON has it. */
export type NccoAction = Readonly<Record<string, unknown>> & { readonly action: string };

export interface NccoPlace {
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** What a caller who waits hears, of about that length. */
  readonly holdMusicUrl: (seconds: number) => string;
}

/** Text of one `talk`. */
const talkCharactersMax = 1_500;
/** Seconds that `wait` takes; an empty list is not documented, so nothing to do is the shortest wait. */
const waitSeconds = { least: 0.1, most: 7_200 };
/** The last answer is waited for this long, as long as Vonage waits for one (contracts section 2). */
const answerSeconds = 5;
/** Seconds after the last key, and keys, that `input` takes. */
const inputSecondsMax = 10;
const inputKeysMax = 20;
/** Seconds that `record` takes, and of silence that end a message (as long as other carriers wait). */
const recordSeconds = { least: 3, most: 7_200 };
const silenceSeconds = 5;
/** Length of the file that is repeated in a room. */
const roomMusicSeconds = 16;

/** The NCCO for a list of instructions; what stands behind a hang-up is never reached. */
export function toNcco(instructions: readonly Instruction[], place: NccoPlace): NccoAction[] {
  const end = instructions.findIndex(({ verb }) => verb === 'hang-up');
  const reached = end === -1 ? instructions : instructions.slice(0, end);
  const actions = reached.flatMap((instruction) => actionsOf(instruction, place));
  return actions.length === 0 ? [{ action: 'wait', timeout: waitSeconds.least }] : actions;
}

function actionsOf(instruction: Instruction, place: NccoPlace): NccoAction[] {
  switch (instruction.verb) {
    case 'say':
      return talk(instruction.text);
    case 'play':
      return [{ action: 'stream', streamUrl: [instruction.url] }];
    case 'hold':
      return holdOn(instruction, place);
    case 'wait':
      return [{ action: 'wait', timeout: clamp(instruction.seconds, waitSeconds) }];
    case 'join':
      return join(instruction, place);
    case 'gather':
      return gather(instruction, place);
    case 'dial':
      return [dial(instruction, place)];
    case 'record':
      return [
        {
          action: 'record',
          format: 'mp3',
          beepStart: true,
          endOnSilence: silenceSeconds,
          endOnKey: '#',
          timeOut: clamp(instruction.secondsMax, recordSeconds),
          ...heardAt(instruction.next, place),
        },
      ];
    case 'hang-up':
      return [];
    default:
      return unreachable(instruction);
  }
}

function talk(text: string, more: { bargeIn?: true } = {}): NccoAction[] {
  const parts = text.match(new RegExp(`[^]{1,${talkCharactersMax}}(?=\\s|$)|[^]{1,${talkCharactersMax}}`, 'g')) ?? [];
  return parts.map((part) => ({ action: 'talk', text: part, ...more }));
}

/**
 * Music, and then a question whose answer takes the place of the rest. Should none come, the caller hears the music again
 * and is asked for once more, for a list that has run out ends the call.
 */
function holdOn({ seconds, next }: Extract<Instruction, { verb: 'hold' }>, place: NccoPlace): NccoAction[] {
  const { dnis, carrierCallId } = { dnis: null, carrierCallId: null, ...next };
  const payload = { step: next.step, call: next.callId, dnis, leg: carrierCallId };
  const round: NccoAction[] = [
    { action: 'stream', streamUrl: [place.holdMusicUrl(seconds)] },
    { action: 'notify', payload, ...heardAt(next, place) },
  ];
  return [...round, ...round, { action: 'wait', timeout: answerSeconds }];
}

/** The agent's coming starts the room; until then the caller hears music. A supervisor neither starts nor ends it. */
function join({ room, role, hears, coaches, endsRoom, next }: Join, place: NccoPlace): NccoAction[] {
  const conversation: NccoAction = {
    action: 'conversation',
    name: room,
    startOnEnter: role === 'agent',
    endOnExit: endsRoom,
    ...(role === 'caller' ? { musicOnHoldUrl: [place.holdMusicUrl(roomMusicSeconds)] } : {}),
    ...(hears === 'listen' ? { mute: true } : {}),
    ...(hears === 'coach' ? { canSpeak: coaches === null ? [] : [coaches] } : {}),
  };
  if (next === null) return [conversation];
  const payload = { step: next.step, call: next.callId, leg: next.legId };
  return [conversation, { action: 'notify', payload, ...heardAt(next, place) }];
}

/** The first key cuts the prompt short. */
function gather(
  { prompt, digits, finishKey, timeoutMs, next }: Extract<Instruction, { verb: 'gather' }>,
  place: NccoPlace,
): NccoAction[] {
  const dtmf = {
    maxDigits: Math.min(digits, inputKeysMax),
    timeOut: Math.min(secondsOf(timeoutMs), inputSecondsMax),
    submitOnHash: finishKey === '#',
  };
  return [...talk(prompt, { bargeIn: true }), { action: 'input', type: ['dtmf'], dtmf, ...heardAt(next, place) }];
}

/** Synchronous, so that the event of a dial that failed may be answered with what the caller hears then. */
function dial(
  { to, callerId, ringTimeoutMs, headers, next }: Extract<Instruction, { verb: 'dial' }>,
  place: NccoPlace,
): NccoAction {
  const endpoint = isPhone(to)
    ? { type: 'phone', number: to.slice(1) }
    : { type: 'sip', uri: to, ...(headers === undefined ? {} : { headers: withoutPrefix(headers) }) };
  return {
    action: 'connect',
    eventType: 'synchronous',
    timeout: secondsOf(ringTimeoutMs),
    ...(callerId === null ? {} : { from: callerId.slice(1) }),
    endpoint: [endpoint],
    ...heardAt(next, place),
  };
}

/** Vonage puts `X-` before each name itself. */
function withoutPrefix(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace(/^X-/i, ''), value]));
}

/** Where Vonage reports that a step has run its course. */
function heardAt(next: NextStep, { publicUrl }: NccoPlace): { eventUrl: string[]; eventMethod: 'POST' } {
  return { eventUrl: [`${publicUrl}/carriers/vonage/voice/next?${queryOfNext(next)}`], eventMethod: 'POST' };
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1_000);
}

function clamp(value: number, { least, most }: { least: number; most: number }): number {
  return Math.min(Math.max(value, least), most);
}
