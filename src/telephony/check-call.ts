/**
 * Asks the carrier now and then whether a call of the record still lives. A status callback is sent once and is lost
 * when nobody listens (contracts section 1: no second try by default), so without the question a caller who hung up
 * during a restart would keep an agent engaged for hours. At every start all calls are asked after at once.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallId } from '../ports/ids.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import type { EntryHandler } from '../records/run-lane.ts';
import type { Db } from '../records/schema.ts';
import { type Call, type CallEvent, isLive } from './call.ts';
import { checkLane } from './call-lanes.ts';
import type { Calls } from './calls.postgres.ts';
import type { CallRunner } from './run-call.ts';
import type { VoiceCarrier } from './voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly calls: Calls;
  readonly runner: CallRunner;
  readonly carriers: ReadonlyMap<string, VoiceCarrier>;
  readonly clock: Clock;
}

/** The outbox entry that is performed again and again while its call lives. */
export const checkCallKind = 'call.check';

/** Entry and lane of a call's check. */
export function checkOf(callId: CallId): { kind: string; lane: string; payload: Record<string, unknown> } {
  return { kind: checkCallKind, lane: checkLane(callId), payload: { callId } };
}

/** What the carrier no longer carries is ended here as if it had just said so. */
export function createCheckCall(world: World): EntryHandler {
  return async ({ payload }: Claimed): Promise<Settlement> => {
    const callId = payload.callId as CallId;
    const call = await world.calls.read(world.db, callId);
    if (call === null || call.state === 'ended') return { kind: 'done' };
    for (const event of await endingsOf(world.carriers.get(call.carrier), call)) await world.runner.run(callId, event);
    return { kind: 'again', dueAt: world.clock.now() + limits.callCheckEveryMs };
  };
}

/** A carrier that is away or not configured says nothing: the next check asks again. */
async function endingsOf(carrier: VoiceCarrier | undefined, call: Call): Promise<CallEvent[]> {
  if (carrier === undefined) return [];
  const { carrierCallId } = call;
  if (carrierCallId !== null && (await carrier.look(carrierCallId)) === 'gone') return [{ type: 'caller-ended' }];
  const events: CallEvent[] = [];
  for (const leg of call.legs) {
    if (!isLive(leg) || leg.carrierCallId === null) continue;
    if ((await carrier.look(leg.carrierCallId)) === 'gone')
      events.push({ type: 'leg-ended', legId: leg.id, reason: 'completed' });
  }
  return events;
}
