/**
 * Websites: which exact origins may open visits, and from which pool their visitors are given numbers.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../ports/errors.ts';
import type { EnterpriseId, PoolId, WebsiteId } from '../../ports/ids.ts';
import type { Row } from '../../records/schema.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { pageOf, pageQuery, poolIdField, text, websiteIdField } from '../contract/fields.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

const tags = ['websites'];
const params = z.object({ id: websiteIdField });
const originField = text(300)
  .refine(
    isOrigin,
    'is not an origin, such as https://shop.example: a scheme, a host, a port where it is not the usual',
  )
  .describe('exact, such as https://shop.example');
const originsField = z.array(originField).min(1).max(limits.websiteOriginsMax);
const websiteView = z.object({
  id: websiteIdField,
  name: z.string(),
  origins: z.array(z.string()),
  poolId: poolIdField,
});
const websiteBody = z.strictObject({ name: text(100), origins: originsField, poolId: poolIdField });

export function registerWebsiteRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/websites',
    {
      schema: {
        tags,
        summary: 'Websites, newest first',
        querystring: pageQuery,
        response: { 200: pageOf(websiteView) },
      },
    },
    async (request) => {
      const { limit, before } = request.query;
      const page = { limit, before: before as WebsiteId | undefined };
      const rows = await world.websites.list(world.db, await world.authorise.secret(request), page);
      return { items: rows.map(viewOf), next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
    },
  );

  app.post(
    '/v1/websites',
    {
      schema: {
        tags,
        summary: 'Register a website',
        headers: idempotencyHeaders,
        body: websiteBody,
        response: { 201: websiteView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      await refuse(world, enterpriseId, request.body, null);
      const answer = await answerOnce(world, request, enterpriseId, async ({ tx }) => {
        const row = await world.websites.insert(tx, { ...request.body, id: world.ids.make('site'), enterpriseId });
        return { status: 201, body: viewOf(row) };
      });
      return reply.code(201).send(answer.body as z.infer<typeof websiteView>);
    },
  );

  app.patch(
    '/v1/websites/:id',
    {
      schema: {
        tags,
        summary: 'Change a website',
        params,
        body: websiteBody.partial(),
        response: { 200: websiteView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { id } = request.params;
      const { name, origins, poolId } = request.body;
      await refuse(world, enterpriseId, request.body, id);
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(origins === undefined ? {} : { origins }),
        ...(poolId === undefined ? {} : { poolId }),
      };
      const row = await world.websites.update(world.db, { id, enterpriseId }, change);
      if (row === null) throw new AppError('not-found', { detail: 'no such website' });
      return viewOf(row);
    },
  );
}

async function refuse(
  world: ApiWorld,
  enterpriseId: EnterpriseId,
  { origins = [], poolId }: { readonly origins?: readonly string[] | undefined; readonly poolId?: PoolId | undefined },
  besides: WebsiteId | null,
): Promise<void> {
  if (poolId !== undefined && !(await world.reads.hasPool(enterpriseId, poolId))) {
    throw new AppError('not-found', { detail: 'no such pool' });
  }
  const taken = await world.websites.takenOrigin(world.db, enterpriseId, origins, besides);
  if (taken !== null) throw new AppError('conflict', { detail: `another website has the origin ${taken}` });
}

/** What a browser sends as `Origin`, and nothing else: no path, no wildcard, no `null`. */
function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}

function viewOf({ id, name, origins, pool_id: poolId }: Row<'website'>): z.infer<typeof websiteView> {
  return { id, name, origins, poolId };
}
