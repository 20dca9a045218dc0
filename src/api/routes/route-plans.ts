/**
 * Route plans of a number, a pool and the enterprise: written, read, taken away, and tried out for any instant without a
 * call. Where calls may be sent at all stands beside them.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { EnterpriseId } from '../../ports/ids.ts';
import { isCountry } from '../../telephony/allowed-destination.ts';
import { decidePlan } from '../../telephony/plan/decide-plan.ts';
import { changesAt, isOpen } from '../../telephony/plan/opening-hours.ts';
import type { CallPlan } from '../../telephony/plan/plan-parts.ts';
import { routePlanSchema } from '../../telephony/plan/route-plan.ts';
import type { PlanSubject, StoredPlan } from '../../telephony/plan/route-plans.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { instantField, numberIdField, poolIdField } from '../contract/fields.ts';
import {
  allowedDestinationsBody,
  allowedDestinationsView,
  callPlanView,
  effectiveQuery,
  planSourceField,
} from '../contract/route-plans.ts';

const tags = ['route plans'];
const numberParams = z.object({ id: numberIdField });
const poolParams = z.object({ id: poolIdField });
const planView = z.object({
  scope: z.enum(['enterprise', 'pool', 'number']),
  subjectId: z.string(),
  version: z.int(),
  madeAt: instantField,
  plan: routePlanSchema,
});
const effectiveView = z.object({
  source: planSourceField,
  subjectId: z.string().nullable(),
  version: z.int().nullable(),
  at: instantField,
  open: z.boolean().describe('whether that is within hours'),
  changesAt: instantField.nullable().describe('when open changes next; null: not within two weeks'),
  asksHook: z.boolean().describe('the decision hook may answer otherwise'),
  decision: callPlanView.describe('what would happen with a call that comes in then'),
});

interface Route {
  readonly path: string;
  readonly of: string;
  readonly params: typeof numberParams | typeof poolParams | undefined;
  /** @throws AppError `not-found` when it is nobody's, or another enterprise's. */
  readonly subjectOf: (enterpriseId: EnterpriseId, params: unknown) => Promise<PlanSubject>;
}

export function registerRoutePlanRoutes(app: App, world: ApiWorld): void {
  for (const route of routesOf(world)) registerPlan(app, world, route);
  registerEffective(app, world);
  registerDestinations(app, world);
}

function routesOf(world: ApiWorld): Route[] {
  return [
    {
      path: '/v1/numbers/:id/route-plan',
      of: 'a number',
      params: numberParams,
      subjectOf: async (enterpriseId, params) => {
        const { id: numberId } = numberParams.parse(params);
        if ((await world.stock.read(world.db, enterpriseId, numberId)) === null)
          throw new AppError('not-found', { detail: 'no such number' });
        return { enterpriseId, scope: 'number', numberId };
      },
    },
    {
      path: '/v1/pools/:id/route-plan',
      of: 'a pool',
      params: poolParams,
      subjectOf: async (enterpriseId, params) => {
        const { id: poolId } = poolParams.parse(params);
        if (!(await world.reads.hasPool(enterpriseId, poolId)))
          throw new AppError('not-found', { detail: 'no such pool' });
        return { enterpriseId, scope: 'pool', poolId };
      },
    },
    {
      path: '/v1/route-plan',
      of: 'the enterprise',
      params: undefined,
      subjectOf: async (enterpriseId) => ({ enterpriseId, scope: 'enterprise' }),
    },
  ];
}

function registerPlan(app: App, world: ApiWorld, { path, of, params, subjectOf }: Route): void {
  const withParams = params === undefined ? {} : { params };
  const noPlan = new AppError('not-found', { detail: `${of} has no route plan of its own` });

  app.get(
    path,
    { schema: { tags, summary: `The route plan of ${of}`, ...withParams, response: { 200: planView } } },
    async (request) => {
      const subject = await subjectOf(await world.authorise.secret(request), request.params);
      const stored = await world.routePlans.read(world.db, subject);
      if (stored === null) throw noPlan;
      return viewOf(stored);
    },
  );

  app.put(
    path,
    {
      schema: {
        tags,
        summary: `Say what is done with calls of ${of} from now on; see docs/route-plans.md`,
        ...withParams,
        body: routePlanSchema,
        response: { 200: planView },
      },
    },
    async (request) => {
      const subject = await subjectOf(await world.authorise.secret(request), request.params);
      const saved = await world.planDesk.save(subject, request.body);
      if (saved.kind === 'saved') return viewOf(saved.stored);
      const { fields } = saved;
      throw new AppError(saved.why === 'destination' ? 'destination-denied' : 'carrier-incapable', { fields });
    },
  );

  app.delete(
    path,
    { schema: { tags, summary: `Take the route plan of ${of} away`, ...withParams, response: { 204: z.null() } } },
    async (request, reply) => {
      const subject = await subjectOf(await world.authorise.secret(request), request.params);
      if (!(await world.planDesk.remove(subject))) throw noPlan;
      return reply.code(204).send(null);
    },
  );
}

