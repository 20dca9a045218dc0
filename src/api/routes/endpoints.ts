/**
 * Webhook endpoints, their deliveries and dead letters, and the events themselves for whoever missed some.
 */
import { z } from 'zod';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { EndpointId, EnterpriseId } from '../../ports/ids.ts';
import type { Delivery } from '../../records/deliveries.postgres.ts';
import { checkEndpointUrl } from '../../records/endpoint-url.ts';
import type { Endpoint } from '../../records/endpoints.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { endpointIdField, instantField, pageOf, pageQuery, text } from '../contract/fields.ts';
import { endpointBody, endpointChangeBody, endpointView, eventView, newEndpointView } from '../contract/inventory.ts';

const tags = ['webhooks'];
const params = z.object({ id: endpointIdField });
const deliveryView = z.object({
  id: z.int(),
  state: z.enum(['pending', 'done', 'dead']),
  attempts: z.int(),
  lastError: z.string().nullable(),
  dueAt: instantField,
  settledAt: instantField.nullable(),
  eventId: z.string(),
  type: z.string(),
  subject: z.string(),
  sequence: z.int(),
});
const deliveryQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
});
const deliveryPage = z.object({ items: z.array(deliveryView), next: z.int().nullable() });

export function registerEndpointRoutes(app: App, world: ApiWorld): void {
  registerEndpoints(app, world);
  registerDeliveries(app, world);
  app.get(
    '/v1/events',
    {
      schema: {
        tags,
        summary: 'Events, newest first; with ?subject= those of one call, conversation or visit',
        querystring: pageQuery.extend({ subject: text(64).optional() }),
        response: { 200: pageOf(eventView) },
      },
    },
    async (request) => {
      const rows = await world.reads.events(await world.authorise.secret(request), request.query);
      const items = rows.map(({ id, type, subject, sequence, at, data }) => ({
        id,
        type,
        subject,
        sequence,
        timestamp: toIso(at.getTime()),
        data,
      }));
      return { items, next: rows.length < request.query.limit ? null : (rows.at(-1)?.id ?? null) };
    },
  );
}

function registerEndpoints(app: App, world: ApiWorld): void {
  app.get(
    '/v1/endpoints',
    { schema: { tags, summary: 'All endpoints', response: { 200: pageOf(endpointView) } } },
    async (request) => {
      const endpoints = await world.endpoints.list(world.db, await world.authorise.secret(request));
      return { items: endpoints.map(endpointViewOf), next: null };
    },
  );

  app.post(
    '/v1/endpoints',
    {
      schema: {
        tags,
        summary: 'Register an endpoint; its secret is shown this once',
        body: endpointBody,
        response: { 201: newEndpointView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { url, enabled } = request.body;
      const verdict = checkEndpointUrl(url, { allowLoopback: world.webhookAllowLoopback });
      if (verdict.kind !== 'ok') {
        throw new AppError('invalid-request', {
          fields: [{ field: 'url', problem: verdict.problem, cure: verdict.cure }],
        });
      }
      const created = await world.endpoints.create(world.db, { enterpriseId, url });
      const key = { enterpriseId, endpointId: created.endpoint.id };
      const endpoint = enabled ? created.endpoint : await world.endpoints.setEnabled(world.db, key, false);
      return reply.code(201).send({ ...endpointViewOf(endpoint ?? created.endpoint), secret: created.secret });
    },
  );

  app.patch(
    '/v1/endpoints/:id',
    {
      schema: {
        tags,
        summary: 'Switch an endpoint on or off',
        params,
        body: endpointChangeBody,
        response: { 200: endpointView },
      },
    },
    async (request) => {
      const key = keyOf(await world.authorise.secret(request), request.params.id);
      const endpoint = await world.endpoints.setEnabled(world.db, key, request.body.enabled);
      if (endpoint === null) throw new AppError('not-found', { detail: 'no such endpoint' });
      return endpointViewOf(endpoint);
    },
  );

  app.post(
    '/v1/endpoints/:id/rotate-secret',
    {
      schema: {
        tags,
        summary: 'A new secret; the old one stays valid for 24 h',
        params,
        response: { 200: z.object({ secret: z.string() }) },
      },
    },
    async (request) => {
      const key = keyOf(await world.authorise.secret(request), request.params.id);
      const rotated = await world.endpoints.rotateSecret(world.db, key);
      if (rotated === null) throw new AppError('not-found', { detail: 'no such endpoint' });
      return { secret: rotated.secret };
    },
  );
}

function registerDeliveries(app: App, world: ApiWorld): void {
  app.get(
    '/v1/endpoints/:id/deliveries',
    {
      schema: {
        tags,
        summary: 'What was sent to an endpoint, newest first',
        params,
        querystring: deliveryQuery,
        response: { 200: deliveryPage },
      },
    },
    async (request) => {
      const key = keyOf(await world.authorise.secret(request), request.params.id);
      if ((await world.endpoints.read(world.db, key)) === null)
        throw new AppError('not-found', { detail: 'no such endpoint' });
      const { before, limit } = request.query;
      const page = await world.deliveries.list(world.db, key, { limit, ...(before === undefined ? {} : { before }) });
      return { items: page.items.map(deliveryViewOf), next: page.next };
    },
  );

  app.post(
    '/v1/deliveries/:id/replay',
    {
      schema: {
        tags,
        summary: 'Send a dead letter again',
        params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
        response: { 202: z.object({ replayed: z.literal(true) }) },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const replay = await world.transact((work) =>
        world.deliveries.replay(work, { enterpriseId, deliveryId: request.params.id }),
      );
      if (replay.kind === 'replayed') return reply.code(202).send({ replayed: true });
      if (replay.reason === 'not-found') throw new AppError('not-found', { detail: 'no such delivery' });
      const detail = replay.reason === 'not-dead' ? 'only a dead letter can be replayed' : 'enable the endpoint first';
      throw new AppError('conflict', { detail });
    },
  );
}

function keyOf(enterpriseId: EnterpriseId, endpointId: EndpointId) {
  return { enterpriseId, endpointId };
}

function endpointViewOf(endpoint: Endpoint): z.infer<typeof endpointView> {
  const { id, url, enabled, disabledReason, failingSince, createdAt } = endpoint;
  const failing = failingSince === null ? null : toIso(failingSince);
  return { id, url, enabled, disabledReason, failingSince: failing, createdAt: toIso(createdAt) };
}

function deliveryViewOf(delivery: Delivery): z.infer<typeof deliveryView> {
  const settledAt = delivery.settledAt === null ? null : toIso(delivery.settledAt);
  return { ...delivery, dueAt: toIso(delivery.dueAt), settledAt };
}
