/**
 * One phone's side of a call, as this process holds it: a SIP dialog, what was last described in it and what the phone is
 * doing. The record holds no more of it than the id, which is the dialog's own name, so that any later process can still
 * hang it up or look after it.
 */
import type { E164 } from '../../ports/e164.ts';
import type { CallId, LegId } from '../../ports/ids.ts';
import type { LegFact } from '../../telephony/leg-report.ts';
import type { Anchor } from './media/anchor.ts';
import type { Direction } from './sdp.ts';
import type { SipRequest } from './sip-request.ts';

/** `ringing`: a caller whose call we have not answered, or a phone that we ring. */
export type LegState = 'ringing' | 'answered' | 'ended';

export interface Leg {
  /** `<Call-ID>;from-tag=<tag>`. */
  readonly id: string;
  /** The caller's own; an agent's registered phone; a number or address behind a trunk; the target of a `dial`. */
  readonly kind: 'caller' | 'phone' | 'outside' | 'target';
  callId: CallId | null;
  readonly legId: LegId | null;
  /** The number that was called, for the caller's own leg. */
  readonly dnis: E164 | null;
  /** The dialog that stands: of several phones that were rung, the one that answered. */
  dialogId: string;
  state: LegState;
  /** The caller's INVITE while it is unanswered. */
  invite: SipRequest | null;
  /** Its sound as the media server holds it; null: it goes straight. `theirs` is then the media server's description. */
  anchor: Anchor | null;
  /** What the far end described last, sounding both ways; null while it left the offer to us. */
  theirs: string | null;
  /** Which way the far end wants the sound to go: `sendonly` is its hold. */
  theirDirection: Direction;
  /** What we described last. */
  ours: string | null;
  /** Whose description our offer to this leg was made of, and which: its answer then fits that leg as it is. */
  answers: { readonly legId: string; readonly sdp: string } | null;
  readonly sessionId: number;
  version: number;
  /** A description of ours is under way to this leg. */
  offering: boolean;
  /** Acknowledges the answer of a phone that was called without an offer. */
  lateAck: ((sdp: string) => void) | null;
  /** Called with the description in the ACK of our 200, where we made the offer. */
  onAckSdp: ((sdp: string) => void) | null;
  room: string | null;
  /** The leg it is connected with. */
  peer: Leg | null;
  /** Counts what the leg was told to do; what an earlier count began is over. */
  program: number;
  /** What it is being told now, as text: the same order again changes nothing. */
  doing: string | null;
  /** Ends what the running instruction waits for. */
  stopWaiting: (() => void) | null;
  onKey: ((key: string) => void) | null;
  /** The conversation's recording that is being made; `isOn` false while it is paused. */
  recording: { readonly id: string; isOn: boolean } | null;
  /** What is to be told of the leg before its end is: a recording that the end has closed. */
  closing: (() => Promise<LegFact | null>) | null;
  /** For the target of a dial: the call with it is over. */
  onEnded: (() => void) | null;
  /** Takes back what rings. */
  cancel: ((reason?: string) => void) | null;
  readonly since: number;
  /** When it was last heard of, in Unix ms. */
  seenAt: number;
  /** The connection it came over is gone: what its phone says no longer reaches us, so it is asked. */
  orphaned: boolean;
  /** Reports are told one after another. */
  telling: Promise<void>;
}

/** Asked anew after each wait: a leg may end meanwhile. */
export function isOver({ state }: Leg): boolean {
  return state === 'ended';
}

export function newLeg(
  about: Pick<Leg, 'id' | 'kind' | 'callId' | 'legId'> & Partial<Pick<Leg, 'dnis' | 'invite' | 'theirs'>>,
  now: number,
): Leg {
  return {
    dnis: null,
    invite: null,
    theirs: null,
    ...about,
    dialogId: about.id,
    state: 'ringing',
    anchor: null,
    theirDirection: 'sendrecv',
    ours: null,
    answers: null,
    sessionId: Math.floor(now / 1_000),
    version: 0,
    offering: false,
    lateAck: null,
    onAckSdp: null,
    room: null,
    peer: null,
    program: 0,
    doing: null,
    stopWaiting: null,
    onKey: null,
    recording: null,
    closing: null,
    onEnded: null,
    cancel: null,
    since: now,
    seenAt: now,
    orphaned: false,
    telling: Promise.resolve(),
  };
}
