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
import type { LeaseBook } from '../numbers/lease-book.ts';
import type { Numbers } from '../numbers/numbers.postgres.ts';
import type { PoolPlanner } from '../numbers/pool-planner.ts';
import type { VisitDesk } from '../numbers/welcome-visit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Deliveries } from '../records/deliveries.postgres.ts';
import type { Endpoints } from '../records/endpoints.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import type { Agents } from '../routing/agents.postgres.ts';
import type { Outcomes } from '../selling/outcomes.postgres.ts';
import type { MessageDesk } from '../sms/message-desk.ts';
import type { Visits } from '../visits/visits.postgres.ts';
import type { Authorise } from './authorise.ts';
import type { ReadModels } from './read-models.postgres.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the routes are given. */
export interface ApiWorld {
  readonly db: Db;
  readonly transact: Transact;
  readonly authorise: Authorise;
  readonly reads: ReadModels;
  readonly visits: Visits;
  readonly visitDesk: VisitDesk;
  readonly leaseBook: Pick<LeaseBook, 'refresh'>;
  readonly secrets: Pick<Secrets, 'fingerprint'>;
  readonly numbers: Numbers;
  readonly poolPlanner: PoolPlanner;
  readonly agents: Agents;
  readonly outcomes: Outcomes;
  readonly endpoints: Endpoints;
  readonly deliveries: Deliveries;
  readonly messageDesk: MessageDesk;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly webhookAllowLoopback: boolean;
  readonly version: string;
  readonly publicUrl: () => string;
  readonly statusPage: boolean;
  /** What runs, for the status page: database, jobs, carriers. */
  readonly facts: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
  readonly metrics: () => Promise<string>;
}
