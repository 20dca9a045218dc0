/**
 * The routes of visits and beats on bare Fastify, as a process: the same schemas checked by the same compiler, the same
 * answers byte for byte, headers included, written the same way; no hooks, no log and no work. With DIY_DATABASE_URL a visit costs what a user would
 * write by hand: one durable `UPDATE … FOR UPDATE SKIP LOCKED … RETURNING` on eight connections.
 */
import Fastify from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import pg from 'pg';
import { z } from 'zod';
import { visitIdField } from '../src/api/contract/fields.ts';
import { beatBody, openVisitBody } from '../src/api/contract/visits.ts';

const visitAnswer = JSON.parse(process.env.VISIT_ANSWER ?? '{}');
const beatAnswer = JSON.parse(process.env.BEAT_ANSWER ?? '{}');
const diyUrl = process.env.DIY_DATABASE_URL;

const grant = `update number set free_at = now() + interval '2 seconds', generation = generation + 1
  where id = (select id from number where state = 'active' and free_at <= now() and pool_id = 'diy'
    order by free_at limit 1 for update skip locked)
  returning id, e164, generation`;

const headers = {
  'access-control-allow-origin': 'https://shop.example',
  vary: 'Origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const app = Fastify({ bodyLimit: 16 * 1_024 });
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
const pool = diyUrl === undefined ? null : new pg.Pool({ connectionString: diyUrl, max: 8 });

app.post('/v1/visits', { schema: { body: openVisitBody } }, async (_request, reply) => {
  if (pool !== null) {
    const { rows } = await pool.query({ name: 'grant', text: grant });
    if (rows.length !== 1) throw new Error('no number is left');
  }
  return reply.code(201).headers(headers).send(visitAnswer);
});
app.post(
  '/v1/visits/:id/beat',
  { schema: { params: z.object({ id: visitIdField }), body: beatBody } },
  async (_request, reply) => reply.headers(headers).send(beatAnswer),
);
process.stdout.write(`ready ${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
