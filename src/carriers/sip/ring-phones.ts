/**
 * Rings one or several phones for one leg: an INVITE to each at once, the first to answer has it, the others are taken
 * back. Every wait has a timer of ours. A trunk's challenge is answered once, in the same dialog (RFC 3261 section 22.2).
 */
import { limits } from '../../../config/limits.ts';
import type { LegEnding } from '../../telephony/call.ts';
import { answerChallenge } from './digest.ts';
import type { Drachtio, SentRequest, SipAnswer } from './drachtio.ts';
import { endingOf, speaksForAll, strongestEnding } from './leg-failure.ts';

export interface Target {
  readonly uri: string;
  /** Sent there, for a phone behind a router. */
  readonly proxy?: string;
  readonly account?: { readonly user: string; readonly password: string };
}

export interface RingOrder {
  /** Call-ID of the first phone; the others' follow from it. */
  readonly callId: string;
  readonly tag: string;
  readonly from: string;
  readonly targets: readonly Target[];
  readonly headers: Readonly<Record<string, string>>;
  /** Null: the phone makes the offer. */
  readonly offer: string | null;
  readonly timeoutMs: number;
}

export interface RingEvents {
  readonly onRinging: (answer: SipAnswer) => void;
  /** Called once, with the dialog of the phone that answered. The answer is not acknowledged yet. */
  readonly onAnswered: (dialogId: string, answer: SipAnswer) => void;
  /** Called once, when no phone will answer any more. */
  readonly onFailed: (ending: LegEnding) => void;
}

export interface Ringing {
  /** Takes back whatever rings; nothing is called afterwards. */
  cancel(reason?: string): void;
}

interface World {
  readonly drachtio: Drachtio;
  readonly makeCnonce: () => string;
}

export function dialogIdOf(callId: string, tag: string): string {
  return `${callId};from-tag=${tag}`;
}

/** The Call-ID of the phone at this place of the list. */
function callIdOf(order: RingOrder, index: number): string {
  return index === 0 ? order.callId : `${index}.${order.callId}`;
}

export function ringPhones(world: World, order: RingOrder, events: RingEvents): Ringing {
  const branches = new Map<number, SentRequest | null>();
  const endings: LegEnding[] = [];
  const state = { over: false, heardAnything: false };
  const takeBack = (reason?: string) => {
    clearTimeout(ringTimer);
    clearTimeout(silenceTimer);
    state.over = true;
    for (const sent of branches.values()) sent?.cancel(reason);
  };
  const fail = (ending: LegEnding) => {
    if (state.over) return;
    takeBack();
    events.onFailed(ending);
  };
  const branchFailed = (index: number, ending: LegEnding, forAll = false) => {
    branches.delete(index);
    endings.push(ending);
    if (branches.size === 0 || forAll) fail(strongestEnding(endings));
  };
  const ringTimer = setTimeout(() => fail('no-answer'), order.timeoutMs);
  const silenceTimer = setTimeout(() => {
    if (!state.heardAnything) fail('no-answer');
  }, limits.sipFirstAnswerTimeoutMs);

  const invite = (
    index: number,
    target: Target,
    authorization: Readonly<Record<string, string>>,
    mayAnswer: boolean,
  ) => {
    const callId = callIdOf(order, index);
    const headers = { ...order.headers, ...authorization, From: `${order.from};tag=${order.tag}`, 'Call-ID': callId };
    const heard = (answer: SipAnswer) => {
      state.heardAnything = true;
      if (answer.status < 200) {
        if (!state.over && answer.status > 100) events.onRinging(answer);
        return;
      }
      if (answer.status < 300) {
        answered(index, callId, answer);
        return;
      }
      const again = mayAnswer && !state.over ? authorizationFor(world, target, answer) : null;
      if (again !== null) invite(index, target, again, false);
      else branchFailed(index, endingOf(answer.status), speaksForAll(answer.status));
    };
    world.drachtio
      .send({ method: 'INVITE', uri: target.uri, headers, body: order.offer, ...proxyOf(target) }, heard)
      .then((sent) => {
        // The call may have been taken back while the server was sending it.
        if (!branches.has(index)) return;
        if (state.over) sent.cancel();
        else branches.set(index, sent);
      })
      .catch(() => branchFailed(index, 'failed'));
  };

  const answered = (index: number, callId: string, answer: SipAnswer) => {
    branches.delete(index);
    if (state.over) {
      // Two answered at once, or one answered what was just taken back: it is told so at once (RFC 3261 section 13.2.2.4).
      answer.ack(order.offer === null ? answer.body : undefined);
      void world.drachtio.ask({ method: 'BYE', dialogId: dialogIdOf(callId, order.tag) }).catch(() => undefined);
      return;
    }
    takeBack('SIP;cause=200;text="Call completed elsewhere"');
    events.onAnswered(dialogIdOf(callId, order.tag), answer);
  };

  for (const index of order.targets.keys()) branches.set(index, null);
  for (const [index, target] of order.targets.entries()) invite(index, target, {}, target.account !== undefined);
  return { cancel: takeBack };
}

function proxyOf(target: Target): { proxy?: string } {
  return target.proxy === undefined ? {} : { proxy: target.proxy };
}

function authorizationFor(world: World, target: Target, answer: SipAnswer): Readonly<Record<string, string>> | null {
  if (target.account === undefined || (answer.status !== 401 && answer.status !== 407)) return null;
  const isProxy = answer.status === 407;
  const challenge = answer.header(isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate') ?? '';
  const request = { method: 'INVITE', uri: target.uri };
  const value = answerChallenge(challenge, request, target.account, world.makeCnonce());
  const sequence = Number(/^\s*(\d+)/.exec(answer.header('CSeq') ?? '')?.[1] ?? Number.NaN);
  if (value === null || !Number.isInteger(sequence)) return null;
  return { [isProxy ? 'Proxy-Authorization' : 'Authorization']: value, CSeq: `${sequence + 1} INVITE` };
}
