/**
 * Agents' SIP phones: a user name and a password that is shown once. What is kept of the password cannot be turned back into
 * it; who has lost it is given a new one, and the old stops working with it.
 */
import { z } from 'zod';
import { AppError } from '../../ports/errors.ts';
import { makeHa1, makeSipPassword } from '../../routing/sip-password.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { agentIdField } from '../contract/fields.ts';

const phoneView = z.object({
  user: z.string(),
  domain: z.string().describe('registrar and realm'),
  password: z.string().describe('shown this once'),
});

export function registerSipPhoneRoutes(app: App, world: ApiWorld): void {
  const params = z.object({ id: agentIdField });
  const tags = ['agents'];

  app.put(
    '/v1/agents/:id/sip-phone',
    {
      schema: {
        tags,
        summary: 'Give an agent a SIP phone, or a new password for it',
        params,
        response: { 200: phoneView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { sipDomain: domain } = world;
      if (domain === null)
        throw new AppError('carrier-unavailable', {
          detail: 'SIP is off: set DRACHTIO_HOST, DRACHTIO_SECRET and SIP_DOMAIN',
        });
      const user: string = request.params.id;
      const password = makeSipPassword(world.randomBytes);
      const account = {
        enterpriseId,
        agentId: request.params.id,
        user,
        realm: domain,
        ha1: makeHa1(user, domain, password),
      };
      if (!(await world.sipPhones.setAccount(account))) throw new AppError('not-found', { detail: 'no such agent' });
      return { user, domain, password };
    },
  );

  app.delete(
    '/v1/agents/:id/sip-phone',
    { schema: { tags, summary: 'Take an agent’s SIP phone away', params, response: { 204: z.null() } } },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      if (!(await world.sipPhones.removeAccount(enterpriseId, request.params.id)))
        throw new AppError('not-found', { detail: 'this agent has no SIP phone' });
      return reply.code(204).send(null);
    },
  );
}
