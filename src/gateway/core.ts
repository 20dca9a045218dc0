/**
 * The inside of the gateway, wired once: stores, desks, runners and the outbox handlers, from a database, a queue, a
 * clock and randomness. No carrier and no HTTP is known here; carriers are looked up by name when an effect needs one.
 */

import { createApiKeys } from '../identity/api-keys.postgres.ts';
import { createConsents } from '../identity/consents.postgres.ts';
import type { HearConversion } from '../numbers/attribution/hear-conversion.ts';
import type { NumberSupplier } from '../numbers/number-supplier.ts';
import type { Numbers } from '../numbers/numbers.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import type { Database } from '../ports/database.ts';
import { createIds, type RandomBytes } from '../ports/ids.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';
import { createSecrets } from '../ports/secrets.ts';
import { createDeliverEvent } from '../records/deliver-event.ts';
import { createDeliveries } from '../records/deliveries.postgres.ts';
import { createEndpoints } from '../records/endpoints.postgres.ts';
import type { EventPoster } from '../records/post-event.http.ts';
import { createLaneRunner } from '../records/run-lane.ts';
import type { Db, Tables } from '../records/schema.ts';
import { createTransact } from '../records/transact.ts';
import { createTransactTogether } from '../records/transact-together.postgres.ts';
import type { SendConversion } from '../selling/send-conversion.ts';
import { createConversations } from '../sms/conversations.postgres.ts';
import { createMessageDesk } from '../sms/message-desk.ts';
import type { MessageGateway } from '../sms/message-gateway.ts';
import { createSendHandler } from '../sms/send-messages.ts';
import { createCalls } from '../telephony/calls.postgres.ts';
import { createFailoverBook } from '../telephony/failover-book.ts';
import type { HookOutcome } from '../telephony/plan/plan-parts.ts';
import { type CallDesk, createCallDesk } from '../telephony/take-call.ts';
import { createUntoldReports } from '../telephony/untold-reports.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';
import { createAttribution } from './attribution.ts';
import { createCallPlanning } from './call-planning.ts';
import { createCalling } from './calling.ts';
import { createCallingOut } from './calling-out.ts';
import { createLeasing, type SharedLeasing } from './leasing.ts';
import { createPlanner } from './planning.ts';
import { createSupply } from './supply.ts';
import { wireSelling } from './wire-selling.ts';

interface World extends SharedLeasing {
  readonly database: Database<Tables>;
  readonly jobs: Jobs;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
  readonly masterKey: Uint8Array;
  readonly poster: Pick<EventPoster, 'post'>;
  /** One of its own, so that no webhook's slow endpoint keeps a call waiting. */
  readonly hookPoster: Pick<EventPoster, 'ask'>;
  readonly voice: ReadonlyMap<string, VoiceCarrier>;
  readonly texts: ReadonlyMap<string, MessageGateway>;
  readonly sendConversion: SendConversion;
  readonly suppliers: ReadonlyMap<string, NumberSupplier>;
  readonly publicUrl: () => string;
  readonly carrierFallbackUrl: string | null;
  readonly countDelivery: (result: 'delivered' | 'retried' | 'dead') => void;
  readonly countHook: (outcome: HookOutcome, elapsedMs: number) => void;
}

export type Core = ReturnType<typeof createCore>;

export function createCore(world: World) {
  const { database, jobs, log, clock, randomBytes } = world;
  const db = database.kysely;
  const ids = createIds({ clock, randomBytes });
  const secrets = createSecrets({ masterKey: world.masterKey, randomBytes });
  const { transact, transactCalls } = createTransactions({ database, jobs, log });
  const hear: HearConversion = (work, event) => attribution.desks.hearConversion(work, event);
  const selling = wireSelling({ ...world, db, ids, secrets, hear });
  const { outbox } = selling;
  const supply = createSupply({ ...world, db, transact, outbox, ids });
  const { numbers, poolNews, places } = supply;
  const calls = createCalls();
  const conversations = createConversations();
  const attribution = createAttribution({ ...world, db, outbox, ids, secrets, places, calls, conversations });
  const carriers = () => [...world.voice.keys()];
  const leasing = createLeasing({ ...world, ...supply, ...attribution, transact, ids, numbers, carriers });
  poolNews.listen(leasing.leaseBook.refresh);
  const calling = createCalling({ ...world, db, transact: transactCalls, calls, outbox, ids, secrets });
  const { runner } = calling;
  const desk = { ...attribution.desks, ...leasing, transact, numbers, outbox, clock, ids };
  const planning = createCallPlanning({ ...world, ...desk, ...attribution, ...calling.desks, db, calls, secrets });
  const consents = createConsents({ secrets });
  const callDesk = createCallDesk({ ...desk, ...planning, transact: transactCalls, calls, runner });
  const out = { ...world, ...desk, ...planning, ...calling.desks, db, calls, runner, consents, places };
  const callingOut = createCallingOut({ ...out, transact: transactCalls });
  const messageDesk = createMessageDesk({ ...desk, consents, conversations });
  const endpoints = createEndpoints({ clock, ids, secrets, randomBytes, outbox });
  const deliverEvent = createDeliverEvent({ ...world, db, transact, outbox, endpoints, count: world.countDelivery });
  const handlers = {
    ...calling.handlers,
    ...callingOut.handlers,
    'message.send': createSendHandler({ db, transact, conversations, consents, outbox, gateways: world.texts, clock }),
    ...supply.numberEffects,
    'webhook.deliver': deliverEvent,
    ...attribution.learning,
    ...selling.handlers,
  };
  const shared = { ids, clock, randomBytes, transact, outbox, secrets };
  return Object.freeze({
    ...shared,
    ...supply,
    ...leasing,
    ...attribution.desks,
    ...planning,
    poolPlanner: createPlanner({ db, clock }),
    calls,
    runner,
    callDesk,
    messageDesk,
    endpoints,
    deliveries: createDeliveries({ clock }),
    ...calling.desks,
    ...callingOut.desks,
    consents,
    ...selling.desks,
    apiKeys: createApiKeys({ clock, ids, randomBytes }),
    ...rememberedBy({ db, numbers, callDesk, log }),
    lanes: createLaneRunner({ db, outbox, jobs, clock, log, handlers }),
  });
}

/** One for each use case, and one that calls share. */
function createTransactions(world: Pick<World, 'database' | 'jobs' | 'log'>) {
  const transact = createTransact(world);
  return { transact, transactCalls: createTransactTogether({ ...world, alone: transact }) };
}

/** What is held in memory for as long as the record is away. */
function rememberedBy(parts: { db: Db; numbers: Numbers; callDesk: CallDesk; log: Log }) {
  const { db, numbers, callDesk, log } = parts;
  return {
    untold: createUntoldReports({ log }),
    failovers: createFailoverBook({ readFailovers: () => numbers.failovers(db), desk: callDesk, log }),
  };
}
