/**
 * The Fastify instance our routes are registered on: with zod schemas as the type provider, and what every route may
 * need from the rest of the gateway.
 */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Consents } from '../identity/consents.postgres.ts';
import type { BeliefDesk } from '../numbers/attribution/belief-desk.ts';
import type { Models } from '../numbers/attribution/models.postgres.ts';
import type { ImportNumbers } from '../numbers/import-numbers.ts';
import type { NumberDesk } from '../numbers/number-desk.ts';
import type { NumberPlaces } from '../numbers/number-place.file.ts';
import type { NumberSupplier } from '../numbers/number-supplier.ts';
import type { Numbers } from '../numbers/numbers.postgres.ts';
import type { PoolNews } from '../numbers/pool-news.ts';
import type { PoolPlanner } from '../numbers/pool-planner.ts';
import type { Pools } from '../numbers/pools.postgres.ts';
import type { Stock } from '../numbers/stock.postgres.ts';
import type { VisitDesk } from '../numbers/welcome-visit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids, RandomBytes } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Deliveries } from '../records/deliveries.postgres.ts';
import type { Endpoints } from '../records/endpoints.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import type { Agents } from '../routing/agents.postgres.ts';
import type { SipPhoneStore } from '../routing/sip-phones.postgres.ts';
import type { Conversions } from '../selling/conversions.postgres.ts';
import type { Destinations } from '../selling/destinations.postgres.ts';
import type { Exports } from '../selling/exports.postgres.ts';
import type { Outcomes } from '../selling/outcomes.postgres.ts';
import type { Spending } from '../selling/spend.postgres.ts';
import type { MessageDesk } from '../sms/message-desk.ts';
import type { CallbackLedger } from '../telephony/callback-ledger.ts';
import type { Callbacks } from '../telephony/callbacks.postgres.ts';
import type { CommandDesk } from '../telephony/command-call.ts';
import type { DestinationRulesStore } from '../telephony/destination-rules.postgres.ts';
import type { OutboundDesk } from '../telephony/outbound-desk.ts';
import type { OutboundRules } from '../telephony/outbound-rules.postgres.ts';
import type { HookDesk } from '../telephony/plan/consult-hook.ts';
import type { DecisionHooks } from '../telephony/plan/decision-hooks.postgres.ts';
import type { PlanDesk } from '../telephony/plan/plan-desk.ts';
import type { RoutePlans } from '../telephony/plan/route-plans.postgres.ts';
import type { VoiceCarrier } from '../telephony/voice-carrier.ts';
import type { Visits } from '../visits/visits.postgres.ts';
import type { Websites } from '../visits/websites.postgres.ts';
import type { AttributionReads } from './attribution-reads.postgres.ts';
import type { Authorise } from './authorise.ts';
import type { ReadModels } from './read-models.postgres.ts';
import type { Reports } from './reports/reports.postgres.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** One version of the page snippet. */
export interface ScriptBytes {
  /** Names the exact bytes: the start of their SHA-384, in hexadecimal. */
  readonly version: string;
  /** For the `integrity` attribute. */
  readonly integrity: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** The page snippet: the version of this start, and any version pages may still ask for. */
export interface Snippet {
  readonly current: ScriptBytes;
  find(version: string): Promise<ScriptBytes | null>;
}

/** What the routes are given. */
export interface ApiWorld {
  readonly db: Db;
  readonly transact: Transact;
  readonly authorise: Authorise;
  readonly reads: ReadModels;
  readonly reports: Reports;
  readonly visits: Visits;
  readonly visitDesk: VisitDesk;
  /** The record then knows every visit opened so far. */
  readonly settleVisits: () => Promise<void>;
  readonly secrets: Pick<Secrets, 'fingerprint' | 'digest'>;
  readonly numbers: Numbers;
  readonly beliefDesk: BeliefDesk;
  readonly models: Pick<Models, 'newest' | 'ownOfPool'>;
  readonly attributionReads: AttributionReads;
  readonly poolPlanner: PoolPlanner;
  readonly stock: Stock;
  readonly numberDesk: NumberDesk;
  readonly importNumbers: ImportNumbers;
  readonly places: NumberPlaces;
  readonly pools: Pools;
  readonly poolNews: PoolNews;
  readonly websites: Websites;
  readonly suppliers: ReadonlyMap<string, NumberSupplier>;
  readonly voice: ReadonlyMap<string, VoiceCarrier>;
  /** Carriers can reach us: PUBLIC_URL is set. */
  readonly hasPublicUrl: boolean;
  readonly agents: Agents;
  readonly commandDesk: CommandDesk;
  readonly outboundDesk: OutboundDesk;
  readonly outboundRules: OutboundRules;
  readonly callbacks: Callbacks;
  readonly callbackLedger: Pick<CallbackLedger, 'cancel'>;
  readonly consents: Pick<Consents, 'record' | 'standing'>;
  readonly sipPhones: Pick<SipPhoneStore, 'setAccount' | 'removeAccount'>;
  /** Where agents' SIP phones register; null without SIP. */
  readonly sipDomain: string | null;
  readonly randomBytes: RandomBytes;
  readonly outcomes: Outcomes;
  readonly conversions: Conversions;
  readonly spending: Spending;
  readonly destinations: Destinations;
  readonly exports: Exports;
  readonly endpoints: Endpoints;
  readonly deliveries: Deliveries;
  readonly routePlans: RoutePlans;
  readonly planDesk: PlanDesk;
  readonly destinationRules: DestinationRulesStore;
  readonly decisionHooks: DecisionHooks;
  readonly hookDesk: Pick<HookDesk, 'changed' | 'circuitOf'>;
  readonly messageDesk: MessageDesk;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly webhookAllowLoopback: boolean;
  readonly version: string;
  readonly publicUrl: () => string;
  readonly statusPage: boolean;
  readonly snippet: Snippet;
  /** The demo's publishable key, for the demo page; null without a demo. */
  readonly demoKey: string | null;
  /** What runs, for the status page: database, jobs, carriers. */
  readonly facts: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
  readonly metrics: () => Promise<string>;
}
