/**
 * Visits and beats: the two routes a stranger's browser may use. CORS echoes one known origin, never `*`.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import type { Shown } from '../../numbers/welcome-visit.ts';
import { toIso } from '../../ports/clock.ts';
import { nationalFormat } from '../../ports/e164.ts';
import { AppError } from '../../ports/errors.ts';
import { partyOf } from '../../ports/network-address.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { visitIdField } from '../contract/fields.ts';
import { beatBody, openVisitBody, visitView } from '../contract/visits.ts';

const paths = ['/v1/visits', '/v1/visits/:id/beat'] as const;
const bodyLimit = limits.visitBodyBytesMax;
/** What these two routes answer is made here and typed; parsing it once more would cost more than the visit itself. */
const serializerCompiler = () => (view: unknown) => JSON.stringify(view);

export function registerVisitRoutes(app: App, world: ApiWorld): void {
  registerPreflight(app, world);

  app.post(
    paths[0],
    {
      bodyLimit,
      serializerCompiler,
      schema: {
        tags: ['visits'],
        summary: 'Open a visit and lease it a number (publishable key)',
        body: openVisitBody,
        response: { 201: visitView },
      },
    },
    async (request, reply) => {
      const website = await world.authorise.publishable(request);
      allowOrigin(reply, request.headers.origin);
      const { visitorId, ...facts } = request.body;
      const shown = await world.visitDesk.welcome(website, {
        visitorId: visitorId ?? null,
        facts: definedOf(facts),
        address: () => addressOf(world, request.ip),
      });
      return reply.code(201).send(viewOf(shown));
    },
  );

  app.post(
    paths[1],
    {
      bodyLimit,
      serializerCompiler,
      schema: {
        tags: ['visits'],
        summary: 'Keep a visit and its number alive',
        params: z.object({ id: visitIdField }),
        body: beatBody,
        response: { 200: visitView },
      },
    },
    async (request, reply) => {
      const website = await world.authorise.publishable(request);
      allowOrigin(reply, request.headers.origin);
      const { engagedSeconds, pages } = request.body;
      const signals = signalsOf(request.body);
      const shown = await world.visitDesk.beat(website, request.params.id, {
        engagedSeconds,
        pages,
        signals,
        address: () => addressOf(world, request.ip),
      });
      if (shown === null) throw new AppError('not-found', { detail: 'this website has no such visit' });
      return viewOf(shown);
    },
  );
}

function registerPreflight(app: App, world: ApiWorld): void {
  for (const path of paths) {
    app.options(path, { schema: { hide: true } }, async (request, reply) => {
      const { origin } = request.headers;
      if (origin === undefined || !(await world.visits.isKnownOrigin(world.db, origin)))
        throw new AppError('origin-refused');
      allowOrigin(reply, origin);
      reply.header('access-control-allow-methods', 'POST');
      reply.header('access-control-allow-headers', 'authorization, content-type');
      reply.header('access-control-max-age', '7200');
      return reply.code(204).send();
    });
  }
}

/** The address is looked at and not kept: only a digest that nobody without our key can make. */
function addressOf(world: ApiWorld, ip: string): string | null {
  const party = partyOf(ip);
  return party === null ? null : world.secrets.fingerprint(`address ${party}`).slice(0, 32);
}

function allowOrigin(reply: { header(name: string, value: string): unknown }, origin: string | undefined): void {
  if (origin === undefined) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('vary', 'Origin');
}

function viewOf(shown: Shown): z.infer<typeof visitView> {
  const { visitId, number, shared, lease } = shown;
  return {
    visit: { id: visitId },
    number: number === null ? null : { e164: number, national: nationalFormat(number), shared },
    lease: lease === null ? null : { id: lease.id, expiresAt: toIso(lease.expiresAt) },
    beatEveryMs: limits.beatEveryMs,
  };
}

function signalsOf(beat: z.infer<typeof beatBody>): { kind: string; detail: Record<string, unknown> }[] {
  const signals: { kind: string; detail: Record<string, unknown> }[] = [];
  if (beat.tap) signals.push({ kind: 'tap', detail: { of: beat.tap } });
  if (beat.productPage !== undefined) signals.push({ kind: 'product-page', detail: { page: beat.productPage } });
  if (beat.cartValue !== undefined) signals.push({ kind: 'cart', detail: { value: beat.cartValue } });
  return signals;
}

function definedOf(facts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
