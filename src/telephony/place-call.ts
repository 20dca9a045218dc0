/**
 * Puts a call that we make into the record and begins it, in the transaction of whoever wants it: the call, its first
 * effects, and the check that asks the carrier after it. Whether it may be made has been decided before.
 */
import { limits } from '../../config/limits.ts';
import type { InheritBelief } from '../numbers/attribution/inherit-belief.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { Ids, VisitId } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { Call } from './call.ts';
import { startOutbound } from './call-machine.ts';
import type { Calls } from './calls.postgres.ts';
import { checkOf } from './check-call.ts';
import type { Outbound } from './outbound.ts';
import type { CallerNumber } from './outbound-rules.postgres.ts';
import { decideOutbound } from './plan/decide-outbound.ts';
import type { RoutePlans } from './plan/route-plans.postgres.ts';
import type { CallRunner } from './run-call.ts';

export interface CallToPlace
  extends Pick<Outbound, 'first' | 'purpose' | 'agentId' | 'about' | 'metadata' | 'callbackId' | 'ringTimeoutMs'> {
  readonly from: CallerNumber;
  readonly to: E164;
  readonly queue: string | null;
  readonly product: string | null;
  readonly announcement: string | null;
  readonly visitId: VisitId | null;
}

export type PlaceCall = (work: Work, wanted: CallToPlace) => Promise<Call>;

interface World {
  readonly calls: Calls;
  readonly runner: Pick<CallRunner, 'settleIn'>;
  readonly routePlans: Pick<RoutePlans, 'effective'>;
  readonly outbox: Pick<Outbox, 'appendEvent' | 'addEffect'>;
  readonly inheritBelief: InheritBelief;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function createPlaceCall(world: World): PlaceCall {
  return async (work, wanted) => {
    const { from, to, queue, visitId } = wanted;
    const { enterpriseId } = from;
    const now = world.clock.now();
    const started = startOutbound(
      {
        id: world.ids.make('call'),
        enterpriseId,
        numberId: from.id,
        carrier: from.carrier,
        carrierCallId: null,
        dnis: from.e164,
        ani: to,
        attestation: null,
        // Nobody could have called them while orders do not get through.
        waitsOutside: false,
        visitId,
        plan: await planOf(world, work, wanted, now),
      },
      outboundOf(wanted, world.ids.make('leg')),
      now,
    );
    const call: Call = { ...started.call, queue };
    await world.calls.insert(work.tx, call);
    const inherited = { enterpriseId, callId: call.id, numberId: from.id, from: wanted.about, visitId, at: now };
    await world.inheritBelief(work.tx, inherited);
    await world.outbox.appendEvent(work, {
      enterpriseId,
      subject: call.id,
      type: 'call.placed',
      data: placedData(call, wanted),
    });
    const begun = await world.runner.settleIn(work, call, started.effects);
    await world.calls.save(work.tx, { call: begun, from: { call, version: 1 } });
    const dueAt = now + limits.callCheckEveryMs;
    await world.outbox.addEffect(work, { enterpriseId, ...checkOf(call.id), dueAt });
    return begun;
  };
}

async function planOf(world: World, work: Work, { from, first, announcement, product }: CallToPlace, at: number) {
  const stored = await world.routePlans.effective(work.tx, from);
  const of = { source: stored?.scope ?? ('default' as const), version: stored?.version ?? null };
  return decideOutbound(stored?.plan ?? null, { first, announcement, product, ...of }, at);
}

function outboundOf(wanted: CallToPlace, legId: Outbound['legId']): Outbound {
  const { first, purpose, agentId, about, metadata, callbackId, ringTimeoutMs } = wanted;
  return {
    first,
    purpose,
    agentId,
    about,
    metadata,
    callbackId,
    ringTimeoutMs,
    legId,
    isRinging: false,
    answeredAt: null,
  };
}

function placedData(call: Call, wanted: CallToPlace): Record<string, unknown> {
  const { first, purpose, agentId, about, metadata, callbackId, queue, product, visitId } = wanted;
  const direction = 'outbound';
  const parties = { callId: call.id, direction, from: call.dnis, to: call.ani };
  return { ...parties, first, purpose, agentId, queue, product, about, visitId, callbackId, metadata };
}
