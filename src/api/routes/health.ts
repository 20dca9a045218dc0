/**
 * For the machines that watch: alive, ready, measured. `/healthz` says the process runs, `/readyz` that it can take
 * work (the record answers and we are not draining).
 */
import { z } from 'zod';
import { AppError } from '../../ports/errors.ts';
import type { ApiWorld, App } from '../app-type.ts';

const tags = ['operation'];

export function registerHealthRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        summary: 'The process runs',
        response: { 200: z.object({ status: z.literal('ok'), version: z.string() }) },
      },
    },
    async () => ({ status: 'ok' as const, version: world.version }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags,
        summary: 'The gateway can take work',
        response: { 200: z.object({ status: z.literal('ready') }) },
      },
    },
    async () => {
      if (!(await world.isReady()))
        throw new AppError('unavailable', { detail: 'the record does not answer, or we are stopping' });
      return { status: 'ready' as const };
    },
  );

  app.get('/metrics', { schema: { tags, summary: 'Prometheus metrics' } }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await world.metrics()),
  );
}
