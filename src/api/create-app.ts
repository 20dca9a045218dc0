/**
 * The HTTP face of the gateway: Fastify with zod schemas, one problem document for every refusal, and the API reference
 * made from the routes themselves. Carriers register their own routes on the same app.
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { limits } from '../../config/limits.ts';
import { AppError, errorCatalogue } from '../ports/errors.ts';
import type { ApiWorld, App } from './app-type.ts';
import { toAppError, toProblem } from './problem.ts';
import { registerAttributionRoutes } from './routes/attribution.ts';
import { registerAttributionModelRoutes } from './routes/attribution-model.ts';
import { registerCallCommandRoutes } from './routes/call-commands.ts';
import { registerCallbackRoutes } from './routes/callbacks.ts';
import { registerCallRoutes } from './routes/calls.ts';
import { registerConsentRoutes } from './routes/consents.ts';
import { registerConversationRoutes } from './routes/conversations.ts';
import { registerConversionRoutes } from './routes/conversions.ts';
import { registerDecisionHookRoutes } from './routes/decision-hook.ts';
import { registerDemoRoute } from './routes/demo.ts';
import { registerDestinationRoutes } from './routes/destinations.ts';
import { registerEndpointRoutes } from './routes/endpoints.ts';
import { registerHealthRoutes } from './routes/health.ts';
import { registerHomeRoute } from './routes/home.ts';
import { registerInventoryRoutes } from './routes/inventory.ts';
import { registerNumberSupplyRoutes } from './routes/number-supply.ts';
import { registerNumberRoutes } from './routes/numbers.ts';
import { registerOutboundRoutes } from './routes/outbound.ts';
import { registerPoolPlanRoute } from './routes/pool-plan.ts';
import { registerPoolRoutes } from './routes/pools.ts';
import { registerRecordingRoutes } from './routes/recordings.ts';
import { registerReportRoutes } from './routes/reports.ts';
import { registerRoutePlanRoutes } from './routes/route-plans.ts';
import { registerSipPhoneRoutes } from './routes/sip-phones.ts';
import { registerSnippetRoutes } from './routes/snippet.ts';
import { registerVisitRoutes } from './routes/visits.ts';
import { registerWebsiteRoutes } from './routes/websites.ts';
import { trustProxies } from './trust-proxies.ts';

/** What each served request is told to, for the metrics: route pattern, status, milliseconds. */
export type ObserveRequest = (route: string, status: number, elapsedMs: number) => void;

interface AppOptions {
  readonly log: FastifyBaseLogger;
  readonly version: string;
  /** Proxies whose word on the client's address is taken; null: nobody's. */
  readonly trustProxy?: string | null;
  readonly observe: ObserveRequest;
}

const wordmark =
  '<svg xmlns="http://www.w3.org/2000/svg" width="170" height="40"><text x="0" y="28" font-family="system-ui,sans-serif" font-size="24" fill="#fff">Linekeeper</text></svg>';

/** An app without routes: problems, docs, limits and headers are in place. */
export async function createApp(options: AppOptions): Promise<App> {
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.webhookBodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    trustProxy: options.trustProxy ? trustProxies(options.trustProxy) : false,
    routerOptions: { maxParamLength: 128 },
    frameworkErrors: (fault, request, reply) =>
      sendProblem(fault, request as FastifyRequest, reply as unknown as FastifyReply),
  }).withTypeProvider<ZodTypeProvider>();
  // What is logged of a request names its id itself; a logger of its own for each page view is never used. A factory in
  // the options would have its logger checked with each of them.
  app.log.child = () => app.log;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((fault, request, reply) => sendProblem(fault, request, reply));
  app.setNotFoundHandler((request, reply) => {
    options.observe('unknown', 404, reply.elapsedTime);
    return sendProblem(new AppError('not-found', { detail: 'no such route' }), request, reply);
  });
  addHooks(app, options.observe);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Linekeeper',
        version: options.version,
        description: 'Voice and SMS gateway. Errors are problem documents; see docs/errors.md.',
      },
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'pk_… on visits, sk_… elsewhere' } },
      },
      security: [{ key: [] }],
      tags: [
        'visits',
        'calls',
        'callbacks',
        'consents',
        'conversations',
        'numbers',
        'pools',
        'route plans',
        'websites',
        'agents',
        'reports',
        'exports',
        'webhooks',
        'operation',
        'sandbox',
      ].map((name) => ({ name })),
    },
    transform: jsonSchemaTransform,
  });
  const logo = { type: 'image/svg+xml', content: Buffer.from(wordmark), href: '/' };
  await app.register(swaggerUi, { routePrefix: '/docs', logo });
  return app;
}

