/**
 * The pretend phone network: phones by number, the calls between them and the gateway, and the texts they received.
 * Everything happens at once and in memory; there is no clock, so a phone rings until somebody answers, declines or
 * waits it out. Every act answers with the reports the gateway must hear, and `head.ts` takes them there.
 */
import { isDeepStrictEqual } from 'node:util';
import { limits } from '../../../config/limits.ts';
import type { E164, TextAddress } from '../../ports/e164.ts';
import { AppError } from '../../ports/errors.ts';
import type { CallId, RandomBytes } from '../../ports/ids.ts';
import type { LegEnding } from '../../telephony/call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { DialOrder } from '../../telephony/voice-carrier.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { expectedOf, type Line, type LineReport, type LineView } from './line.ts';
import { endLine, perform, skip } from './perform-instructions.ts';
import { answerLine, declineLine, hangUpPhone, pressKeys, speakSeconds, waitOut } from './phone-acts.ts';
import { createSwitchboard, hear, makeId, openLine, report, type Switchboard, viewOf } from './switchboard.ts';

type Reports = readonly LineReport[];

/** An order to ring a telephone number. */
export type PhoneOrder = DialOrder & { readonly to: E164 };

/** What a phone is looked up for: a ringing call, one that listens, one that has not ended. */
export type Fitting = 'ringing' | 'listening' | 'live';

export interface Network {
  readonly inbox: Inbox;
  makeId(prefix: 'ST'): string;
  /** A phone dials a number of ours; the call rings until its first instructions come. */
  placeCall(from: E164 | null, to: E164): Readonly<Line>;
  /** Notes which call of the gateway a caller's line belongs to. */
  attach(lineId: string, callId: CallId): void;
  /** The caller's line of a call, once attached. */
  callerOf(callId: CallId): Readonly<Line> | undefined;
  /** Rings a phone for an agent's leg; the same leg is never rung twice. Null when the network is full. */
  dial(order: PhoneOrder): { readonly lineId: string; readonly reports: Reports } | null;
  /** First instructions, or those that follow a report. Nothing happens when the line has been told otherwise since. */
  reply(to: { readonly lineId: string; readonly sequence: number }, instructions: readonly Instruction[]): Reports;
  /** No instructions came for this report: the line hears so and goes on with what it has. */
  noReply(to: { readonly lineId: string; readonly sequence: number }): Reports;
  /** Replaces what a live line does; the list it is already performing changes nothing. */
  instruct(lineId: string, instructions: readonly Instruction[]): Reports | 'gone' | 'ringing';
  /** Ends a line at the gateway's wish. */
  release(lineId: string): Reports | 'gone';
  /** Whether a line exists and has not ended. */
  isLive(lineId: string): boolean;
  answer(lineId: string): Reports;
  decline(lineId: string, reason: LegEnding): Reports;
  press(lineId: string, digits: string): Reports;
  speak(lineId: string, seconds: number): Reports;
  waitOut(lineId: string): Reports;
  hangUp(lineId: string): Reports;
  view(lineId: string): LineView;
  /** Calls of a phone that fit, newest first, at most `limits.sandboxPhoneItemsMax`. */
  callsOf(phone: TextAddress, fitting: Fitting | 'any'): readonly LineView[];
  /** The newest call of a phone that fits; throws `conflict` when there is none. */
  newestOf(phone: E164, fitting: Fitting): string;
}

export function createNetwork(world: { readonly randomBytes: RandomBytes }): Network {
  const inbox = createInbox();
  const board = createSwitchboard({ randomBytes: world.randomBytes, isReachable: inbox.isReachable });
  const act = (change: () => void): Reports => {
    change();
    return board.reports.splice(0);
  };
  return Object.freeze({
    inbox,
    makeId: (prefix: 'ST') => makeId(world.randomBytes, prefix),
    ...gatewaySide(board, act),
    answer: (lineId: string) => act(() => answerLine(board, lineOf(board, lineId))),
    decline: (lineId: string, reason: LegEnding) => act(() => declineLine(board, lineOf(board, lineId), reason)),
    press: (lineId: string, digits: string) => act(() => pressKeys(board, lineOf(board, lineId), digits)),
    speak: (lineId: string, seconds: number) => act(() => speakSeconds(board, lineOf(board, lineId), seconds)),
    waitOut: (lineId: string) => act(() => waitOut(board, lineOf(board, lineId))),
    hangUp: (lineId: string) => act(() => hangUpPhone(board, lineOf(board, lineId))),
    view: (lineId: string) => viewOf(board, lineOf(board, lineId)),
    callsOf(phone: TextAddress, fitting: Fitting | 'any'): readonly LineView[] {
      const lines = linesOf(board, phone).filter((line) => fitting === 'any' || fits[fitting].test(line));
      return lines.slice(0, limits.sandboxPhoneItemsMax).map((line) => viewOf(board, line));
    },
    newestOf(phone: E164, fitting: Fitting): string {
      const line = linesOf(board, phone).find((candidate) => fits[fitting].test(candidate));
      if (line !== undefined) return line.id;
      const detail = `Phone ${phone} has no call that ${fits[fitting].says}: GET /carriers/sandbox/phones/${phone} shows its calls.`;
      throw new AppError('conflict', { detail });
    },
  });
}

