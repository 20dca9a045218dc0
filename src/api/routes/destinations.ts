/**
 * Where phone conversions are exported to, and what became of each there. Exports are off until a destination is made.
 */
import { z } from 'zod';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import { readInput } from '../../ports/field-faults.ts';
import type { Credentials, Destination, DestinationConfig, DestinationKind } from '../../selling/destination.ts';
import type { DestinationChange } from '../../selling/destinations.postgres.ts';
import type { ConversionExport } from '../../selling/exports.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import {
  destinationBody,
  destinationChangeBody,
  destinationView,
  exportQuery,
  exportView,
  ga4Config,
  ga4Credentials,
  googleAdsConfig,
  googleAdsCredentials,
  metaConfig,
  metaCredentials,
} from '../contract/exports.ts';
import { destinationIdField, exportIdField, pageOf } from '../contract/fields.ts';

const tags = ['exports'];

export function registerDestinationRoutes(app: App, world: ApiWorld): void {
  registerDestinations(app, world);

  app.get(
    '/v1/exports',
    {
      schema: {
        tags,
        summary: 'What became of each conversion at each destination, newest first',
        querystring: exportQuery,
        response: { 200: pageOf(exportView) },
      },
    },
    async (request) => {
      const rows = await world.exports.list(world.db, await world.authorise.secret(request), request.query);
      const next = rows.length < request.query.limit ? null : (rows.at(-1)?.id ?? null);
      return { items: rows.map(exportViewOf), next };
    },
  );

  app.post(
    '/v1/exports/:id/replay',
    {
      schema: {
        tags,
        summary: 'Try again what was given up or left out',
        params: z.object({ id: exportIdField }),
        response: { 202: z.object({ replayed: z.literal(true) }) },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const replay = await world.transact((work) => world.exports.replay(work, enterpriseId, request.params.id));
      if (replay.kind === 'replayed') return reply.code(202).send({ replayed: true });
      if (replay.reason === 'not-found') throw new AppError('not-found', { detail: 'no such export' });
      throw new AppError('conflict', {
        detail: 'it was sent or is on its way: only a dead or skipped one is tried again',
      });
    },
  );
}

function registerDestinations(app: App, world: ApiWorld): void {
  app.get(
    '/v1/destinations',
    { schema: { tags, summary: 'All destinations, without credentials', response: { 200: pageOf(destinationView) } } },
    async (request) => {
      const items = await world.destinations.list(world.db, await world.authorise.secret(request));
      return { items: items.map(destinationViewOf), next: null };
    },
  );

  app.post(
    '/v1/destinations',
    {
      schema: {
        tags,
        summary: 'Set up a destination; its credentials are kept sealed and never shown',
        body: destinationBody,
        response: { 201: destinationView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { kind, name, enabled, minProbability, config, credentials } = request.body;
      const setUp = { kind, config } as DestinationConfig;
      const wanted = { enterpriseId, name, enabled, minProbability, setUp };
      const created = await world.transact(({ tx }) =>
        world.destinations.create(tx, { ...wanted, credentials: { kind, ...credentials } as Credentials }),
      );
      if (created.kind === 'refused')
        throw new AppError('conflict', { detail: 'there are as many destinations as may be: change one' });
      return reply.code(201).send(destinationViewOf(created.destination));
    },
  );

  app.patch(
    '/v1/destinations/:id',
    {
      schema: {
        tags,
        summary: 'Change a destination, or switch it on or off',
        params: z.object({ id: destinationIdField }),
        body: destinationChangeBody,
        response: { 200: destinationView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { id } = request.params;
      const before = await world.destinations.read(world.db, enterpriseId, id);
      const change = before === null ? {} : changeOf(before.kind, request.body);
      const destination = await world.destinations.change(world.db, enterpriseId, id, change);
      if (destination === null) throw new AppError('not-found', { detail: 'no such destination' });
      return destinationViewOf(destination);
    },
  );
}

const forms = {
  ga4: z.object({ config: ga4Config.optional(), credentials: ga4Credentials.optional() }),
  'google-ads': z.object({ config: googleAdsConfig.optional(), credentials: googleAdsCredentials.optional() }),
  meta: z.object({ config: metaConfig.optional(), credentials: metaCredentials.optional() }),
} as const satisfies Record<DestinationKind, z.ZodType>;

function changeOf(kind: DestinationKind, body: z.infer<typeof destinationChangeBody>): DestinationChange {
  const { name, enabled, minProbability, ...rest } = body;
  const { config, credentials } = readInput(forms[kind], rest);
  return {
    name,
    enabled,
    minProbability,
    setUp: config === undefined ? undefined : ({ kind, config } as DestinationConfig),
    credentials: credentials === undefined ? undefined : ({ kind, ...credentials } as Credentials),
  };
}

function destinationViewOf(destination: Destination): z.infer<typeof destinationView> {
  const { id, kind, name, enabled, minProbability, config, createdAt } = destination;
  return { id, kind, name, enabled, minProbability, config: { ...config }, createdAt: toIso(createdAt) };
}

function exportViewOf(row: ConversionExport): z.infer<typeof exportView> {
  const { id, destinationId, callId, kind, key, state, attempts, lastError, probability, held, sentAt } = row;
  return {
    id,
    destinationId,
    callId,
    kind,
    conversion: key,
    state,
    attempts,
    lastError,
    probability,
    value: held?.value ?? null,
    sentAt: sentAt === null ? null : toIso(sentAt),
    changedAt: toIso(row.changedAt),
  };
}