function registerEffective(app: App, world: ApiWorld): void {
  app.get(
    '/v1/numbers/:id/route-plan/effective',
    {
      schema: {
        tags,
        summary: 'Which plan calls to a number follow, and what it would do now or at ?at=',
        params: numberParams,
        querystring: effectiveQuery,
        response: { 200: effectiveView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const number = await world.stock.read(world.db, enterpriseId, request.params.id);
      if (number === null) throw new AppError('not-found', { detail: 'no such number' });
      const at = request.query.at === undefined ? world.clock.now() : Date.parse(request.query.at);
      const stored = await world.routePlans.effective(world.db, {
        id: number.id,
        enterpriseId,
        poolId: number.pool_id,
      });
      const source = stored?.scope ?? ('default' as const);
      const version = stored?.version ?? null;
      const unknown = { callId: null, assurance: 'L0', attribution: null, hook: null } as const;
      const decision = decidePlan(
        stored?.plan ?? null,
        { ...unknown, source, version, numberFailover: number.failover },
        at,
      );
      const hours = stored?.plan.hours ?? null;
      const change = hours === null ? null : changesAt(hours, at);
      const hook = await world.decisionHooks.read(world.db, enterpriseId);
      return {
        source,
        subjectId: stored?.subjectId ?? null,
        version,
        at: toIso(at),
        open: hours === null || isOpen(hours, at),
        changesAt: change === null ? null : toIso(change),
        asksHook: hook?.enabled === true,
        decision: decisionViewOf(decision),
      };
    },
  );
}

function registerDestinations(app: App, world: ApiWorld): void {
  const path = '/v1/allowed-destinations';
  const { dialCountriesMax: countries, sipHostsMax: sipHosts } = limits;
  app.get(
    path,
    { schema: { tags, summary: 'Where calls may be sent', response: { 200: allowedDestinationsView } } },
    async (request) => destinationsOf(world, await world.authorise.secret(request)),
  );

  app.put(
    path,
    {
      schema: {
        tags,
        summary: 'Name the countries and SIP hosts calls may be sent to; plans that are saved already stay',
        body: allowedDestinationsBody({ countries, sipHosts }),
        response: { 200: allowedDestinationsView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { body } = request;
      const strange = body.countries?.findIndex((code) => !isCountry(code)) ?? -1;
      if (strange !== -1) {
        const fault = { problem: 'is not a country of ISO 3166-1 that can be called', cure: 'send one such as US' };
        throw new AppError('invalid-request', { fields: [{ field: `countries.${strange}`, ...fault }] });
      }
      await world.transact(async ({ tx }) => {
        await world.routePlans.hold(tx, enterpriseId);
        await world.destinationRules.write(tx, enterpriseId, body);
      });
      return destinationsOf(world, enterpriseId);
    },
  );
}

async function destinationsOf(world: ApiWorld, enterpriseId: EnterpriseId) {
  const { countries, areNamed, sipHosts } = await world.destinationRules.read(world.db, enterpriseId);
  return { countries: [...countries], areNamed, sipHosts: [...sipHosts] };
}

function viewOf({ scope, subjectId, version, plan, madeAt }: StoredPlan): z.infer<typeof planView> {
  return { scope, subjectId, version, madeAt: toIso(madeAt), plan };
}

function decisionViewOf(plan: CallPlan): z.infer<typeof callPlanView> {
  const { source: _source, version: _version, hook: _hook, opening, waitUntil, handOver, closed, ...rest } = plan;
  return {
    ...rest,
    opening: [...opening],
    waitUntil: toIso(waitUntil),
    handOver: handOver === null ? null : { to: handOver.to, headers: { ...handOver.headers } },
    closed: closed === null ? null : { ...closed },
  };
}
