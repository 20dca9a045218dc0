/**
 * The decision hook: where the contact centre is asked about a call before it is planned, and how that has gone.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { EnterpriseId } from '../../ports/ids.ts';
import { checkEndpointUrl } from '../../records/endpoint-url.ts';
import type { DecisionHook } from '../../telephony/plan/decision-hooks.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { decisionHookBody, decisionHookView, newDecisionHookView } from '../contract/route-plans.ts';

const tags = ['route plans'];
const path = '/v1/decision-hook';
const { hookTimeoutMsMin: min, hookBudgetMs: max, hookTimeoutMsUsual: usual } = limits;

export function registerDecisionHookRoutes(app: App, world: ApiWorld): void {
  app.get(
    path,
    {
      schema: {
        tags,
        summary: 'The decision hook, its health and its latest failures',
        response: { 200: decisionHookView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      return viewOf(world, enterpriseId, await hookOf(world, enterpriseId));
    },
  );

  app.put(
    path,
    {
      schema: {
        tags,
        summary: 'Be asked about each call before it is planned; the secret is shown when the hook is made',
        body: decisionHookBody({ min, max, usual }),
        response: { 200: newDecisionHookView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { body } = request;
      const verdict = checkEndpointUrl(body.url, { allowLoopback: world.webhookAllowLoopback });
      if (verdict.kind === 'refused') {
        const { problem, cure } = verdict;
        throw new AppError('invalid-request', { fields: [{ field: 'url', problem, cure }] });
      }
      const secret = await world.transact(({ tx }) => world.decisionHooks.write(tx, enterpriseId, body));
      world.hookDesk.changed(enterpriseId);
      return { ...viewOf(world, enterpriseId, await hookOf(world, enterpriseId)), secret };
    },
  );

  app.post(
    `${path}/rotate-secret`,
    {
      schema: {
        tags,
        summary: 'A new secret; the old one signs beside it for 24 h',
        response: { 200: z.object({ secret: z.string() }) },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const secret = await world.decisionHooks.rotateSecret(world.db, enterpriseId);
      if (secret === null) throw noHook();
      world.hookDesk.changed(enterpriseId);
      return { secret };
    },
  );
}

async function hookOf(world: ApiWorld, enterpriseId: EnterpriseId): Promise<DecisionHook> {
  const hook = await world.decisionHooks.read(world.db, enterpriseId);
  if (hook === null) throw noHook();
  return hook;
}

function noHook(): AppError {
  return new AppError('not-found', { detail: 'there is no decision hook' });
}

function viewOf(world: ApiWorld, enterpriseId: EnterpriseId, hook: DecisionHook): z.infer<typeof decisionHookView> {
  const { url, enabled, timeoutMs, failures, createdAt, changedAt } = hook;
  const circuit = world.hookDesk.circuitOf(enterpriseId);
  return {
    url,
    enabled,
    timeoutMs,
    circuit,
    failures: [...failures],
    createdAt: toIso(createdAt),
    changedAt: toIso(changedAt),
  };
}
