/**
 * Calls out: an agent's phone or an outside number for the call desk's order, and the target of a `dial` for a caller. The
 * phone is offered what the caller described, so that its answer can be the caller's without another exchange.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { E164 } from '../../ports/e164.ts';
import type { LegEnding } from '../../telephony/call.ts';
import type { Dialable, Instruction } from '../../telephony/instructions.ts';
import type { DialAnswer, DialOrder } from '../../telephony/voice-carrier.ts';
import type { ConnectLegs } from './connect-legs.ts';
import { allowedMethods } from './describe-leg.ts';
import type { Drachtio, SipAnswer } from './drachtio.ts';
import type { FindTargets, Found } from './find-targets.ts';
import { type Leg, newLeg } from './leg.ts';
import type { LegBook } from './leg-book.ts';
import type { Anchor, Anchors } from './media/anchor.ts';
import { dialogIdOf, ringPhones } from './ring-phones.ts';
import { directionOf, isDescription, parkedOffer, sinkOffer, withDirection } from './sdp.ts';
import type { Switchboard } from './switchboard.ts';

type DialInstruction = Extract<Instruction, { verb: 'dial' }>;

export interface DialLeg {
  /** Rings an agent or an outside number on the desk's order. */
  dial(order: DialOrder): Promise<DialAnswer>;
  /** Rings somebody for a caller; resolves with the leg that answered, or null when nobody did or it was stopped. */
  dialFor(caller: Leg, instruction: DialInstruction): Promise<Leg | null>;
  /** Rings somebody who takes a leg's place; `onRinging` may be told more than once. */
  replace(leg: Leg, to: Dialable, onRinging: () => void): Promise<Leg | null>;
}

interface World {
  readonly book: LegBook;
  readonly drachtio: Drachtio;
  readonly switchboard: () => Switchboard;
  readonly findTargets: FindTargets;
  readonly connectLegs: Pick<ConnectLegs, 'settled'>;
  /** Null without a media server. */
  readonly anchors: Anchors | null;
  readonly domain: string;
  readonly silentPlace: string;
  readonly clock: Clock;
  /** A fresh word for Call-IDs and tags. */
  readonly makeWord: () => string;
}

