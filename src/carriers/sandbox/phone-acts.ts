/**
 * What a person with a phone can do: answer, decline, press keys, speak, say nothing, hang up. What makes no sense just
 * now is a conflict whose sentence says how the call stands and what would work, because these reach people with curl.
 */
import { AppError } from '../../ports/errors.ts';
import type { LegEnding } from '../../telephony/call.ts';
import type { Activity, Line } from './line.ts';
import { connectDial, endLine, endRecording } from './perform-instructions.ts';
import { report, type Switchboard } from './switchboard.ts';

const calls = '/carriers/sandbox/calls';

/** Picks up a ringing phone. */
export function answerLine(board: Switchboard, line: Line): void {
  requireRingingPhone(line);
  if (line.parentId !== null) {
    connectDial(board, line);
    return;
  }
  line.state = 'in-progress';
  report(board, line, { what: 'answered' });
}

/** Lets a ringing phone go: declined, busy, or nobody came. */
export function declineLine(board: Switchboard, line: Line, reason: LegEnding): void {
  requireRingingPhone(line);
  endLine(board, line, reason);
}

/** Presses keys. `#` ends a recording, and a prompt before all its digits are keyed. */
export function pressKeys(board: Switchboard, line: Line, digits: string): void {
  requireLive(line);
  const { activity } = line;
  if (activity.kind === 'recording') {
    if (digits.includes('#')) endRecording(board, line);
    return;
  }
  if (activity.kind !== 'gathering') throw conflict(line, 'does not wait for keys', hintFor(line));
  const keyed = activity.keyed + digits;
  const hash = keyed.indexOf('#');
  const full = (hash === -1 ? keyed : keyed.slice(0, hash)).slice(0, activity.digits);
  if (full.length < activity.digits && hash === -1) line.activity = { ...activity, keyed };
  else report(board, line, { what: 'keys', digits: full, next: activity.next });
}

/** Speaks into a recording for so many seconds; at its longest it ends by itself. */
export function speakSeconds(board: Switchboard, line: Line, seconds: number): void {
  requireLive(line);
  const { activity } = line;
  if (activity.kind !== 'recording') throw conflict(line, 'records nothing', hintFor(line));
  const spoken = Math.min(activity.secondsMax, activity.seconds + seconds);
  line.activity = { ...activity, seconds: spoken };
  if (spoken === activity.secondsMax) endRecording(board, line);
}

/** Does nothing until the network stops waiting: a prompt runs out, silence ends a recording, ringing stops. */
export function waitOut(board: Switchboard, line: Line): void {
  requireLive(line);
  const { activity } = line;
  const child = activity.kind === 'dialling' ? board.lines.get(activity.childId) : undefined;
  if (line.state === 'ringing' && line.direction === 'outbound') endLine(board, line, 'no-answer');
  else if (activity.kind === 'gathering') report(board, line, { what: 'keys', digits: '', next: activity.next });
  else if (activity.kind === 'recording') endRecording(board, line);
  else if (child?.state === 'ringing') endLine(board, child, 'no-answer');
  else throw conflict(line, 'waits for nothing that runs out', hintFor(line));
}

/** Puts the receiver down; a phone that still rings is declined. */
export function hangUpPhone(board: Switchboard, line: Line): void {
  requireLive(line);
  const isRinging = line.state === 'ringing' && line.direction === 'outbound';
  endLine(board, line, isRinging ? 'declined' : 'completed');
}

function requireLive(line: Line): void {
  if (line.state === 'completed') throw conflict(line, 'has ended', `place a new one with POST ${calls}`);
}

function requireRingingPhone(line: Line): void {
  requireLive(line);
  if (line.direction === 'inbound') {
    throw conflict(line, 'was placed by this phone', 'only a phone that is rung can answer or decline');
  }
  if (line.state !== 'ringing') throw conflict(line, 'has been answered', `POST ${calls}/${line.id}/hang-up ends it`);
}

function hintFor(line: Line): string {
  if (line.state === 'ringing' && line.direction === 'outbound') return `POST ${calls}/${line.id}/answer first`;
  return `it ${doing[line.activity.kind]}; GET ${calls}/${line.id} tells what it expects`;
}

const doing: Readonly<Record<Activity['kind'], string>> = {
  idle: 'does nothing',
  waiting: 'waits in silence',
  awaiting: 'waits for the gateway',
  room: 'is in a room with hold music or the other party',
  gathering: 'waits for keys',
  dialling: 'is being put through to another phone',
  dialled: 'talks with the caller',
  recording: 'records what is said',
};

function conflict(line: Line, wrong: string, cure: string): AppError {
  return new AppError('conflict', { detail: `Call ${line.id} ${wrong}: ${cure}.` });
}
