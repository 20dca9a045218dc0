/**
 * Finds the calls that only the carrier knows. A webhook is sent once and is lost when nobody can take it (contracts
 * section 1), so every few minutes each carrier is asked which calls came to our numbers, and what the record does not have
 * is kept as `unseen`. Any number of processes may look at once: a call is kept once.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Db } from '../records/schema.ts';
import type { Calls } from './calls.postgres.ts';
import type { CallDesk } from './take-call.ts';
import type { ListedCall, VoiceCarrier } from './voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly calls: Pick<Calls, 'unknownOf'>;
  readonly desk: Pick<CallDesk, 'unseen'>;
  readonly carriers: ReadonlyMap<string, VoiceCarrier>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CallComparison {
  /** Looks once at every carrier; what fails is logged and looked at again with the next look. */
  look(): Promise<void>;
}

export function createCallComparison(world: World): CallComparison {
  /** Up to when a carrier's calls have been compared. */
  const comparedUntil = new Map<string, number>();
  return Object.freeze({
    async look(): Promise<void> {
      for (const [name, carrier] of world.carriers) {
        const until = world.clock.now() - limits.callsComparedPatienceMs;
        const since = comparedUntil.get(name) ?? until - limits.callsComparedBackMs;
        try {
          if (await compare(world, carrier, since, until)) comparedUntil.set(name, until);
        } catch (fault) {
          world.log.warn({ fault, carrier: name }, 'calls-not-compared');
        }
      }
    },
  });
}

/** Whether the carrier has answered. Calls overlap from look to look, so that none falls between two. */
async function compare(world: World, carrier: VoiceCarrier, since: number, until: number): Promise<boolean> {
  const listed = await carrier.listIncoming?.(since - limits.callsComparedPatienceMs);
  if (listed === undefined) return false;
  if (listed.kind !== 'listed') {
    world.log.warn({ carrier: carrier.name, reason: listed.reason }, 'calls-not-compared');
    return false;
  }
  if (!listed.isWhole) world.log.warn({ carrier: carrier.name, looked: listed.calls.length }, 'calls-not-all-compared');
  const old = listed.calls.filter(({ startedAt }) => startedAt <= until);
  const ids = old.map(({ carrierCallId }) => carrierCallId);
  const unknown = new Set(await world.calls.unknownOf(world.db, carrier.name, ids));
  for (const call of old) if (unknown.has(call.carrierCallId)) await keep(world, carrier.name, call);
  return true;
}

async function keep(world: World, carrier: string, call: ListedCall): Promise<void> {
  const { carrierCallId, dnis, ani, startedAt, endedAt } = call;
  const raw = { listed: true, startedAt, endedAt };
  const incoming = { carrier, carrierCallId, dnis, ani, attestation: null, raw };
  const isKept = await world.desk.unseen(incoming, { startedAt, endedAt });
  if (isKept) world.log.warn({ carrier, carrierCallId, startedAt }, 'call-found-unseen');
}
