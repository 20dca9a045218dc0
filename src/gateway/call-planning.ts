/** Route plans and the decision hook, wired: what decides about a call before it is taken and while it is. */
import type { ForeseeCredit } from '../numbers/foresee-credit.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids, RandomBytes } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { EventPoster } from '../records/post-event.http.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import type { CallbackLedger } from '../telephony/callback-ledger.ts';
import type { Calls } from '../telephony/calls.postgres.ts';
import { destinationRules } from '../telephony/destination-rules.postgres.ts';
import { createHookDesk } from '../telephony/plan/consult-hook.ts';
import { createDecisionHooks } from '../telephony/plan/decision-hooks.postgres.ts';
import { createHookCircuits } from '../telephony/plan/hook-circuits.timer.ts';
import { createPlanCall } from '../telephony/plan/plan-call.ts';
import { createPlanDesk } from '../telephony/plan/plan-desk.ts';
import type { HookOutcome } from '../telephony/plan/plan-parts.ts';
import { createRoutePlans } from '../telephony/plan/route-plans.postgres.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly calls: Calls;
  readonly outbox: Outbox;
  readonly secrets: Secrets;
  readonly foreseeCredit: ForeseeCredit;
  readonly callbackLedger: CallbackLedger;
  readonly voice: ReadonlyMap<string, VoiceCarrier>;
  readonly hookPoster: Pick<EventPoster, 'ask'>;
  readonly countHook: (outcome: HookOutcome, elapsedMs: number) => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly randomBytes: RandomBytes;
}

export function createCallPlanning(world: World) {
  const routePlans = createRoutePlans(world);
  const decisionHooks = createDecisionHooks(world);
  const circuits = createHookCircuits();
  return Object.freeze({
    routePlans,
    destinationRules,
    decisionHooks,
    planDesk: createPlanDesk({ ...world, routePlans, destinationRules }),
    hookDesk: createHookDesk({ ...world, hooks: decisionHooks, routePlans, destinationRules, circuits }),
    planCall: createPlanCall({ ...world, routePlans, readDestinations: destinationRules.read }),
  });
}
