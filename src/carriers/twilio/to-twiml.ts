/**
 * Our instructions in Twilio's dialect, through the SDK's builder. Pure: the addresses Twilio reports back to are made
 * here from the step, so a step travels through Twilio as a signed URL and comes back as what it was.
 */
import twilio from 'twilio';
import { unreachable } from '../../ports/errors.ts';
import type { Instruction, Join, NextStep } from '../../telephony/instructions.ts';
import { queryOfNext } from '../next-step.ts';

export interface TwimlPlace {
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** What a caller who waits hears, of about that length. */
  readonly holdMusicUrl: (seconds: number) => string;
}

type Response = InstanceType<typeof twilio.twiml.VoiceResponse>;

/** The answer to most webhooks: those that only report. */
const nothing = new twilio.twiml.VoiceResponse().toString();

const secondsOf = (ms: number) => Math.ceil(ms / 1_000);

/** A waiting caller has nothing but this address: it is asked again while a process is replaced (contracts section 1). */
const retries = '#rc=3&rp=ct,rt,5xx';

/** The TwiML document for a list of instructions. */
export function toTwiml(instructions: readonly Instruction[], place: TwimlPlace): string {
  if (instructions.length === 0) return nothing;
  const response = new twilio.twiml.VoiceResponse();
  for (const instruction of instructions) write(response, instruction, place);
  return response.toString();
}

/** Where Twilio reports that a step has run its course. */
function nextUrl(next: NextStep, publicUrl: string): string {
  return `${publicUrl}/carriers/twilio/voice/next?${queryOfNext(next)}`;
}

function write(response: Response, instruction: Instruction, { publicUrl, holdMusicUrl }: TwimlPlace): void {
  switch (instruction.verb) {
    case 'say':
      response.say(instruction.text);
      return;
    case 'play':
      response.play(instruction.url);
      return;
    case 'hold':
      response.play(holdMusicUrl(instruction.seconds));
      response.redirect({ method: 'POST' }, `${nextUrl(instruction.next, publicUrl)}${retries}`);
      return;
    case 'wait':
      response.pause({ length: instruction.seconds });
      return;
    case 'join':
      join(response, instruction, publicUrl);
      return;
    case 'gather': {
      const gather = response.gather({
        numDigits: instruction.digits,
        timeout: secondsOf(instruction.timeoutMs),
        finishOnKey: instruction.finishKey ?? '',
        actionOnEmptyResult: true,
        action: nextUrl(instruction.next, publicUrl),
        method: 'POST',
      });
      gather.say(instruction.prompt);
      return;
    }
    case 'dial': {
      const dial = response.dial({
        timeout: secondsOf(instruction.ringTimeoutMs),
        action: nextUrl(instruction.next, publicUrl),
        method: 'POST',
        ...(instruction.callerId === null ? {} : { callerId: instruction.callerId }),
      });
      if (instruction.to.startsWith('sip:')) dial.sip(sipTarget(instruction.to, instruction.headers));
      else dial.number(instruction.to);
      return;
    }
    case 'record':
      response.record({
        maxLength: instruction.secondsMax,
        playBeep: true,
        action: nextUrl(instruction.next, publicUrl),
        method: 'POST',
      });
      return;
    case 'hang-up':
      if (instruction.reason === undefined) response.hangup();
      else response.reject({ reason: instruction.reason });
      return;
    default:
      unreachable(instruction);
  }
}

/** Twilio passes headers on that begin with `X-`, written as the address's own parameters. */
function sipTarget(address: string, headers: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(headers).toString();
  return query === '' ? address : `${address}?${query}`;
}

/** The caller waits with hold music; the agent's coming starts the room. */
function join(response: Response, instruction: Join, publicUrl: string): void {
  const { room, role, hears, coaches, endsRoom, next } = instruction;
  const dial = response.dial(next === null ? {} : { action: nextUrl(next, publicUrl), method: 'POST' });
  dial.conference(
    {
      startConferenceOnEnter: role === 'agent',
      endConferenceOnExit: endsRoom,
      beep: 'false',
      ...(hears === 'listen' ? { muted: true } : {}),
      ...(hears === 'coach' && coaches !== null ? { coach: coaches } : {}),
    },
    room,
  );
}
