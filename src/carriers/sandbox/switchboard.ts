/**
 * The pretend network's memory: its lines, the rooms they meet in and the reports not yet handed over. It holds a
 * bounded number of lines; ended ones leave oldest first, live ones never, and when all are live no more are opened.
 */
import { limits } from '../../../config/limits.ts';
import type { E164 } from '../../ports/e164.ts';
import type { CallId, LegId, RandomBytes } from '../../ports/ids.ts';
import { expectedOf, type Line, type LineFact, type LineReport, type LineView, phoneOf, shown } from './line.ts';

export interface Switchboard {
  readonly lines: Map<string, Line>;
  /** Ids of completed lines, oldest first. */
  readonly ended: Set<string>;
  readonly byPhone: Map<E164, Set<Line>>;
  readonly byLeg: Map<LegId, Line>;
  readonly byCall: Map<CallId, Line>;
  readonly rooms: Map<string, Set<Line>>;
  readonly reports: LineReport[];
  readonly randomBytes: RandomBytes;
  /** Whether calls reach this phone. */
  readonly isReachable: (phone: E164) => boolean;
}

export function createSwitchboard(world: Pick<Switchboard, 'randomBytes' | 'isReachable'>): Switchboard {
  return {
    lines: new Map(),
    ended: new Set(),
    byPhone: new Map(),
    byLeg: new Map(),
    byCall: new Map(),
    rooms: new Map(),
    reports: [],
    ...world,
  };
}

/** `SB…`, `SR…`, `ST…`: a prefix and 128 random bits in hexadecimal. */
export function makeId(randomBytes: RandomBytes, prefix: 'SB' | 'SR' | 'ST'): string {
  return `${prefix}${Buffer.from(randomBytes(16)).toString('hex')}`;
}

/** Opens a ringing line, or answers null when the network is full of live ones. */
export function openLine(
  board: Switchboard,
  facts: Pick<Line, 'direction' | 'from' | 'to' | 'legId' | 'parentId' | 'callId'>,
): Line | null {
  const [oldest] = board.ended;
  if (board.lines.size >= limits.sandboxCallsMax) {
    if (oldest === undefined) return null;
    dropLine(board, oldest);
  }
  const line: Line = {
    ...facts,
    id: makeId(board.randomBytes, 'SB'),
    state: 'ringing',
    activity: { kind: 'idle' },
    pending: [],
    told: [],
    hears: [],
    reported: 0,
  };
  board.lines.set(line.id, line);
  if (line.legId !== null) board.byLeg.set(line.legId, line);
  const phone = phoneOf(line);
  if (phone === null) return line;
  const ofPhone = board.byPhone.get(phone) ?? new Set();
  board.byPhone.set(phone, ofPhone.add(line));
  return line;
}

function dropLine(board: Switchboard, id: string): void {
  const line = board.lines.get(id);
  board.ended.delete(id);
  board.lines.delete(id);
  if (line === undefined) return;
  if (line.legId !== null) board.byLeg.delete(line.legId);
  if (line.callId !== null && board.byCall.get(line.callId) === line) board.byCall.delete(line.callId);
  const phone = phoneOf(line);
  if (phone === null) return;
  const ofPhone = board.byPhone.get(phone);
  ofPhone?.delete(line);
  if (ofPhone?.size === 0) board.byPhone.delete(phone);
}

/** The phone hears something; beyond the bound the oldest lines are forgotten. */
export function hear(line: Line, text: string): void {
  line.hears.push(text);
  if (line.hears.length > limits.sandboxHeardLinesMax) line.hears.shift();
}

/** Writes a report for the gateway. Where an answer is owed, the line waits for it. */
export function report(board: Switchboard, line: Line, fact: LineFact): void {
  line.reported += 1;
  board.reports.push({ line, sequence: line.reported, fact });
  const owed = fact.what === 'answered' || 'next' in fact;
  if (owed && line.state !== 'completed') line.activity = { kind: 'awaiting', sequence: line.reported };
}

/** The line as HTTP shows it. */
export function viewOf(board: Switchboard, line: Line): LineView {
  return {
    id: line.id,
    from: shown(line.from),
    to: line.to,
    direction: line.direction,
    state: line.state,
    hears: [...line.hears],
    expects: expectedOf(line),
    connectedWith: connectedWith(board, line),
  };
}

function connectedWith(board: Switchboard, line: Line): string | null {
  const other = otherParty(board, line);
  return other === undefined ? null : shown(phoneOf(other));
}

function otherParty(board: Switchboard, line: Line): Line | undefined {
  const { activity } = line;
  switch (activity.kind) {
    case 'room':
      return [...(board.rooms.get(activity.room) ?? [])].find(
        (other) => other.activity.kind === 'room' && other.activity.role !== activity.role,
      );
    case 'dialling':
      return activity.connected ? board.lines.get(activity.childId) : undefined;
    case 'dialled':
      return line.parentId === null ? undefined : board.lines.get(line.parentId);
    default:
      return undefined;
  }
}