interface Plan {
  readonly leg: Leg;
  readonly found: Found;
  readonly from: E164 | null;
  readonly offer: string | null;
  readonly offerOf: Leg | null;
  readonly anchor?: Anchor;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

interface Outcome {
  readonly onRinging: (answer: SipAnswer) => void;
  readonly onAnswered: () => void;
  readonly onFailed: (ending: LegEnding) => void;
}

export function createDialLeg(world: World): DialLeg {
  const { book, clock, findTargets } = world;
  const makeLeg = (about: Pick<Leg, 'kind' | 'callId' | 'legId'>) =>
    newLeg(
      { ...about, id: dialogIdOf(`${about.legId ?? 'dial'}.${world.makeWord()}@${world.domain}`, world.makeWord()) },
      clock.now(),
    );

  async function dial(order: DialOrder): Promise<DialAnswer> {
    const known = book.dialledAs(order.legId);
    if (known !== undefined) return { kind: 'dialled', carrierCallId: known };
    if (!world.drachtio.isUp()) return { kind: 'unavailable', reason: 'no connection to drachtio' };
    if (book.size >= limits.sipLegsMax) return { kind: 'unavailable', reason: 'as many legs as this process holds' };
    const found = await findTargets(order.to, order.from);
    if (found.targets.length === 0)
      return { kind: 'refused', reason: 'no phone is registered there, and no trunk leads there' };
    const caller = book.callerOf(order.callId) ?? null;
    // A caller who is just being answered describes themselves otherwise afterwards.
    if (caller?.state === 'ringing') await world.connectLegs.settled(caller);
    const held = found.kind === 'outside' ? await holdOffer(world) : null;
    // Somebody else may have had the same order meanwhile.
    const since = book.dialledAs(order.legId);
    if (since !== undefined) {
      if (held?.anchor !== undefined) void world.anchors?.release(held.anchor);
      return { kind: 'dialled', carrierCallId: since };
    }
    const leg = makeLeg({ kind: found.kind, callId: order.callId, legId: order.legId });
    const switchboard = world.switchboard();
    const plan = {
      leg,
      found,
      from: order.from,
      headers: {},
      timeoutMs: order.ringTimeoutMs,
      ...(held ?? offerFor(world, caller)),
    };
    ring(world, plan, {
      onRinging: () => switchboard.note(leg, { what: 'ringing' }),
      onAnswered: () => void switchboard.tellAndGoOn(leg, { what: 'answered' }),
      onFailed: (ending) => switchboard.endedThere(leg, ending),
    });
    return { kind: 'dialled', carrierCallId: leg.id };
  }

  async function dialFor(caller: Leg, instruction: DialInstruction): Promise<Leg | null> {
    const { to, callerId, ringTimeoutMs, headers = {} } = instruction;
    const about = { from: callerId, headers, timeoutMs: ringTimeoutMs };
    return ringTarget(caller, caller, to, about, (answer) => passRinging(caller, answer));
  }

  /** Rings for `caller`; what is offered is what `talker` described. */
  async function ringTarget(
    caller: Leg,
    talker: Leg,
    to: Dialable,
    about: Pick<Plan, 'from' | 'headers' | 'timeoutMs'>,
    onRinging: (answer: SipAnswer) => void,
  ): Promise<Leg | null> {
    const found = await findTargets(to, null).catch(() => ({ kind: 'outside' as const, targets: [] }));
    if (found.targets.length === 0 || caller.state === 'ended') return null;
    const leg = makeLeg({ kind: 'target', callId: caller.callId, legId: null });
    return new Promise((resolve) => {
      caller.stopWaiting = () => {
        world.switchboard().endHere(leg, 'canceled');
        resolve(null);
      };
      const settle = (answered: Leg | null) => {
        caller.stopWaiting = null;
        resolve(answered);
      };
      ring(
        world,
        { leg, found, ...about, ...offerFor(world, talker) },
        {
          onRinging,
          onAnswered: () => settle(leg),
          onFailed: (ending) => {
            world.switchboard().endedThere(leg, ending);
            settle(null);
          },
        },
      );
    });
  }

  return {
    dial,
    dialFor,
    replace: (leg, to, onRinging) =>
      ringTarget(leg, leg.peer ?? leg, to, { from: null, headers: {}, timeoutMs: limits.ringTimeoutMs }, onRinging),
  };
}

/** Somebody outside is told what it is about and presses a key, so their sound begins at the media server. */
async function holdOffer({ anchors, silentPlace }: World): Promise<Pick<Plan, 'offer' | 'offerOf' | 'anchor'> | null> {
  if (anchors === null) return null;
  const anchor = anchors.create();
  try {
    return { offer: await anchors.offerToPhone(anchor, sinkOffer(silentPlace)), offerOf: null, anchor };
  } catch {
    // Without it the call is offered straight, and the key can come as SIP INFO only.
    return null;
  }
}

/** The caller's own description where there is one; nothing where the caller leaves the offer to the phone. */
function offerFor(world: World, caller: Leg | null): Pick<Plan, 'offer' | 'offerOf'> {
  if (caller === null) return { offer: parkedOffer(world.silentPlace), offerOf: null };
  if (caller.theirs === null) return { offer: null, offerOf: caller };
  return { offer: withDirection(caller.theirs, 'sendrecv'), offerOf: caller };
}

function ring(world: World, plan: Plan, outcome: Outcome): void {
  const { leg, found, offer, offerOf } = plan;
  const offered = offerOf?.theirs ?? null;
  leg.ours = offer;
  leg.anchor = plan.anchor ?? null;
  world.book.add(leg);
  const [callId = '', tag = ''] = leg.id.split(';from-tag=');
  const from = `<sip:${plan.from ?? 'anonymous'}@${world.domain}>`;
  const headers = {
    ...plan.headers,
    Allow: allowedMethods,
    ...(plan.from === null || found.kind === 'phone' ? {} : { 'P-Asserted-Identity': from }),
    ...(offer === null ? {} : { 'Content-Type': 'application/sdp' }),
  };
  const order = { callId, tag, from, targets: found.targets, headers, offer, timeoutMs: plan.timeoutMs };
  const ringing = ringPhones({ drachtio: world.drachtio, makeCnonce: world.makeWord }, order, {
    onRinging: outcome.onRinging,
    onFailed: (ending) => {
      leg.cancel = null;
      outcome.onFailed(ending);
    },
    onAnswered: (dialogId, answer) => {
      leg.cancel = null;
      world.book.moveDialog(leg, dialogId);
      leg.state = 'answered';
      leg.theirs = answer.body;
      if (offer === null) leg.lateAck = (sdp) => answer.ack(sdp);
      else answer.ack();
      if (!isDescription(answer.body)) {
        world.switchboard().endHere(leg, 'failed');
        return;
      }
      leg.theirDirection = directionOf(answer.body);
      if (leg.anchor !== null && world.anchors !== null) {
        void takeHeldAnswer(world, world.anchors, leg, outcome);
        return;
      }
      if (offerOf !== null && offered !== null) leg.answers = { legId: offerOf.id, sdp: offered };
      outcome.onAnswered();
    },
  });
  leg.cancel = (reason) => ringing.cancel(reason);
}

/** What the phone described goes to the media server, whose description stands for it. */
async function takeHeldAnswer(world: World, anchors: Anchors, leg: Leg, outcome: Outcome): Promise<void> {
  try {
    if (leg.anchor !== null) leg.theirs = await anchors.answerFromPhone(leg.anchor, leg.theirs ?? '');
  } catch {
    world.switchboard().endHere(leg, 'failed');
    return;
  }
  if (leg.state === 'answered') outcome.onAnswered();
}

/** The caller hears what the phone rings with: its own ringing, or what its network plays before the answer. */
function passRinging(caller: Leg, answer: SipAnswer): void {
  if (caller.invite === null) return;
  const early = isDescription(answer.body) ? answer.body : null;
  const status = early === null ? 180 : 183;
  const headers = early === null ? {} : { 'Content-Type': 'application/sdp' };
  caller.invite.answer(status, early === null ? {} : { headers, body: early }).catch(() => undefined);
}