/** With callbacks, not promises: these run with every page view. */
function addHooks(app: App, observe: ObserveRequest): void {
  const state = { closing: false };
  app.addHook('preClose', (done) => {
    state.closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    // Closing ends idle connections once: one that is answered afterwards would be waited for as long as it is kept alive.
    if (state.closing) reply.header('connection', 'close');
    done(null, payload);
  });
  // Each route is told its own name, because asking a request for it makes an object of all that is known of the route.
  app.addHook('onRoute', (route) => {
    const { url } = route;
    route.onResponse = (_request, reply, done) => {
      observe(url, reply.statusCode, reply.elapsedTime);
      done();
    };
  });
  app.addHook('preValidation', (request, _reply, done) => {
    if (!isStorable(request.body, 0)) refuseUnstorable(request.body);
    done();
  });
}

/** Registers everything under /v1, the status page and the health routes. */
export function registerApi(app: App, world: ApiWorld): void {
  app.register(async (scope) => {
    const typed = scope.withTypeProvider<ZodTypeProvider>() as App;
    registerHomeRoute(typed, world);
    registerDemoRoute(typed, world);
    registerHealthRoutes(typed, world);
    registerSnippetRoutes(typed, world);
    registerVisitRoutes(typed, world);
    registerCallRoutes(typed, world);
    registerCallCommandRoutes(typed, world);
    registerOutboundRoutes(typed, world);
    registerConsentRoutes(typed, world);
    registerCallbackRoutes(typed, world);
    registerRecordingRoutes(typed, world);
    registerAttributionRoutes(typed, world);
    registerAttributionModelRoutes(typed, world);
    registerConversationRoutes(typed, world);
    registerNumberSupplyRoutes(typed, world);
    registerNumberRoutes(typed, world);
    registerPoolRoutes(typed, world);
    registerRoutePlanRoutes(typed, world);
    registerDecisionHookRoutes(typed, world);
    registerWebsiteRoutes(typed, world);
    registerInventoryRoutes(typed, world);
    registerSipPhoneRoutes(typed, world);
    registerPoolPlanRoute(typed, world);
    registerEndpointRoutes(typed, world);
    registerConversionRoutes(typed, world);
    registerReportRoutes(typed, world);
    registerDestinationRoutes(typed, world);
  });
}

function sendProblem(fault: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toAppError(fault);
  const { status, retry } = errorCatalogue[error.code];
  const facts = { code: error.code, route: request.routeOptions?.url, requestId: request.id };
  if (status >= 500) request.log.error({ ...facts, err: error.cause ?? error }, 'request-failed');
  else request.log.info(facts, 'request-refused');
  if (retry && status === 503) reply.header('retry-after', '2');
  return reply
    .code(status)
    .type('application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(toProblem(error, request.id));
}

/** What nearly every body is found to be; `refuseUnstorable` says what is wrong with the others. */
function isStorable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= limits.bodyDepthMax) return false;
  for (const key in value) {
    if (!isStorable(key, depth + 1) || !isStorable(Reflect.get(value, key), depth + 1)) return false;
  }
  return true;
}

/** PostgreSQL holds neither NUL nor half a surrogate pair: such text is refused before anything is stored. */
function refuseUnstorable(value: unknown, path = 'body', depth = 0): void {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return;
    const fault = {
      field: path,
      problem: 'holds characters that are not text',
      cure: 'send well-formed Unicode without NUL',
    };
    throw new AppError('invalid-request', { fields: [fault] });
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= limits.bodyDepthMax)
    throw new AppError('malformed-body', { detail: `nested deeper than ${limits.bodyDepthMax}` });
  for (const [key, inner] of Object.entries(value)) {
    refuseUnstorable(key, `${path} (a name)`, depth + 1);
    refuseUnstorable(inner, `${path}.${key}`, depth + 1);
  }
}
