/**
 * Performs carrier-neutral instructions on a line the way a carrier would: one after the other, stopping where a phone
 * or the gateway has to do something first. A list that runs out ends the call. Nothing here waits or speaks to
 * anybody; what the gateway must hear is written to the switchboard's reports.
 */
import type { E164 } from '../../ports/e164.ts';
import { unreachable } from '../../ports/errors.ts';
import type { LegEnding } from '../../telephony/call.ts';
import { type Instruction, isPhone } from '../../telephony/instructions.ts';
import { type Activity, type Line, phoneOf, shown } from './line.ts';
import { joinRoom, leaveRoom } from './rooms.ts';
import { hear, makeId, openLine, report, type Switchboard } from './switchboard.ts';

const idle: Activity = { kind: 'idle' };

/** Replaces what the line is doing; a call that rings in is picked up. */
export function perform(board: Switchboard, line: Line, instructions: readonly Instruction[]): void {
  if (line.state === 'completed') return;
  const was = line.activity;
  line.activity = idle;
  line.state = 'in-progress';
  line.pending = [];
  letGo(board, line, was);
  line.told = instructions;
  line.pending = instructions;
  goOn(board, line);
}

/** Begins what is pending until something has to be waited for, or the list ends and the call with it. */
function goOn(board: Switchboard, line: Line): void {
  while (line.state === 'in-progress' && line.activity.kind === 'idle') {
    const [instruction, ...rest] = line.pending;
    line.pending = rest;
    if (instruction === undefined) endLine(board, line, 'completed');
    else begin(board, line, instruction);
  }
}

/** Gives up what the line waits for, as when a prompt runs out, and goes on. */
export function skip(board: Switchboard, line: Line): void {
  line.activity = idle;
  goOn(board, line);
}

/** The recording is over while the caller is still there. */
export function endRecording(board: Switchboard, line: Line): void {
  const was = line.activity;
  if (was.kind !== 'recording') return;
  const recordingId = was.seconds > 0 ? makeId(board.randomBytes, 'SR') : null;
  report(board, line, { what: 'recorded', seconds: was.seconds, recordingId, next: was.next });
}

/** Ends a line, whoever ended it: first what it was in the middle of is reported, then its end, then the others'. */
export function endLine(board: Switchboard, line: Line, reason: LegEnding): void {
  if (line.state === 'completed') return;
  const was = line.activity;
  line.state = 'completed';
  line.pending = [];
  board.ended.add(line.id);
  if (was.kind === 'recording' && was.seconds > 0) endRecording(board, line);
  if (was.kind === 'dialling' && was.connected) {
    report(board, line, { what: 'dial-ended', answered: true, next: was.next });
  }
  line.activity = idle;
  if (line.parentId === null) report(board, line, { what: 'ended', reason });
  letGo(board, line, was);
  endDialOf(board, line);
}

function begin(board: Switchboard, line: Line, instruction: Instruction): void {
  switch (instruction.verb) {
    case 'say':
      hear(line, `say: ${instruction.text}`);
      return;
    case 'play':
      hear(line, `plays: ${instruction.url}`);
      return;
    case 'hold':
      hear(line, 'hold music');
      line.activity = { kind: 'waiting' };
      return;
    case 'wait':
      hear(line, 'silence');
      line.activity = { kind: 'waiting' };
      return;
    case 'join':
      joinRoom(board, line, instruction);
      return;
    case 'gather':
      hear(line, `prompt: ${instruction.prompt}`);
      line.activity = { kind: 'gathering', digits: instruction.digits, keyed: '', next: instruction.next };
      return;
    case 'dial':
      dial(board, line, instruction);
      return;
    case 'record':
      hear(line, 'beep: recording');
      line.activity = { kind: 'recording', secondsMax: instruction.secondsMax, seconds: 0, next: instruction.next };
      return;
    case 'hang-up':
      endLine(board, line, 'completed');
      return;
    default:
      unreachable(instruction);
  }
}

/** SIP addresses lead out of the pretend network: nobody is there. */
function dial(board: Switchboard, line: Line, order: Extract<Instruction, { verb: 'dial' }>): void {
  const { to, callerId, next } = order;
  hear(line, `ringing ${to}`);
  const child = isPhone(to) && board.isReachable(to) ? openLine(board, { ...dialled(line, callerId), to }) : null;
  if (child === null) report(board, line, { what: 'dial-ended', answered: false, next });
  else line.activity = { kind: 'dialling', childId: child.id, connected: false, next };
}

function dialled({ id }: Line, callerId: E164 | null) {
  return { direction: 'outbound', from: callerId, legId: null, parentId: id, callId: null } as const;
}

/** Connects a phone rung by a `dial` instruction with the line that rang it. */
export function connectDial(board: Switchboard, child: Line): void {
  const parent = child.parentId === null ? undefined : board.lines.get(child.parentId);
  if (parent?.activity.kind !== 'dialling') return;
  child.state = 'in-progress';
  child.activity = { kind: 'dialled' };
  parent.activity = { ...parent.activity, connected: true };
  hear(parent, `connected with ${shown(phoneOf(child))}`);
  hear(child, `connected with ${shown(phoneOf(parent))}`);
}

/** Frees those who were tied to what the line was doing. */
function letGo(board: Switchboard, line: Line, was: Activity): void {
  if (was.kind === 'room') for (const other of leaveRoom(board, line, was)) putOut(board, other);
  const child = was.kind === 'dialling' ? board.lines.get(was.childId) : undefined;
  if (child !== undefined) endLine(board, child, child.state === 'ringing' ? 'canceled' : 'completed');
}

function putOut(board: Switchboard, line: Line): void {
  const was = line.activity;
  if (was.kind !== 'room') return;
  if (was.next === null) skip(board, line);
  else report(board, line, { what: 'left-room', room: was.room, next: was.next });
}

/** When the ended line was rung by a `dial` instruction, the line that gave it hears how the dial went. */
function endDialOf(board: Switchboard, child: Line): void {
  const parent = child.parentId === null ? undefined : board.lines.get(child.parentId);
  const was = parent?.activity;
  if (parent === undefined || was?.kind !== 'dialling' || was.childId !== child.id) return;
  report(board, parent, { what: 'dial-ended', answered: was.connected, next: was.next });
}
