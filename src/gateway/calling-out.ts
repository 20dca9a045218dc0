/** Calls that we make, wired: orders of the contact centre, and callbacks whose turn it is. */
import type { Consents } from '../identity/consents.postgres.ts';
import { createInheritBelief } from '../numbers/attribution/inherit-belief.postgres.ts';
import type { NumberPlaces } from '../numbers/number-place.file.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import type { Agents } from '../routing/agents.postgres.ts';
import { type CallbackLedger, lookAtCallbackKind } from '../telephony/callback-ledger.ts';
import { callbacks } from '../telephony/callbacks.postgres.ts';
import type { Calls } from '../telephony/calls.postgres.ts';
import { destinationRules } from '../telephony/destination-rules.postgres.ts';
import { createLookAtCallback } from '../telephony/look-at-callback.ts';
import { createOutboundDesk } from '../telephony/outbound-desk.ts';
import { outboundRules } from '../telephony/outbound-rules.postgres.ts';
import { createPlaceCall } from '../telephony/place-call.ts';
import type { RoutePlans } from '../telephony/plan/route-plans.postgres.ts';
import type { CallRunner } from '../telephony/run-call.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly calls: Calls;
  readonly runner: CallRunner;
  readonly routePlans: RoutePlans;
  readonly callbackLedger: CallbackLedger;
  readonly consents: Consents;
  readonly agents: Agents;
  readonly places: NumberPlaces;
  readonly voice: ReadonlyMap<string, VoiceCarrier>;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function createCallingOut(world: World) {
  const placeCall = createPlaceCall({ ...world, inheritBelief: createInheritBelief(world) });
  const shared = {
    ...world,
    placeCall,
    rules: outboundRules,
    readDestinations: destinationRules.read,
    carriers: world.voice,
  };
  const look = createLookAtCallback({ ...shared, callbacks, ledger: world.callbackLedger });
  return Object.freeze({
    handlers: { [lookAtCallbackKind]: look },
    desks: {
      outboundDesk: createOutboundDesk({ ...shared, presenceOf: world.agents.presenceOf }),
      outboundRules,
      callbacks,
    },
  });
}
