/**
 * Visits and beats: the two routes a stranger's browser may use. CORS echoes one known origin, never `*`. Bodies may come
 * as `text/plain` with JSON inside: a browser sends those without asking first, and sendBeacon cannot send others. That
 * opens nothing, because no cookie counts here, only the key and the origin.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import type { Shown } from '../../numbers/welcome-visit.ts';
import { toIso } from '../../ports/clock.ts';
import { type E164, nationalFormat, parseWritten } from '../../ports/e164.ts';
import { endOfTurn } from '../../ports/end-of-turn.ts';
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
  app.register(async (scope) => {
    scope.removeContentTypeParser('text/plain');
    scope.addContentTypeParser('text/plain', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
    scope.setErrorHandler(async (fault, request, reply) => {
      await allowKnownOrigin(world, request, reply);
      throw fault;
    });
    registerVisits(scope.withTypeProvider<ZodTypeProvider>() as App, world);
  });
}

function registerVisits(app: App, world: ApiWorld): void {
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
      const { visitorId = null, human, replaces } = request.body;
      const shown = await world.visitDesk.welcome(website, {
        visitorId,
        human,
        replaces: numberOf(replaces),
        facts: factsOf(request.body),
        address: () => addressOf(world, request.ip),
      });
      await endOfTurn();
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
      const { id } = request.params;
      const website = await world.authorise.publishableFor(request, id);
      allowOrigin(reply, request.headers.origin);
      const { engagedSeconds, pages, visitorId, gaClientId, human } = request.body;
      const replaces = numberOf(request.body.replaces);
      const signals = signalsOf(request.body);
      const address = () => addressOf(world, request.ip);
      const beat = { engagedSeconds, pages, signals, visitorId, gaClientId, human, replaces, address };
      const shown = await world.visitDesk.beat(website, id, beat);
      if (shown === null) throw new AppError('not-found', { detail: 'this website has no such visit' });
      await endOfTurn();
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
  return party === null ? null : world.secrets.digest(`address ${party}`);
}

/** So that a page's author can read why a request was refused. When the record is away, nobody is known. */
async function allowKnownOrigin(world: ApiWorld, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { origin } = request.headers;
  if (origin === undefined || reply.hasHeader('access-control-allow-origin')) return;
  if (await world.visits.isKnownOrigin(world.db, origin).catch(() => false)) allowOrigin(reply, origin);
}

/** A number that cannot be read is left out: it only helps to choose, and must not cost the visit. */
function numberOf(written: string | undefined): E164 | undefined {
  return (written === undefined ? null : parseWritten(written)) ?? undefined;
}

function allowOrigin(reply: { header(name: string, value: string): unknown }, origin: string | undefined): void {
  if (origin === undefined) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('vary', 'Origin');
}

function viewOf(shown: Shown): z.infer<typeof visitView> {
  const { visitId, number, shared, lease, code } = shown;
  return {
    visit: { id: visitId },
    number: number === null ? null : { e164: number, national: nationalFormat(number), shared, code },
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

/** A page that may keep a lasting id of the visitor has their consent; the snippet sends none before. */
function factsOf(body: z.infer<typeof openVisitBody>): Record<string, string> {
  const facts: Record<string, string> = body.visitorId === undefined ? {} : { consent: 'granted' };
  for (const name in body) {
    const told = isFact(name) ? body[name] : undefined;
    if (told !== undefined) facts[name] = told;
  }
  return facts;
}

type FactName = Exclude<keyof z.infer<typeof openVisitBody>, 'visitorId' | 'human' | 'replaces'>;

function isFact(name: string): name is FactName {
  return name !== 'visitorId' && name !== 'human' && name !== 'replaces';
}
