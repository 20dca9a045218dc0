/**
 * The life of one call, inbound or outbound, as Twilio would lead it: ring, answer, follow documents, end, and tell the
 * status callbacks about each step. The person on the line is the returned `FarEndCall`; REST redirects and hang-ups
 * come in through `LiveCall`.
 */

import { Interrupted } from '../await-outcome.ts';
import { type CallStatus, createLine, type Line } from './far-end-line.ts';
import { type AnsweredBy, createFarEndCall, type FarEndCall } from './far-end-phone.ts';
import { rfc2822, type World } from './far-end-world.ts';
import { DocumentFault, openDocument } from './open-document.ts';
import { runVerbs } from './run-verbs.ts';
import type { Fields } from './sign-request.ts';
import type { Leg, LegWanted, Source } from './verb-step.ts';

/** A call to be made. */
export interface CallOrder {
  readonly direction: FarEndCall['direction'];
  readonly from: string;
  readonly to: string;
  readonly parentSid?: string;
  /** More fields of every webhook about it. */
  readonly extra?: Fields;
  /** What it follows once up; null for a leg without a whisper. */
  readonly source: Source | null;
  readonly report: StatusReport | null;
  /** Where is told, beside the call, whether a machine has picked up. */
  readonly machineUrl?: string | null;
  readonly ringTimeoutMs: number;
  /** For a leg: the document is over, join it. Without it, a document's end is the call's end. */
  readonly onReady?: () => void;
  /** Ended, or taken away by a redirect. */
  readonly onGone?: (status: CallStatus) => void;
  readonly onRing?: (call: FarEndCall) => void;
  readonly dialLeg: (wanted: LegWanted) => Leg;
}

/** Where status callbacks go, and for which of initiated, ringing, answered, completed. */
export interface StatusReport {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly events: readonly string[];
}

/** The same call as Twilio's machinery knows it. */
export interface LiveCall {
  readonly call: FarEndCall;
  readonly line: Line;
  /** Outbound: starts ringing, on the next turn of the event loop. */
  ring(): void;
  /** Inbound: asks the number's voice webhook. */
  arrive(): void;
  /** Takes it out of what it is doing into another document. */
  redirect(source: Source): void;
  end(status: CallStatus): void;
}

export function createCall(world: World, order: CallOrder): LiveCall {
  const line = createLine(world, {
    sid: world.makeSid('CA'),
    direction: order.direction,
    from: order.from,
    to: order.to,
    parentSid: order.parentSid ?? null,
    createdAtMs: world.clock.now(),
    extra: order.extra ?? {},
  });
  let execution = new AbortController();
  let onReady = order.onReady;
  let reports = 0;
  let stopRinging = () => {};

  async function follow(source: Source | null, signal: AbortSignal): Promise<void> {
    try {
      let next = source;
      while (next !== null) {
        const { verbs, baseUrl } = await openDocument(next, { world, line, signal });
        const outcome = await runVerbs(verbs, { world, line, signal, baseUrl, dialLeg: order.dialLeg });
        if (outcome.kind === 'end') return end(outcome.status);
        next = outcome.kind === 'go' ? outcome.source : null;
        // What listened has had its answer; the same verb in the next document is a new one.
        if (next !== null) line.enter('listening');
      }
      if (signal.aborted) return;
      if (onReady === undefined) end('completed');
      else onReady();
    } catch (fault) {
      if (fault instanceof Interrupted || signal.aborted) return;
      if (!(fault instanceof DocumentFault)) {
        world.noteFault({ code: 11_100, subject: line.facts.sid, message: String(fault) });
      }
      line.answer();
      line.hear({ kind: 'say', text: 'We are sorry, an application error has occurred. Goodbye.' });
      end('completed');
    }
  }

  function report(event: string, status: string, more: Fields = {}): void {
    const wanted = order.report;
    if (wanted === null || !wanted.events.includes(event)) return;
    const fields = {
      ...line.fields(),
      CallStatus: status,
      SequenceNumber: String(reports),
      CallbackSource: 'call-progress-events',
      Timestamp: rfc2822(world.clock.now()),
      ...more,
    };
    reports += 1;
    const { url, method } = wanted;
    world.webhooks.post({ kind: 'call-status', subject: line.facts.sid, url, method, fields });
  }

  function ring(): void {
    world.timers.afterReal(0, () => {
      if (line.moment() === 'ended') return;
      report('initiated', 'initiated');
      line.setStatus('ringing');
      line.enter('ringing');
      report('ringing', 'ringing');
      stopRinging = world.timers.after(order.ringTimeoutMs, () => end('no-answer'));
      order.onRing?.(call);
    });
  }

  function answer(answeredBy: AnsweredBy): void {
    stopRinging();
    line.answer();
    line.enter('listening');
    report('answered', 'in-progress');
    if (order.machineUrl) {
      const fields = { ...line.fields(), AnsweredBy: answeredBy, MachineDetectionDuration: '2400' };
      const { machineUrl: url } = order;
      world.webhooks.post({ kind: 'call-status', subject: line.facts.sid, url, method: 'POST', fields });
    }
    void follow(order.source, execution.signal);
  }

  function redirect(source: Source): void {
    execution.abort('redirected');
    execution = new AbortController();
    order.onGone?.('completed');
    onReady = undefined;
    line.enter('listening');
    void follow(source, execution.signal);
  }

  function end(status: CallStatus): void {
    if (line.moment() === 'ended') return;
    stopRinging();
    line.setEndedAt(world.clock.now());
    line.setStatus(status);
    line.enter('ended');
    execution.abort('hung-up');
    report('completed', status, endFields(line, status));
    order.onGone?.(status);
  }

  const call = createFarEndCall(world, line, { answer, end });
  const arrive = () => void follow(order.source, execution.signal);
  return Object.freeze({ call, line, ring, arrive, redirect, end });
}

/** Whole seconds from answer to end; 0 for a call nobody answered. */
export function durationSeconds(line: Line): number {
  const answeredAt = line.answeredAtMs();
  const endedAt = line.endedAtMs();
  return answeredAt === null || endedAt === null ? 0 : Math.ceil((endedAt - answeredAt) / 1000);
}

function endFields(line: Line, status: CallStatus): Fields {
  const seconds = durationSeconds(line);
  const sipCodes: Partial<Record<CallStatus, string>> = {
    completed: '200',
    busy: '486',
    'no-answer': '487',
    canceled: '487',
    failed: '404',
  };
  return {
    CallDuration: String(seconds),
    Duration: String(Math.ceil(seconds / 60)),
    SipResponseCode: sipCodes[status] ?? '500',
  };
}
