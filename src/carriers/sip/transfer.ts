/**
 * An agent's phone sends the caller on to somebody else (REFER, RFC 3515): a number or one of our own phones. The leg stays
 * what it is and another phone takes its place, so the caller's call goes on as one. Only agents' phones may do so; a caller
 * or somebody outside who could would ring anybody at our cost.
 */
import type { CallId } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import { type Dialable, isPhone, type SipAddress } from '../../telephony/instructions.ts';
import type { ConnectLegs } from './connect-legs.ts';
import type { DialLeg } from './dial-leg.ts';
import type { Drachtio } from './drachtio.ts';
import { sayGoodbye } from './end-leg.ts';
import type { Leg } from './leg.ts';
import type { LegBook } from './leg-book.ts';
import { e164Forms } from './read-invite.ts';
import type { SipRequest } from './sip-request.ts';
import { parseNameAddress } from './sip-uri.ts';
import type { Switchboard } from './switchboard.ts';

export type Transfer = (leg: Leg, request: SipRequest) => Promise<void>;

interface World {
  readonly book: LegBook;
  readonly drachtio: Drachtio;
  readonly dialLeg: DialLeg;
  readonly connectLegs: ConnectLegs;
  readonly switchboard: () => Switchboard;
  readonly domain: string;
  /** Whether an outside number may be called so. */
  readonly mayCall: (callId: CallId, to: Dialable) => Promise<boolean>;
  readonly log: Log;
}

export function createTransfer(world: World): Transfer {
  return async (leg, request) => {
    const to = readTarget(request.header('Refer-To') ?? '', world.domain);
    if (leg.kind !== 'phone' || leg.peer === null) return request.answer(403);
    if (to === null) return request.answer(400);
    if (leg.callId === null || !(await world.mayCall(leg.callId, to))) return request.answer(603);
    await request.answer(202);
    void notify(world, leg.dialogId, 'SIP/2.0 100 Trying', 'active;expires=60');
    const ringing = () => void notify(world, leg.dialogId, 'SIP/2.0 180 Ringing', 'active;expires=60');
    const target = await world.dialLeg.replace(leg, to, ringing);
    if (target === null || leg.peer === null) {
      if (target !== null) world.switchboard().endHere(target, 'canceled');
      await notify(world, leg.dialogId, 'SIP/2.0 480 Temporarily Unavailable', 'terminated;reason=noresource');
      return;
    }
    await notify(world, leg.dialogId, 'SIP/2.0 200 OK', 'terminated;reason=noresource');
    await takePlace(world, leg, target);
  };
}

/** The new phone's dialog becomes the leg's; the phone that sent the caller on is let go. */
async function takePlace(world: World, leg: Leg, target: Leg): Promise<void> {
  const { peer, dialogId } = leg;
  if (peer === null) return;
  world.book.remove(target);
  world.book.moveDialog(leg, target.dialogId);
  const { theirs, theirDirection, ours, version, answers, lateAck } = target;
  Object.assign(leg, { theirs, theirDirection, ours, version, answers, lateAck, peer: null });
  peer.peer = null;
  void sayGoodbye(world, dialogId);
  const unconnected = await world.connectLegs.connect(peer, leg);
  if (unconnected !== null && unconnected.state !== 'ended') world.switchboard().endHere(unconnected, 'failed');
}

async function notify(world: World, dialogId: string, statusLine: string, state: string): Promise<void> {
  const headers = { Event: 'refer', 'Subscription-State': state, 'Content-Type': 'message/sipfrag;version=2.0' };
  const order = { method: 'NOTIFY', dialogId, headers, body: `${statusLine}\r\n` };
  await world.drachtio.ask(order).catch((fault: unknown) => world.log.debug({ fault }, 'sip-notify-unanswered'));
}

/** A telephone number, or one of our own phones; other people's domains are nobody's to be sent to. */
function readTarget(header: string, domain: string): Dialable | null {
  const address = parseNameAddress(header);
  if (address === null) return null;
  const [number] = e164Forms(address.uri);
  if (number !== undefined && isPhone(number)) return number;
  if (address.uri.host !== domain || !/^[\w.+-]{1,64}$/.test(address.uri.user)) return null;
  return `sip:${address.uri.user}@${domain}` as SipAddress;
}
