/**
 * What phones say within a call: hanging up, hold and resume, keys, transfers, and signs of life. Whatever names a dialog
 * that is not ours is answered 481.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ConnectLegs } from './connect-legs.ts';
import { allowedMethods } from './describe-leg.ts';
import type { Drachtio } from './drachtio.ts';
import type { Leg } from './leg.ts';
import type { LegBook } from './leg-book.ts';
import type { Anchors } from './media/anchor.ts';
import { readKey } from './read-info.ts';
import { asOurs, directionOf, facing, isDescription, parkedOffer, soundsAlike, withDirection } from './sdp.ts';
import type { SipRequest } from './sip-request.ts';
import type { Switchboard } from './switchboard.ts';
import type { Transfer } from './transfer.ts';

interface World {
  readonly book: LegBook;
  readonly drachtio: Drachtio;
  readonly connectLegs: ConnectLegs;
  readonly anchors: Anchors | null;
  readonly switchboard: () => Switchboard;
  readonly transfer: Transfer;
  readonly silentPlace: string;
  readonly clock: Clock;
  readonly log: Log;
}

export async function takeInDialog(world: World, request: SipRequest): Promise<void> {
  const leg = request.dialogId === null ? undefined : world.book.findByDialog(request.dialogId);
  if (request.method === 'ACK') {
    if (leg !== undefined && request.body !== '') leg.onAckSdp?.(request.body);
    return;
  }
  if (leg === undefined || leg.state === 'ended') {
    await request.answer(481);
    return;
  }
  leg.seenAt = world.clock.now();
  switch (request.method) {
    case 'BYE':
      world.switchboard().endedThere(leg, 'completed');
      await request.answer(200);
      return;
    case 'INVITE':
      return takeOffer(world, leg, request);
    case 'UPDATE':
      return request.body === '' ? request.answer(200) : takeOffer(world, leg, request);
    case 'INFO':
      return takeInfo(world, leg, request);
    case 'REFER':
      return world.transfer(leg, request);
    case 'OPTIONS':
    case 'NOTIFY':
      return request.answer(200, { headers: { Allow: allowedMethods } });
    default:
      return request.answer(405, { headers: { Allow: allowedMethods } });
  }
}

/** A new description from a phone, hold among them, is the other phone's to answer: it hears of it and says what it will. */
async function takeOffer(world: World, leg: Leg, request: SipRequest): Promise<void> {
  const { peer } = leg;
  if (leg.state !== 'answered') return request.answer(491);
  if (request.body === '') return answerWith(request, leg, leg.ours ?? parkedOffer(world.silentPlace));
  if (!isDescription(request.body)) return request.answer(488);
  if (leg.offering || peer?.offering || (peer !== null && peer.state !== 'answered')) return request.answer(491);
  if (leg.anchor !== null && world.anchors !== null)
    return takeAnchoredOffer(world, { leg, anchor: leg.anchor, anchors: world.anchors }, request);
  const direction = directionOf(request.body);
  if (peer === null || request.body === leg.theirs) {
    keepTheirs(leg, request.body);
    return answerWith(request, leg, withDirection(leg.ours ?? request.body, facing(direction)));
  }
  try {
    const answer = await world.connectLegs.describe(peer, request.body);
    keepTheirs(leg, request.body);
    await answerWith(request, leg, answer);
  } catch (fault) {
    world.log.warn({ fault, leg: leg.id }, 'sip-offer-not-passed');
    await request.answer(500, { headers: { 'Retry-After': '2' } });
  }
}

/** The same through the media server: the other phone is told only when it is new to it. */
async function takeAnchoredOffer(
  world: World,
  { leg, anchor, anchors }: { leg: Leg; anchor: NonNullable<Leg['anchor']>; anchors: Anchors },
  request: SipRequest,
): Promise<void> {
  const { peer, theirs } = leg;
  try {
    const offered = await anchors.offerFromPhone(anchor, request.body);
    const isKnown = peer === null || (theirs !== null && soundsAlike(offered, theirs));
    const far = isKnown ? withDirection(anchor.far, 'sendrecv') : await world.connectLegs.describe(peer, offered);
    keepTheirs(leg, offered);
    await answerWith(request, leg, await anchors.answerToPhone(anchor, far));
  } catch (fault) {
    world.log.warn({ fault, leg: leg.id }, 'sip-offer-not-passed');
    await request.answer(500, { headers: { 'Retry-After': '2' } });
  }
}

function keepTheirs(leg: Leg, sdp: string): void {
  leg.theirs = sdp;
  leg.theirDirection = directionOf(sdp);
}

function answerWith(request: SipRequest, leg: Leg, sdp: string): Promise<void> {
  leg.version += 1;
  leg.ours = asOurs(sdp, leg.sessionId, leg.version);
  const headers = { 'Content-Type': 'application/sdp', Allow: allowedMethods };
  return request.answer(200, { headers, body: leg.ours });
}

/** A key goes to whoever waits for keys, otherwise to the phone at the other end. */
async function takeInfo(world: World, leg: Leg, request: SipRequest): Promise<void> {
  await request.answer(200);
  const contentType = request.header('Content-Type') ?? '';
  const key = readKey(contentType, request.body);
  if (key === null) return;
  if (leg.onKey !== null) {
    leg.onKey(key);
    return;
  }
  if (leg.peer === null) return;
  const body = `Signal=${key}\r\nDuration=160\r\n`;
  const order = {
    method: 'INFO',
    dialogId: leg.peer.dialogId,
    headers: { 'Content-Type': 'application/dtmf-relay' },
    body,
  };
  await world.drachtio.ask(order).catch((fault: unknown) => world.log.debug({ fault }, 'sip-key-not-passed'));
}
