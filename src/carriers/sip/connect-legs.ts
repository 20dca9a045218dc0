/**
 * Lets two legs hear each other straight, and parks a leg that has nobody to talk to. What each phone described is offered
 * to the other (third party call control, RFC 3725 flow I with descriptions already in hand): a caller who was never
 * answered costs nothing but the answer, two phones in a call two re-INVITEs. One exchange of a call at a time.
 */
import { limits } from '../../../config/limits.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.timer.ts';
import { type Drachtio, SipFault } from './drachtio.ts';
import type { Leg } from './leg.ts';
import { asOurs, audioPlaceOf, directionOf, isDescription, parkedAnswer, parkedOffer, withDirection } from './sdp.ts';

export interface ConnectLegs {
  /** Connects two legs; answers with the leg that could not be, or null when both are. */
  connect(one: Leg, other: Leg): Promise<Leg | null>;
  /** Leaves an answered leg on the line in silence. */
  park(leg: Leg): Promise<void>;
  /** Describes something new to an answered leg and takes its answer in. @throws SipFault */
  describe(leg: Leg, sdp: string): Promise<string>;
}

interface World {
  readonly drachtio: Drachtio;
  readonly log: Log;
  readonly random: () => number;
  /** An address of ours for descriptions that carry no sound. */
  readonly silentPlace: string;
}

export function createConnectLegs(world: World): ConnectLegs {
  const busy = new Map<string, Promise<unknown>>();

  /** One exchange of a call after another; they are few and short. */
  function inTurn<Value>(leg: Leg, act: () => Promise<Value>): Promise<Value> {
    const key = leg.callId ?? leg.id;
    const done = (busy.get(key) ?? Promise.resolve()).then(act);
    const settled = done
      .catch(() => undefined)
      .then(() => {
        if (busy.get(key) === settled) busy.delete(key);
      });
    busy.set(key, settled);
    return done;
  }

  return {
    connect: (one, other) => inTurn(one, () => connect(world, one, other)),
    park: (leg) => inTurn(leg, () => park(world, leg)),
    describe: (leg, sdp) => describe(world, leg, sdp),
  };
}

async function connect(world: World, one: Leg, other: Leg): Promise<Leg | null> {
  const [caller, phone] = other.state === 'ringing' ? [other, one] : [one, other];
  if (phone.state !== 'answered' || caller.state === 'ended' || caller.room !== phone.room) return null;
  if (caller.peer === phone) return null;
  // A hold may come the moment they hear each other.
  [caller.peer, phone.peer] = [phone, caller];
  let blamed = phone;
  const blame = (leg: Leg) => {
    blamed = leg;
  };
  try {
    if (caller.state === 'answered') {
      const [one, other] = fits(caller, phone) ? [phone, caller] : [caller, phone];
      await exchange(world, one, other, blame);
    } else if (caller.theirs === null) await answerLate(world, caller, phone, blame);
    else {
      const answer = fits(phone, caller) ? phone.theirs : await describe(world, phone, caller.theirs);
      blame(caller);
      await answerCaller(caller, answer ?? '');
    }
  } catch (fault) {
    world.log.warn({ fault, leg: blamed.id }, 'sip-legs-not-connected');
    [caller.peer, phone.peer] = [null, null];
    return blamed;
  }
  return null;
}

/** The phone's answer was made to this very description. */
function fits(phone: Leg, caller: Leg): boolean {
  return phone.answers?.legId === caller.id && phone.answers.sdp === caller.theirs && phone.theirs !== null;
}

async function exchange(world: World, one: Leg, other: Leg, blame: (leg: Leg) => void): Promise<void> {
  blame(other);
  const offered = one.theirs ?? parkedOffer(world.silentPlace);
  const answer = fits(other, one)
    ? (other.theirs ?? '')
    : await describe(world, other, withDirection(offered, 'sendrecv'));
  blame(one);
  const taken = await describe(world, one, answer);
  blame(other);
  // The first phone chose another place for its sound than the one the second was told of.
  if (audioPlaceOf(taken) !== audioPlaceOf(offered)) await describe(world, other, taken);
}

/** The caller left the offer to us: they are given the phone's, and their ACK brings the answer. */
async function answerLate(world: World, caller: Leg, phone: Leg, blame: (leg: Leg) => void): Promise<void> {
  blame(caller);
  const answered = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new SipFault('silent', 'the caller never acknowledged')),
      limits.sipAnswerTimeoutMs,
    );
    caller.onAckSdp = (sdp) => {
      clearTimeout(timer);
      resolve(sdp);
    };
  });
  answered.catch(() => undefined);
  await answerCaller(caller, phone.theirs ?? parkedOffer(world.silentPlace));
  const sdp = await answered;
  caller.theirs = sdp;
  blame(phone);
  if (phone.lateAck === null) await describe(world, phone, sdp);
  else {
    phone.lateAck(sdp);
    phone.lateAck = null;
  }
}

/** Answers the caller's INVITE. @throws Error when they are gone */
async function answerCaller(caller: Leg, sdp: string): Promise<void> {
  if (caller.invite === null) throw new SipFault('gone', 'the caller is gone');
  caller.version += 1;
  caller.ours = asOurs(sdp, caller.sessionId, caller.version);
  const { invite } = caller;
  caller.invite = null;
  caller.state = 'answered';
  await invite.answer(200, {
    body: caller.ours,
    headers: { 'Content-Type': 'application/sdp', Allow: allowedMethods },
  });
}

export const allowedMethods = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY';

/** Both sides may offer at once: 491 is tried again after a pause of chance (RFC 3261 section 14.1). */
async function describe(world: World, leg: Leg, sdp: string): Promise<string> {
  if (leg.lateAck !== null) {
    const acknowledge = leg.lateAck;
    leg.lateAck = null;
    acknowledge(parkedAnswer(leg.theirs ?? '', world.silentPlace));
  }
  leg.offering = true;
  leg.answers = null;
  try {
    for (let attempt = 1; ; attempt += 1) {
      leg.version += 1;
      const ours = asOurs(sdp, leg.sessionId, leg.version);
      const answer = await world.drachtio.ask({ method: 'INVITE', dialogId: leg.dialogId, body: ours });
      if (answer.status < 300) {
        answer.ack();
        if (!isDescription(answer.body)) throw new SipFault('refused', 'an answer without a description');
        leg.ours = ours;
        leg.theirDirection = directionOf(answer.body);
        leg.theirs = answer.body;
        return answer.body;
      }
      if (answer.status === 408 || answer.status === 481) throw new SipFault('gone', 'the far end is gone');
      if (answer.status !== 491 || attempt === limits.sipOfferTriesMax)
        throw new SipFault('refused', `the far end answered ${answer.status}`);
      await pause(limits.sipGlarePauseMsMin + world.random() * limits.sipGlarePauseMsMin);
    }
  } finally {
    leg.offering = false;
  }
}

async function park(world: World, leg: Leg): Promise<void> {
  if (leg.state !== 'answered' || leg.peer !== null || leg.lateAck !== null) return;
  if (leg.ours !== null && directionOf(leg.ours) === 'inactive') return;
  const silence = leg.theirs === null ? parkedOffer(world.silentPlace) : parkedAnswer(leg.theirs, world.silentPlace);
  try {
    await describe(world, leg, silence);
  } catch (fault) {
    world.log.debug({ fault, leg: leg.id }, 'sip-leg-not-parked');
  }
}
