/**
 * What somebody has consented to, or that they no longer do, as the contact centre's servers tell it.
 */
import type { z } from 'zod';
import type { ApiWorld, App } from '../app-type.ts';
import { consentBody, consentView } from '../contract/outbound.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

export function registerConsentRoutes(app: App, world: ApiWorld): void {
  app.post(
    '/v1/consents',
    {
      schema: {
        tags: ['consents'],
        summary: 'Keep what somebody has consented to, or that they no longer do; the latest counts at once',
        headers: idempotencyHeaders,
        body: consentBody,
        response: { 201: consentView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { number, choice, method, wording, source, campaign = null } = request.body;
      const answer = await answerOnce(world, request, enterpriseId, async ({ tx }) => {
        const at = world.clock.now();
        const kept = { enterpriseId, address: number, choice, method, wording, source, campaign, at };
        await world.consents.record(tx, kept);
        const { isOptedOut, isWritten } = await world.consents.standing(tx, enterpriseId, number);
        return { status: 201, body: { number, optedOut: isOptedOut, writtenConsent: isWritten } };
      });
      return reply.code(201).send(answer.body as z.infer<typeof consentView>);
    },
  );
}
