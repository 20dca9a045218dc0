/**
 * Agents and the timeline of a visit: what an operator's scripts set up and look at.
 */
import { z } from 'zod';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { Row } from '../../records/schema.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { agentIdField, instantField, pageOf, visitIdField } from '../contract/fields.ts';
import { agentBody, agentView, presenceBody } from '../contract/inventory.ts';

const visitDetailView = z.object({
  id: visitIdField,
  arrival: z.record(z.string(), z.string()),
  startedAt: instantField,
  lastBeatAt: instantField,
  engagedSeconds: z.int(),
  pages: z.int(),
  leases: z.array(
    z.object({
      id: z.string(),
      number: z.string(),
      generation: z.int(),
      grantedAt: instantField,
      expiresAt: instantField,
    }),
  ),
  contacts: z.array(z.object({ subject: z.string(), probability: z.number(), at: instantField })),
});

export function registerInventoryRoutes(app: App, world: ApiWorld): void {
  registerAgents(app, world);

  app.get(
    '/v1/visits/:id',
    {
      schema: {
        tags: ['visits'],
        summary: 'One visit: its leases and the contacts credited to it (secret key)',
        params: z.object({ id: visitIdField }),
        response: { 200: visitDetailView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      await world.settleVisits();
      const found = await world.reads.visit(enterpriseId, request.params.id);
      if (found === null) throw new AppError('not-found', { detail: 'no such visit' });
      const { visit, leases, credited } = found;
      return {
        id: visit.id,
        arrival: visit.arrival,
        startedAt: iso(visit.started_at),
        lastBeatAt: iso(visit.last_beat_at),
        engagedSeconds: visit.engaged_seconds,
        pages: visit.pages,
        leases: leases.map(({ id, e164, generation, granted_at, expires_at }) => ({
          id,
          number: e164,
          generation,
          grantedAt: iso(granted_at),
          expiresAt: iso(expires_at),
        })),
        contacts: credited.map(({ subject, probability, at }) => ({ subject, probability, at: iso(at) })),
      };
    },
  );
}

function registerAgents(app: App, world: ApiWorld): void {
  const tags = ['agents'];
  app.get(
    '/v1/agents',
    { schema: { tags, summary: 'All agents', response: { 200: pageOf(agentView) } } },
    async (request) => {
      const rows = await world.reads.agents(await world.authorise.secret(request));
      return { items: rows.map(agentViewOf), next: null };
    },
  );

  app.post(
    '/v1/agents',
    { schema: { tags, summary: 'Add an agent', body: agentBody, response: { 201: agentView } } },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const agent = { ...request.body, id: world.ids.make('agent'), enterpriseId, at: world.clock.now() };
      const row = await world.agents.add(world.db, agent);
      if (row === null) throw new AppError('conflict', { detail: 'another agent has this phone' });
      return reply.code(201).send(agentViewOf(row));
    },
  );

  app.patch(
    '/v1/agents/:id',
    {
      schema: {
        tags,
        summary: 'Set an agent ready or offline',
        params: z.object({ id: agentIdField }),
        body: presenceBody,
        response: { 200: agentView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const change = { enterpriseId, id: request.params.id, presence: request.body.presence, at: world.clock.now() };
      const row = await world.agents.setPresence(world.db, change);
      if (row === 'unknown') throw new AppError('not-found', { detail: 'no such agent' });
      if (row === 'busy')
        throw new AppError('conflict', { detail: 'the agent is being rung or talks; they become ready afterwards' });
      return agentViewOf(row);
    },
  );
}

function agentViewOf(row: Row<'agent'>): z.infer<typeof agentView> {
  return {
    id: row.id,
    name: row.name,
    phone: row.phone,
    presence: row.presence,
    presenceSince: iso(row.presence_since),
  };
}

function iso(at: Date): string {
  return toIso(at.getTime());
}
