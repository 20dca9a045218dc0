/**
 * Puts a leg's sound through the media server, for something it is to hear, key or say into a recording; until then it goes
 * straight. A caller who was not answered yet is answered now, because nobody hears anything before; one who talks already is
 * described the media server's place, and whoever they talk with too.
 */
import type { Log } from '../../ports/log.ts';
import { answerCaller, answerWithOffer, describe } from './describe-leg.ts';
import type { Drachtio } from './drachtio.ts';
import { isOver, type Leg } from './leg.ts';
import type { Anchor, Anchors } from './media/anchor.ts';
import { directionOf, parkedOffer, sinkAnswer, sinkOffer, withDirection } from './sdp.ts';

interface World {
  readonly drachtio: Drachtio;
  readonly random: () => number;
  readonly silentPlace: string;
  readonly anchors: Anchors | null;
  readonly log: Log;
}

/** Whether the media server holds the leg's sound now. Asked again it changes nothing. */
export async function anchorLeg(world: World, leg: Leg): Promise<boolean> {
  const { anchors } = world;
  if (leg.anchor !== null) return true;
  if (anchors === null || leg.state === 'ended' || leg.lateAck !== null) return false;
  if (leg.state === 'ringing' && leg.invite === null) return false;
  const anchor = anchors.create();
  try {
    if (leg.invite === null) await takeOver(world, leg, anchor);
    else if (leg.theirs === null) await answerLate(world, anchors, leg, anchor);
    else await answerNow(world, anchors, leg, anchor);
  } catch (fault) {
    world.log.warn({ fault, leg: leg.id }, 'sip-leg-not-anchored');
    leg.anchor = null;
    void anchors.release(anchor);
    return false;
  }
  if (!isOver(leg)) return true;
  void anchors.release(anchor);
  return false;
}

async function answerNow(world: World, anchors: Anchors, leg: Leg, anchor: Anchor): Promise<void> {
  const theirs = await anchors.offerFromPhone(anchor, leg.theirs ?? '');
  const answer = await anchors.answerToPhone(anchor, sinkAnswer(theirs, world.silentPlace));
  await answerCaller(leg, answer);
  [leg.anchor, leg.theirs] = [anchor, theirs];
}

async function answerLate(world: World, anchors: Anchors, leg: Leg, anchor: Anchor): Promise<void> {
  const offer = await anchors.offerToPhone(anchor, sinkOffer(world.silentPlace));
  const answer = await answerWithOffer(leg, offer);
  leg.theirs = await anchors.answerFromPhone(anchor, answer);
  [leg.anchor, leg.theirDirection] = [anchor, directionOf(leg.theirs)];
}

async function takeOver(world: World, leg: Leg, anchor: Anchor): Promise<void> {
  const { peer, theirs, ours } = leg;
  leg.anchor = anchor;
  const far = peer?.theirs ?? sinkOffer(world.silentPlace);
  try {
    const instead = await describe(world, leg, withDirection(far, 'sendrecv'));
    if (peer !== null && peer.state === 'answered') await describe(world, peer, instead);
  } catch (fault) {
    [leg.anchor, leg.theirs] = [null, theirs];
    // Its phone sends to a place that is given back now: it is told the one from before.
    if (leg.ours !== ours && !isOver(leg)) await moveBack(world, leg, peer?.theirs ?? null);
    throw fault;
  }
}

async function moveBack(world: World, leg: Leg, before: string | null): Promise<void> {
  const sdp = before === null ? parkedOffer(world.silentPlace) : withDirection(before, 'sendrecv');
  try {
    await describe(world, leg, sdp);
  } catch (fault) {
    world.log.warn({ fault, leg: leg.id }, 'sip-leg-not-moved-back');
  }
}
