/**
 * The page snippet: `/lk.js`, which changes with the gateway, `/lk-<version>.js`, which never does, and the ready tag
 * with its integrity hash. The files are public and without credentials, so any origin may read them, as an integrity
 * check across origins needs.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../ports/errors.ts';
import type { ApiWorld, App, ScriptBytes } from '../app-type.ts';
import { snippetQuery, snippetView } from '../contract/visits.ts';
import { escapeHtml } from '../escape-html.ts';

export function registerSnippetRoutes(app: App, world: ApiWorld): void {
  const { current, find } = world.snippet;

  app.get('/lk.js', { schema: { hide: true } }, async (request, reply) => {
    const etag = `"${current.version}"`;
    reply.header('etag', etag);
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
    return serve(request, reply, current, `public, max-age=${limits.snippetCacheSeconds}`);
  });

  app.get<{ Params: { version: string } }>(
    '/lk-:version(^[0-9a-f]{16}).js',
    { schema: { hide: true } },
    async (request, reply) => {
      const script = await find(request.params.version);
      if (script === null) throw new AppError('not-found', { detail: 'no snippet of this version was served here' });
      return serve(request, reply, script, 'public, max-age=31536000, immutable');
    },
  );

  app.get(
    '/v1/snippet',
    {
      schema: {
        tags: ['visits'],
        summary: 'The script tag for your pages, pinned by its integrity hash',
        querystring: snippetQuery,
        response: { 200: snippetView },
      },
    },
    async (request) => {
      await world.authorise.secret(request);
      const { version, integrity, plain, gzipped } = current;
      const src = `${world.publicUrl()}/lk-${version}.js`;
      const { key = 'pk_…', numbers = '+1 503 555 0100', consent } = request.query;
      const data = { 'data-key': key, 'data-numbers': numbers, 'data-consent': consent };
      const tag = scriptTag({ src, integrity, crossorigin: 'anonymous', ...data });
      return { version, src, integrity, bytes: plain.length, gzippedBytes: gzipped.length, tag };
    },
  );
}

/** An async script tag; attributes without a value are left out. */
export function scriptTag(attributes: Readonly<Record<string, string | undefined>>): string {
  const words = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${escapeHtml(value)}"`],
  );
  return `<script async ${words.join(' ')}></script>`;
}

function serve(request: FastifyRequest, reply: FastifyReply, script: ScriptBytes, cache: string): FastifyReply {
  reply.header('cache-control', cache);
  reply.header('vary', 'Accept-Encoding');
  reply.header('access-control-allow-origin', '*');
  reply.header('cross-origin-resource-policy', 'cross-origin');
  reply.type('text/javascript; charset=utf-8');
  if (!/\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')) return reply.send(script.plain);
  return reply.header('content-encoding', 'gzip').send(script.gzipped);
}
