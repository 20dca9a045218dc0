/**
 * An INVITE that begins a call: who may bring one, whose number it is, and the first thing the caller hears. The record is
 * given 2 s (`answerInTime`); without it the caller goes to the number's failover destination, or is told to try again.
 */
import { limits } from '../../../config/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import { type E164, maskNumber } from '../../ports/e164.ts';
import { unreachable } from '../../ports/errors.ts';
import type { Log } from '../../ports/log.ts';
import { failoverInstructions, instructionsFor } from '../../telephony/answer-call.ts';
import type { IncomingCall } from '../../telephony/open-call.ts';
import type { AnswerInTime } from '../answer-in-time.timer.ts';
import type { Authenticate } from './authenticate.ts';
import { retryAfter } from './end-leg.ts';
import { type Leg, newLeg } from './leg.ts';
import type { LegBook } from './leg-book.ts';
import { type InviteReading, readInvite } from './read-invite.ts';
import type { Perform } from './run-instructions.ts';
import type { SipRequest } from './sip-request.ts';
import type { Switchboard } from './switchboard.ts';
import type { TrunkList } from './trunk-list.ts';

interface World {
  readonly trunks: TrunkList;
  readonly authenticate: Authenticate;
  readonly answerInTime: AnswerInTime;
  readonly book: LegBook;
  readonly switchboard: () => Switchboard;
  readonly perform: Perform;
  readonly clock: Clock;
  readonly log: Log;
}

type ReadCall = Extract<InviteReading, { kind: 'call' }>;

export async function takeInvite(world: World, request: SipRequest): Promise<void> {
  const isTrunk = world.trunks.has(request.source.address);
  const reading = readInvite(request, isTrunk);
  if (reading.kind === 'drop') {
    request.drop();
    return;
  }
  if (reading.kind === 'refuse') {
    await request.answer(
      reading.status,
      reading.status === 420 ? { headers: { Unsupported: request.header('Require') ?? '' } } : {},
    );
    return;
  }
  if (!isTrunk && !(await isProved(world, request))) return;
  if (world.book.find(reading.carrierCallId) !== undefined) {
    // The same call by another way: it has one answer already (RFC 3261 section 8.2.2.2).
    await request.answer(482);
    return;
  }
  if (world.book.size >= limits.sipLegsMax) {
    await request.answer(503, retryAfter);
    return;
  }
  await openCall(world, request, reading);
}

/** Whoever is no trunk shows a password of ours; the right answer to the challenge comes as another INVITE. */
async function isProved(world: World, request: SipRequest): Promise<boolean> {
  const proof = await world.authenticate(request, 'proxy');
  if (proof.kind === 'proved') return true;
  if (proof.kind === 'challenge') await request.answer(proof.status, { headers: proof.headers });
  else await request.answer(proof.status);
  return false;
}

async function openCall(world: World, request: SipRequest, reading: ReadCall): Promise<void> {
  const leg = newLeg(
    {
      id: reading.carrierCallId,
      kind: 'caller',
      callId: null,
      legId: null,
      dnis: reading.dialled[0] ?? null,
      invite: request,
      theirs: reading.offer,
    },
    world.clock.now(),
  );
  world.book.add(leg);
  request.onCancel(() => world.switchboard().endedThere(leg, 'canceled'));
  try {
    await answer(world, leg, request, reading);
  } catch (fault) {
    world.log.warn({ fault, leg: leg.id }, 'sip-call-refused');
    world.switchboard().endHere(leg, 'failed', 'unavailable');
  }
}

async function answer(world: World, leg: Leg, request: SipRequest, reading: ReadCall): Promise<void> {
  for (const dnis of reading.dialled.slice(0, limits.sipDialledFormsMax)) {
    const taken = await world.answerInTime(incomingOf(request, reading, dnis));
    switch (taken.kind) {
      case 'taken':
        leg.callId = taken.call.id;
        goOn(world, leg, () => instructionsFor(taken.call, null));
        return;
      case 'failover':
        goOn(world, leg, () => failoverInstructions(taken.to, dnis));
        return;
      case 'unknown-number':
        break;
      default:
        unreachable(taken);
    }
  }
  world.log.info({ dialled: reading.dialled.map(maskNumber) }, 'sip-number-not-ours');
  world.switchboard().endHere(leg, 'failed', 'not-found');
}

/** A caller who hung up while the record was asked is told to it now. */
function goOn(world: World, leg: Leg, instructions: () => Parameters<Perform>[1]): void {
  if (leg.state !== 'ended') world.perform(leg, instructions());
  else if (leg.callId !== null) void world.switchboard().tellAndGoOn(leg, { what: 'ended', reason: 'canceled' });
}

function incomingOf(request: SipRequest, reading: ReadCall, dnis: E164): IncomingCall {
  const { carrierCallId, ani, attestation } = reading;
  const raw = {
    uri: request.uri,
    from: request.header('From'),
    to: request.header('To'),
    userAgent: request.header('User-Agent'),
    source: request.source,
  };
  return { carrier: 'sip', carrierCallId, dnis, ani, attestation, raw };
}
