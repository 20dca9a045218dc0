/**
 * Commands on a call that goes on, for the contact centre's servers. Each is answered with the call as it stands
 * afterwards; what follows (a phone that rings, a leg that has moved) is told by webhooks.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { LegId } from '../../ports/ids.ts';
import type { TransferTarget } from '../../telephony/call.ts';
import type { CallOrder, Whom } from '../../telephony/command-call.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { recordingBody, superviseBody, supervisionBody, transferBody } from '../contract/call-commands.ts';
import { callView } from '../contract/calls.ts';
import { callIdField } from '../contract/fields.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';
import { callViewOf } from './calls.ts';

const params = z.object({ id: callIdField });
const legId = z.string().regex(/^leg_[0-9a-z]{26}$/, 'is not an id of the form leg_…') as unknown as z.ZodType<
  LegId,
  string
>;
const shared = { tags: ['calls'], headers: idempotencyHeaders, response: { 200: callView } };

type Asked = FastifyRequest<{
  Params: { id: z.infer<typeof callIdField> };
  Body: unknown;
  Headers: unknown;
  Querystring: unknown;
}>;

export function registerCallCommandRoutes(app: App, world: ApiWorld): void {
  const give = async (request: Asked, order: CallOrder): Promise<z.infer<typeof callView>> => {
    const enterpriseId = await world.authorise.secret(request);
    const about = { enterpriseId, callId: request.params.id };
    const answer = await answerOnce(world, request, enterpriseId, async (work) => ({
      status: 200,
      body: callViewOf(await world.commandDesk.give(work, about, order)),
    }));
    return answer.body as z.infer<typeof callView>;
  };
  const plain = (path: string, summary: string, order: CallOrder) =>
    app.post(`/v1/calls/:id/${path}`, { schema: { ...shared, params, summary } }, (request) => give(request, order));

  plain('hold', 'Put the caller on hold: they hear music, the agent waits', { type: 'hold-asked' });
  plain('resume', 'Take the caller off hold', { type: 'resume-asked' });
  plain('transfer/complete', 'Hand the call to whom the agent talks with', { type: 'transfer-completed' });
  plain('transfer/cancel', 'Go back to the caller, without whom the agent talks with', { type: 'transfer-cancelled' });
  plain('conference', 'Put the caller, the agent and the third together', { type: 'merge-asked' });
  plain('hang-up', 'End the call', { type: 'hang-up-asked' });

  app.post(
    '/v1/calls/:id/transfer',
    { schema: { ...shared, params, body: transferBody, summary: 'Move the call to an agent, a queue or a number' } },
    (request) => give(request, { type: 'transfer-asked', mode: request.body.mode, to: targetOf(request.body.to) }),
  );
  app.post(
    '/v1/calls/:id/recording',
    { schema: { ...shared, params, body: recordingBody, summary: 'Start, pause, resume or stop the recording' } },
    (request) => give(request, { type: 'recording-asked', act: request.body.act }),
  );
  registerSupervision(app, give);
}

function registerSupervision(
  app: App,
  give: (request: Asked, order: CallOrder) => Promise<z.infer<typeof callView>>,
): void {
  app.post(
    '/v1/calls/:id/supervise',
    { schema: { ...shared, params, body: superviseBody, summary: 'Ring somebody who listens in, coaches or joins' } },
    (request) => {
      const { by, mode: hears } = request.body;
      const whom: Whom = 'agentId' in by ? { kind: 'agent', ...by } : { kind: 'number', ...by };
      return give(request, { type: 'supervision-asked', whom, hears });
    },
  );
  const ofLeg = params.extend({ legId });
  app.post(
    '/v1/calls/:id/supervise/:legId',
    { schema: { ...shared, params: ofLeg, body: supervisionBody, summary: 'Change how a supervisor takes part' } },
    (request) => {
      const { mode: hears } = request.body;
      return give(request, { type: 'supervision-changed', legId: request.params.legId, hears });
    },
  );
  app.post(
    '/v1/calls/:id/supervise/:legId/leave',
    { schema: { ...shared, params: ofLeg, summary: 'Take a supervisor off the call' } },
    (request) => give(request, { type: 'supervision-ended', legId: request.params.legId }),
  );
}

function targetOf(to: z.infer<typeof transferBody>['to']): TransferTarget {
  if ('agentId' in to) return { kind: 'agent', ...to };
  return 'queue' in to ? { kind: 'queue', ...to } : { kind: 'number', ...to };
}
