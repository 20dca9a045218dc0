/**
 * Pools: their rules, and the number they show to everybody when they are used up.
 */
import { z } from 'zod';
import { changePolicy, type PoolPolicy, poolPolicySchema } from '../../numbers/pool-policy.ts';
import type { Pool, PoolChange } from '../../numbers/pools.postgres.ts';
import type { E164 } from '../../ports/e164.ts';
import { AppError } from '../../ports/errors.ts';
import { fieldFaults } from '../../ports/field-faults.ts';
import type { EnterpriseId, NumberId, PoolId } from '../../ports/ids.ts';
import type { Tx } from '../../records/schema.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { e164Field, pageOf, pageQuery, poolIdField, text } from '../contract/fields.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

const tags = ['pools'];
const params = z.object({ id: poolIdField });
const policyField = z.record(z.string(), z.unknown()).describe('see docs/numbers.md; what is left out has its default');
const poolView = z.object({
  id: poolIdField,
  name: z.string(),
  policy: poolPolicySchema,
  sharedNumber: e164Field.nullable().describe('shown to everybody when the pool is used up'),
  numbers: z.record(z.string(), z.int()).describe('how many stand in it, by state'),
});
const poolBody = z.strictObject({ name: text(100), policy: policyField.default({}) });
const poolChangeBody = z.strictObject({
  name: text(100).optional(),
  policy: policyField.optional().describe('keys to change; null takes one back to its default'),
  sharedNumber: e164Field.nullable().optional().describe('an active number of the pool; null: none'),
});

export function registerPoolRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/pools',
    { schema: { tags, summary: 'Pools, newest first', querystring: pageQuery, response: { 200: pageOf(poolView) } } },
    async (request) => {
      const { limit, before } = request.query;
      const enterpriseId = await world.authorise.secret(request);
      const pools = await world.pools.list(world.db, enterpriseId, { limit, before: before as PoolId | undefined });
      return { items: pools.map(viewOf), next: pools.length < limit ? null : (pools.at(-1)?.id ?? null) };
    },
  );

  app.get(
    '/v1/pools/:id',
    { schema: { tags, summary: 'One pool', params, response: { 200: poolView } } },
    async (request) => {
      const pool = await world.pools.read(world.db, await world.authorise.secret(request), request.params.id);
      if (pool === null) throw new AppError('not-found', { detail: 'no such pool' });
      return viewOf(pool);
    },
  );

  app.post(
    '/v1/pools',
    {
      schema: {
        tags,
        summary: 'Make a pool',
        headers: idempotencyHeaders,
        body: poolBody,
        response: { 201: poolView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { name, policy } = request.body;
      const set = changePolicy({}, policy);
      const rules = { set, policy: checkPolicy(set) };
      const answer = await answerOnce(world, request, enterpriseId, async ({ tx }) => {
        const id = world.ids.make('pool');
        await world.pools.insert(tx, { id, enterpriseId, name, rules });
        return { status: 201, body: await viewOfPool(world, tx, enterpriseId, id) };
      });
      return reply.code(201).send(answer.body as z.infer<typeof poolView>);
    },
  );

  app.patch(
    '/v1/pools/:id',
    { schema: { tags, summary: 'Change a pool', params, body: poolChangeBody, response: { 200: poolView } } },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { id } = request.params;
      const changed = await world.transact(async ({ tx }) => {
        const row = await world.pools.lock(tx, enterpriseId, id);
        if (row === null) throw new AppError('not-found', { detail: 'no such pool' });
        const { name, policy, sharedNumber } = request.body;
        const change: PoolChange = {
          name,
          rules: policy === undefined ? undefined : rulesOf(row, policy),
          sharedNumberId: sharedNumber === undefined ? undefined : await sharedIdOf(world, tx, id, sharedNumber),
        };
        await world.pools.update(tx, id, change);
        return viewOfPool(world, tx, enterpriseId, id);
      });
      await world.poolNews.tell([id]);
      return changed;
    },
  );
}

type Rules = NonNullable<PoolChange['rules']>;

/** A pool from before policies has its durations in columns; they stand until they are set. */
function rulesOf(
  row: { policy: Record<string, unknown>; hold_ms: number; lease_ms: number; rest_ms: number },
  change: Readonly<Record<string, unknown>>,
): Rules {
  const before = { holdMs: row.hold_ms, leaseMs: row.lease_ms, restMs: row.rest_ms, ...row.policy };
  const set = changePolicy(before, change);
  return { set, policy: checkPolicy(set) };
}

function checkPolicy(set: Readonly<Record<string, unknown>>): PoolPolicy {
  const parsed = poolPolicySchema.safeParse(set);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ ...issue, path: ['policy', ...issue.path] }));
  throw new AppError('invalid-request', { fields: fieldFaults(issues) });
}

async function sharedIdOf(world: ApiWorld, tx: Tx, poolId: PoolId, number: E164 | null): Promise<NumberId | null> {
  if (number === null) return null;
  const id = await world.pools.activeNumber(tx, poolId, number);
  if (id !== null) return id;
  const problem = 'is not an active number of this pool';
  const cure = 'bring it into the pool first, with PATCH /v1/numbers/:id or an import';
  throw new AppError('invalid-request', { fields: [{ field: 'sharedNumber', problem, cure }] });
}

async function viewOfPool(world: ApiWorld, tx: Tx, enterpriseId: EnterpriseId, id: PoolId) {
  const pool = await world.pools.read(tx, enterpriseId, id);
  if (pool === null) throw new AppError('fault', { detail: `pool ${id} was written and is not there` });
  return viewOf(pool);
}

function viewOf({ id, name, policy, sharedNumber, numbers }: Pool): z.infer<typeof poolView> {
  return { id, name, policy, sharedNumber, numbers: { ...numbers } };
}
