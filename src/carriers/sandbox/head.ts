/**
 * Takes what happens on the pretend network into the gateway, as a carrier's webhooks would, and brings back what the
 * line does next. Reports of one call go in order, one after the other; different calls do not wait for each other. An
 * end that the record could not take is told again as soon as another report gets through, under the same key.
 */
import { limits } from '../../../config/limits.ts';
import type { E164, TextAddress } from '../../ports/e164.ts';
import { AppError } from '../../ports/errors.ts';
import type { CallId } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import type { MessageDesk } from '../../sms/message-desk.ts';
import { failoverInstructions, instructionsFor } from '../../telephony/answer-call.ts';
import type { Attestation, Call } from '../../telephony/call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { IncomingCall } from '../../telephony/open-call.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import { answerUnknown, callNamedBy, legReportOf } from './answer-report.ts';
import type { LineReport, LineView } from './line.ts';
import type { Network } from './network.ts';
import { createTurns } from './turns.ts';

/** Answers an inbound call in time, from the record or, when that is slow, from memory. */
export type TakeCall = (
  incoming: IncomingCall,
) => Promise<
  | { readonly kind: 'taken'; readonly call: Call }
  | { readonly kind: 'failover'; readonly to: E164 }
  | { readonly kind: 'unknown-number' }
  | { readonly kind: 'unavailable' }
>;

export interface SandboxHead {
  /** A phone calls one of our numbers; answers when the caller has been told what to hear. */
  call(order: NewCall): Promise<LineView>;
  /** A phone texts one of our numbers. */
  text(order: NewText): Promise<{ readonly id: string; readonly conversationId: string }>;
  /** Takes reports in and performs what follows. Never rejects: a phone is not to blame for a gateway that is away. */
  tell(reports: readonly LineReport[]): Promise<void>;
  /** Resolves when every report under way has been taken in. */
  settled(): Promise<void>;
}

export interface NewCall {
  readonly from: E164 | null;
  readonly to: E164;
  readonly attestation: Attestation | null;
}

export interface NewText {
  readonly from: TextAddress;
  readonly to: E164;
  readonly body: string;
}

interface World {
  readonly network: Network;
  readonly desk: Pick<CallDesk, 'hear'>;
  readonly messages: Pick<MessageDesk, 'take'>;
  readonly takeCall: TakeCall;
  /** The recorded call of a carrier call id; asked only about calls that were answered from memory. */
  readonly findCall: (carrierCallId: string) => Promise<CallId | null>;
  readonly log: Log;
}

export function createSandboxHead(world: World): SandboxHead {
  const turns = createTurns();
  const unheard: LineReport[] = [];

  const keep = (report: LineReport): void => {
    if (isWorthRepeating(report) && unheard.length < limits.sandboxUnheardReportsMax) unheard.push(report);
  };

  const tell = (reports: readonly LineReport[]): Promise<void> => {
    const [first] = reports;
    if (first === undefined) return Promise.resolve();
    return turns.take(turnOf(world.network, first), () => tellInOrder(reports));
  };

  const tellInOrder = async (reports: readonly LineReport[]): Promise<void> => {
    const queue = [...reports];
    for (let report = queue.shift(); report !== undefined; report = queue.shift()) {
      try {
        const told = await tellOne(world, report);
        queue.push(...told.reports);
        if (told.isRecorded) for (const again of unheard.splice(0)) void tell([again]);
        else keep(report);
      } catch (fault) {
        queue.push(...goOnAlone(world, report, fault));
        keep(report);
      }
    }
  };

  return Object.freeze({
    async call(order: NewCall): Promise<LineView> {
      const { id } = world.network.placeCall(order.from, order.to);
      const reports = await turns.take(id, () => takeIn(world, id, order));
      await tell(reports);
      return world.network.view(id);
    },
    text: (order: NewText) => takeText(world, order),
    tell,
    settled: turns.settled,
  });
}

/** Reports of one call share a turn: the caller's line names it, or the call as long as that line is not attached. */
function turnOf(network: Network, { line }: LineReport): string {
  if (line.direction === 'inbound' || line.callId === null) return line.id;
  return network.callerOf(line.callId)?.id ?? line.callId;
}

/** A call answered from memory may not be in the record yet: then nothing is recorded, and the line gets its answer. */
async function tellOne(
  world: World,
  report: LineReport,
): Promise<{ readonly isRecorded: boolean; readonly reports: readonly LineReport[] }> {
  const { line, sequence } = report;
  const callId = callNamedBy(report) ?? (await world.findCall(line.id));
  const heard = callId === null ? null : await world.desk.hear(legReportOf(report, callId));
  const instructions = heard?.kind === 'heard' ? heard.instructions : answerUnknown(report);
  const reports = world.network.reply({ lineId: line.id, sequence }, instructions);
  return { isRecorded: callId !== null, reports };
}

/** The gateway failed to answer: the line goes on with what it has, and a call answered from memory as planned there. */
function goOnAlone(world: World, report: LineReport, fault: unknown): readonly LineReport[] {
  const { line, sequence, fact } = report;
  world.log.error({ fault, carrierCallId: line.id, what: fact.what }, 'sandbox-report-unheard');
  if (callNamedBy(report) === null) return world.network.reply({ lineId: line.id, sequence }, answerUnknown(report));
  return world.network.noReply({ lineId: line.id, sequence });
}

/** What stays true however late it is told. A key pressed long ago must not take a call. */
function isWorthRepeating({ fact }: LineReport): boolean {
  return fact.what !== 'ringing' && fact.what !== 'answered' && fact.what !== 'keys';
}

async function takeIn(world: World, lineId: string, order: NewCall): Promise<readonly LineReport[]> {
  const { network } = world;
  const reply = (instructions: readonly Instruction[]) => network.reply({ lineId, sequence: 0 }, instructions);
  const answer = await takeOrRelease(world, lineId, order);
  switch (answer.kind) {
    case 'taken':
      network.attach(lineId, answer.call.id);
      return reply(instructionsFor(answer.call, null));
    case 'failover':
      return reply(failoverInstructions(answer.to, order.to));
    case 'unknown-number': {
      network.release(lineId);
      const detail = `No number ${order.to} of the sandbox carrier is known here: import it with carrier "sandbox" or dial one of the demo's numbers.`;
      throw new AppError('not-found', { detail });
    }
    case 'unavailable':
      network.release(lineId);
      throw new AppError('unavailable', {
        detail: 'The record is away and no failover number is known for this call.',
      });
  }
}

async function takeOrRelease(world: World, lineId: string, order: NewCall): ReturnType<TakeCall> {
  try {
    return await world.takeCall({
      carrier: 'sandbox',
      carrierCallId: lineId,
      dnis: order.to,
      ani: order.from,
      attestation: order.attestation,
      raw: { callSid: lineId, ...order },
    });
  } catch (fault) {
    world.network.release(lineId);
    throw fault;
  }
}

async function takeText(world: World, order: NewText): Promise<{ id: string; conversationId: string }> {
  const id = world.network.makeId('ST');
  const taken = await world.messages.take({
    carrier: 'sandbox',
    carrierMessageId: id,
    to: order.to,
    from: order.from,
    body: order.body,
    carrierAnswersConsentWords: false,
    raw: { messageSid: id, ...order },
  });
  if (taken.kind === 'taken') return { id, conversationId: taken.conversationId };
  const detail = `No number ${order.to} of the sandbox carrier is known here: import it with carrier "sandbox" or text one of the demo's numbers.`;
  throw new AppError('not-found', { detail });
}
