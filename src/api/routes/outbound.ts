/**
 * Calls that we make: ordered by the contact centre's servers, by rules of the enterprise. What follows is told by webhooks.
 */
import type { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../ports/errors.ts';
import type { EnterpriseId } from '../../ports/ids.ts';
import type { OutboundOrder } from '../../telephony/outbound-desk.ts';
import { slugField, spokenField } from '../../telephony/plan/plan-fields.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { callView } from '../contract/calls.ts';
import { callBody, outboundBody, outboundRuleView } from '../contract/outbound.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';
import { callViewOf } from './calls.ts';

const newCallBody = callBody(
  {
    ringTimeoutMs: {
      min: limits.ringTimeoutMsMin,
      max: limits.ringTimeoutMsMax,
      usual: limits.outboundRingTimeoutMs,
    },
    metadataEntries: limits.outboundMetadataEntriesMax,
    metadataCharacters: limits.outboundMetadataCharactersMax,
  },
  { slug: slugField, spoken: spokenField },
);

export function registerOutboundRoutes(app: App, world: ApiWorld): void {
  app.post(
    '/v1/calls',
    {
      schema: {
        tags: ['calls'],
        summary: 'Call somebody: an agent first, or the customer; see docs/outbound.md',
        headers: idempotencyHeaders,
        body: newCallBody,
        response: { 201: callView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const order = orderOf(enterpriseId, request.body);
      const where = await world.outboundDesk.look(order.to);
      if (order.about !== null && 'visitId' in order.about) await world.settleVisits();
      const answer = await answerOnce(world, request, enterpriseId, async (work) => ({
        status: 201,
        body: callViewOf(await world.outboundDesk.place(work, order, where)),
      }));
      return reply.code(201).send(answer.body as z.infer<typeof callView>);
    },
  );
  registerRules(app, world);
}

function registerRules(app: App, world: ApiWorld): void {
  const tags = ['calls'];
  app.get(
    '/v1/outbound',
    { schema: { tags, summary: 'By what rules calls are made', response: { 200: outboundRuleView } } },
    async (request) => rulesOf(world, await world.authorise.secret(request)),
  );
  app.put(
    '/v1/outbound',
    {
      schema: {
        tags,
        summary: 'The number calls are made from, and minutes a day',
        body: outboundBody(limits.outboundMinutesPerDayMax),
        response: { 200: outboundRuleView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { from: e164, minutesPerDay } = request.body;
      const from = e164 === null ? null : await world.outboundRules.numberOf(world.db, enterpriseId, { e164 });
      if (e164 !== null && from === null) {
        const problem = 'this is no number of yours that is active and can call';
        const cure = 'name one of GET /v1/numbers with state active and the capability voice';
        throw new AppError('caller-id-denied', { detail: problem, fields: [{ field: 'from', problem, cure }] });
      }
      await world.outboundRules.write(world.db, enterpriseId, { fromNumberId: from?.id ?? null, minutesPerDay });
      return rulesOf(world, enterpriseId);
    },
  );
}

async function rulesOf({ db, outboundRules, clock }: ApiWorld, enterpriseId: EnterpriseId) {
  const { from, minutesPerDay } = await outboundRules.read(db, enterpriseId);
  const { calls, minutes } = await outboundRules.today(db, enterpriseId, clock.now());
  return { from: from?.e164 ?? null, minutesPerDay, today: { calls, minutes } };
}

function orderOf(enterpriseId: EnterpriseId, body: z.infer<typeof newCallBody>): OutboundOrder {
  const { from = null, agentId = null, queue = null, product = null, announcement = null, about = null } = body;
  const { to, first, purpose, ringTimeoutMs, metadata } = body;
  return {
    enterpriseId,
    to,
    from,
    first,
    purpose,
    agentId,
    queue,
    product,
    announcement,
    about,
    ringTimeoutMs,
    metadata,
  };
}
