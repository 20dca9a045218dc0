/**
 * What moves calls, wired: agents and their offers, the runner of the call machine, and the outbox handlers that perform
 * what it asks for.
 */
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import { createAgents } from '../routing/agents.postgres.ts';
import { createEndWrapUp, endWrapUpKind } from '../routing/end-wrap-up.ts';
import { createOffers } from '../routing/offers.postgres.ts';
import { createSipPhones } from '../routing/sip-phones.postgres.ts';
import { createCallbackLedger } from '../telephony/callback-ledger.ts';
import { callbacks } from '../telephony/callbacks.postgres.ts';
import type { Calls } from '../telephony/calls.postgres.ts';
import { createCommandDesk } from '../telephony/command-call.ts';
import { destinationRules } from '../telephony/destination-rules.postgres.ts';
import { outboundRules } from '../telephony/outbound-rules.postgres.ts';
import { createCallEffects } from '../telephony/perform-effects.ts';
import { createCallRunner } from '../telephony/run-call.ts';
import { createSettleOutbound } from '../telephony/settle-outbound.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly calls: Calls;
  readonly outbox: Outbox;
  readonly voice: ReadonlyMap<string, VoiceCarrier>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: Secrets;
  readonly log: Log;
}

export function createCalling(world: World) {
  const { db, calls, clock } = world;
  const agents = createAgents();
  const callbackLedger = createCallbackLedger({ ...world, callbacks });
  const runner = createCallRunner({
    ...world,
    offers: createOffers(world),
    settleOutbound: createSettleOutbound({ ...world, rules: outboundRules, ledger: callbackLedger }),
    requestCallback: callbackLedger.request,
  });
  const handlers = {
    ...createCallEffects({ db, calls, runner, carriers: world.voice, clock }),
    [endWrapUpKind]: createEndWrapUp({ db, agents, clock }),
  };
  const commandDesk = createCommandDesk({
    ...world,
    agents,
    runner,
    carriers: world.voice,
    readDestinations: destinationRules.read,
  });
  return Object.freeze({
    runner,
    handlers,
    desks: { agents, commandDesk, callbackLedger, sipPhones: createSipPhones(world) },
  });
}