type GatewaySide = Pick<
  Network,
  'placeCall' | 'attach' | 'callerOf' | 'dial' | 'reply' | 'noReply' | 'instruct' | 'release' | 'isLive'
>;

function gatewaySide(board: Switchboard, act: (change: () => void) => Reports): GatewaySide {
  return {
    placeCall: (from, to) => placeCall(board, from, to),
    attach(lineId, callId) {
      const line = lineOf(board, lineId);
      line.callId = callId;
      board.byCall.set(callId, line);
    },
    callerOf: (callId) => board.byCall.get(callId),
    dial(order) {
      const made = board.byLeg.get(order.legId);
      if (made !== undefined) return { lineId: made.id, reports: [] };
      const { from, to, legId, callId } = order;
      const line = openLine(board, { direction: 'outbound', from, to, legId, callId, parentId: null });
      if (line === null) return null;
      return { lineId: line.id, reports: act(() => ring(board, line)) };
    },
    reply: (to, instructions) =>
      act(() => {
        const line = awaitingLine(board, to);
        if (line !== undefined) perform(board, line, instructions);
      }),
    noReply: (to) =>
      act(() => {
        const line = awaitingLine(board, to);
        if (line === undefined) return;
        hear(line, 'the gateway did not answer');
        line.state = 'in-progress';
        skip(board, line);
      }),
    instruct(lineId, instructions) {
      const line = board.lines.get(lineId);
      if (line === undefined || line.state === 'completed') return 'gone';
      if (line.state === 'ringing' && line.direction === 'outbound') return 'ringing';
      if (line.activity.kind !== 'awaiting' && isDeepStrictEqual(line.told, instructions)) return [];
      return act(() => perform(board, line, instructions));
    },
    release(lineId) {
      const line = board.lines.get(lineId);
      if (line === undefined || line.state === 'completed') return 'gone';
      const isRinging = line.state === 'ringing' && line.direction === 'outbound';
      return act(() => endLine(board, line, isRinging ? 'canceled' : 'completed'));
    },
    isLive: (lineId) => {
      const line = board.lines.get(lineId);
      return line !== undefined && line.state !== 'completed';
    },
  };
}

function placeCall(board: Switchboard, from: E164 | null, to: E164): Line {
  const line = openLine(board, { direction: 'inbound', from, to, legId: null, parentId: null, callId: null });
  if (line === null) {
    const detail = `The sandbox carries ${limits.sandboxCallsMax} live calls at most: hang some up first.`;
    throw new AppError('too-many-requests', { detail });
  }
  line.activity = { kind: 'awaiting', sequence: 0 };
  return line;
}

function ring(board: Switchboard, line: Line): void {
  if (board.isReachable(line.to)) report(board, line, { what: 'ringing' });
  else endLine(board, line, 'failed');
}

function awaitingLine(board: Switchboard, to: { lineId: string; sequence: number }): Line | undefined {
  const line = board.lines.get(to.lineId);
  const stillOwed = line?.activity.kind === 'awaiting' && line.activity.sequence === to.sequence;
  return stillOwed ? line : undefined;
}

function lineOf(board: Switchboard, lineId: string): Line {
  const line = board.lines.get(lineId);
  if (line !== undefined) return line;
  const detail = `There is no call ${lineId}: it was never placed, was dropped for age or is from before a restart. Place one with POST /carriers/sandbox/calls.`;
  throw new AppError('not-found', { detail });
}

function linesOf(board: Switchboard, phone: TextAddress): readonly Line[] {
  return [...(board.byPhone.get(phone as E164) ?? [])].reverse();
}

const fits: Readonly<Record<Fitting, { readonly says: string; readonly test: (line: Line) => boolean }>> = {
  ringing: { says: 'rings it', test: (line) => line.state === 'ringing' && line.direction === 'outbound' },
  listening: { says: 'waits for keys or speech', test: (line) => expectedOf(line) !== null },
  live: { says: 'has not ended', test: (line) => line.state !== 'completed' },
};
