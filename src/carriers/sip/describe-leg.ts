/**
 * Describes sound to one phone and takes in what it describes: the answer to a caller's INVITE, and offers within a call. A
 * leg whose sound the media server holds is described through it; its phone is told only what is new to it.
 */
import { limits } from '../../../config/limits.ts';
import { pause } from '../../ports/pause.timer.ts';
import type { Drachtio } from './drachtio.ts';
import type { Leg } from './leg.ts';
import type { Anchors } from './media/anchor.ts';
import { asOurs, directionOf, isDescription, isToldAlready, parkedAnswer } from './sdp.ts';
import { SipFault } from './sip-fault.ts';

interface World {
  readonly drachtio: Drachtio;
  readonly random: () => number;
  readonly silentPlace: string;
  /** Null without a media server; then no leg is held by one. */
  readonly anchors: Anchors | null;
}

export const allowedMethods = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY';

/** Answers the caller's INVITE. @throws Error when they are gone */
export async function answerCaller(caller: Leg, sdp: string): Promise<void> {
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

/** Answers a caller who left the offer to us; resolves with what their ACK brings. @throws Error */
export async function answerWithOffer(caller: Leg, sdp: string): Promise<string> {
  const answered = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new SipFault('silent', 'the caller never acknowledged')),
      limits.sipAnswerTimeoutMs,
    );
    caller.onAckSdp = (theirs) => {
      clearTimeout(timer);
      resolve(theirs);
    };
  });
  answered.catch(() => undefined);
  await answerCaller(caller, sdp);
  return answered;
}

/** Describes something new to an answered leg and takes its answer in. @throws SipFault, MediaFault */
export async function describe(world: World, leg: Leg, sdp: string): Promise<string> {
  const { anchor } = leg;
  const { anchors } = world;
  if (anchor === null || anchors === null) return offer(world, leg, sdp);
  leg.answers = null;
  const towards = await anchors.offerToPhone(anchor, sdp);
  const { ours } = leg;
  const isKnown = ours !== null && anchor.phone !== '' && isToldAlready(towards, { ours, theirs: anchor.phone });
  const answer = isKnown ? anchor.phone : await offer(world, leg, towards);
  const theirs = await anchors.answerFromPhone(anchor, answer);
  [leg.theirs, leg.theirDirection] = [theirs, directionOf(theirs)];
  return theirs;
}

/** Both sides may offer at once: 491 is tried again after a pause of chance (RFC 3261 section 14.1). */
async function offer(world: World, leg: Leg, sdp: string): Promise<string> {
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
