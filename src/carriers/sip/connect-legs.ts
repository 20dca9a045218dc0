/**
 * Lets two legs hear each other straight, and parks a leg that has nobody to talk to. What each phone described is offered
 * to the other (third party call control, RFC 3725 flow I with descriptions already in hand): a caller who was never
 * answered costs nothing but the answer, two phones in a call two re-INVITEs. One exchange of a call at a time.
 */
import type { Log } from '../../ports/log.ts';
import { anchorLeg } from './anchor-leg.ts';
import { answerCaller, answerWithOffer, describe } from './describe-leg.ts';
import type { Drachtio } from './drachtio.ts';
import type { Leg } from './leg.ts';
import type { Anchors } from './media/anchor.ts';
import type { Hears } from './media/hears.ts';
import { audioPlaceOf, directionOf, isSink, parkedAnswer, parkedOffer, sinkAnswer, withDirection } from './sdp.ts';

export interface ConnectLegs {
  /** Connects two legs; answers with the leg that could not be, or null when both are. */
  connect(one: Leg, other: Leg): Promise<Leg | null>;
  /** Leaves an answered leg on the line, in silence or with music where there is any. */
  park(leg: Leg, hears: Waiting): Promise<void>;
  /** Describes something new to an answered leg and takes its answer in. @throws SipFault, MediaFault */
  describe(leg: Leg, sdp: string): Promise<string>;
  /** Puts a leg's sound through the media server; false when it goes on going straight. */
  anchor(leg: Leg): Promise<boolean>;
  /** Resolves when what is being exchanged in this leg's call has been. */
  settled(leg: Leg): Promise<void>;
}

export type Waiting = 'music' | 'silence';

interface World {
  readonly drachtio: Drachtio;
  readonly log: Log;
  readonly random: () => number;
  /** An address of ours for descriptions that carry no sound. */
  readonly silentPlace: string;
  readonly anchors: Anchors | null;
  readonly hears: Hears | null;
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
    park: (leg, hears) => inTurn(leg, () => park(world, leg, hears)),
    anchor: (leg) => (leg.anchor !== null ? Promise.resolve(true) : inTurn(leg, () => anchorLeg(world, leg))),
    settled: (leg) => inTurn(leg, async () => undefined),
    describe: (leg, sdp) => describe(world, leg, sdp),
  };
}

async function connect(world: World, one: Leg, other: Leg): Promise<Leg | null> {
  const [caller, phone] = other.state === 'ringing' ? [other, one] : [one, other];
  if (phone.state !== 'answered' || caller.state === 'ended' || caller.room !== phone.room) return null;
  if (caller.peer === phone) return null;
  await Promise.all([world.hears?.quiet(caller), world.hears?.quiet(phone)]);
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
  const sdp = await answerWithOffer(caller, phone.theirs ?? parkedOffer(world.silentPlace));
  caller.theirs = sdp;
  blame(phone);
  if (phone.lateAck === null) await describe(world, phone, sdp);
  else {
    phone.lateAck(sdp);
    phone.lateAck = null;
  }
}

/** Music is for who waits to be put through; everybody else who is left alone hears nothing. */
async function park(world: World, leg: Leg, hears: Waiting): Promise<void> {
  if (leg.state !== 'answered' || leg.peer !== null || leg.lateAck !== null) return;
  if (hears === 'music') await anchorLeg(world, leg);
  if (leg.anchor === null) {
    if (leg.ours !== null && directionOf(leg.ours) === 'inactive') return;
    await describeParked(world, leg, parkedFor(leg, world.silentPlace));
    return;
  }
  if (!isSink(leg.anchor.far)) await describeParked(world, leg, sinkAnswer(leg.theirs ?? '', world.silentPlace));
  if (hears === 'music' && leg.peer === null && leg.room !== null) await world.hears?.music(leg);
}

function parkedFor(leg: Leg, place: string): string {
  return leg.theirs === null ? parkedOffer(place) : parkedAnswer(leg.theirs, place);
}

async function describeParked(world: World, leg: Leg, sdp: string): Promise<void> {
  try {
    await describe(world, leg, sdp);
  } catch (fault) {
    world.log.debug({ fault, leg: leg.id }, 'sip-leg-not-parked');
  }
}
