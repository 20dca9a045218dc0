/**
 * Our instructions in Twilio's dialect, through the SDK's builder. Pure: the addresses Twilio reports back to are made
 * here from the step, so a step travels through Twilio as a signed URL and comes back as what it was.
 */
import twilio from 'twilio';
import { unreachable } from '../../ports/errors.ts';
import type { Instruction, NextStep } from '../../telephony/instructions.ts';

type Response = InstanceType<typeof twilio.twiml.VoiceResponse>;

const secondsOf = (ms: number) => Math.ceil(ms / 1_000);

/** The TwiML document for a list of instructions; `publicUrl` without a slash at its end. */
export function toTwiml(instructions: readonly Instruction[], publicUrl: string): string {
  const response = new twilio.twiml.VoiceResponse();
  for (const instruction of instructions) write(response, instruction, publicUrl);
  return response.toString();
}

/** Where Twilio reports that a step has run its course. */
function nextUrl(next: NextStep, publicUrl: string): string {
  const query = new URLSearchParams({ step: next.step });
  if (next.callId !== null) query.set('call', next.callId);
  if (next.step === 'agent-keys') query.set('leg', next.legId);
  return `${publicUrl}/carriers/twilio/voice/next?${query}`;
}

function write(response: Response, instruction: Instruction, publicUrl: string): void {
  switch (instruction.verb) {
    case 'say':
      response.say(instruction.text);
      return;
    case 'join':
      join(response, instruction, publicUrl);
      return;
    case 'gather': {
      const gather = response.gather({
        numDigits: instruction.digits,
        timeout: secondsOf(instruction.timeoutMs),
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
      dial.number(instruction.to);
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
      response.hangup();
      return;
    default:
      unreachable(instruction);
  }
}

/** The caller waits with hold music; the agent's coming starts the room, either one's going ends it. */
function join(response: Response, instruction: Extract<Instruction, { verb: 'join' }>, publicUrl: string): void {
  const dial = response.dial(
    instruction.next === null ? {} : { action: nextUrl(instruction.next, publicUrl), method: 'POST' },
  );
  dial.conference(
    {
      startConferenceOnEnter: instruction.role === 'agent',
      endConferenceOnExit: true,
      beep: 'false',
      maxParticipants: 2,
    },
    instruction.room,
  );
}
