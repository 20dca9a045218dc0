/**
 * Who is asking. A publishable key works only from an exact origin of the enterprise's own websites and only for
 * visits; a secret key is refused from a browser, because a page that holds one has lost it.
 */
import type { FastifyRequest } from 'fastify';
import type { ApiKeys, KeyKind } from '../identity/api-keys.postgres.ts';
import { AppError } from '../ports/errors.ts';
import type { EnterpriseId, VisitId } from '../ports/ids.ts';
import type { Db } from '../records/schema.ts';
import type { Visits, Website } from '../visits/visits.postgres.ts';

export interface Authorise {
  /** The enterprise behind a secret key. */
  secret(request: FastifyRequest): Promise<EnterpriseId>;
  /** The website behind a publishable key and the request's Origin. */
  publishable(request: FastifyRequest): Promise<Website>;
  /**
   * The same for a visit's beats. A page whose Referrer-Policy is `no-referrer` or `same-origin` sends beacons with
   * `Origin: null`; there the visit's id, which nobody else knows, stands in for the origin.
   */
  publishableFor(request: FastifyRequest, visitId: VisitId): Promise<Website>;
}

export function createAuthorise(world: { db: Db; apiKeys: ApiKeys; visits: Visits }): Authorise {
  const ownerOf = async (request: FastifyRequest, kind: KeyKind): Promise<EnterpriseId> => {
    const text = keyOf(request);
    const key = await world.apiKeys.find(world.db, text);
    if (key === null) throw new AppError('key-invalid');
    if (key.kind !== kind) throw new AppError('key-kind', { detail: `this route takes a ${kind} key` });
    return key.enterpriseId;
  };
  const publishable = async (request: FastifyRequest, visitId: VisitId | null): Promise<Website> => {
    const enterpriseId = await ownerOf(request, 'publishable');
    const { origin } = request.headers;
    const { db, visits } = world;
    const website =
      origin === 'null' && visitId !== null
        ? await visits.websiteOfVisit(db, enterpriseId, visitId)
        : await visits.websiteOfOrigin(db, enterpriseId, origin ?? '');
    if (website === null) {
      throw new AppError('origin-refused', { detail: 'send the Origin of one of the website’s registered origins' });
    }
    return website;
  };
  return Object.freeze({
    async secret(request: FastifyRequest): Promise<EnterpriseId> {
      if (request.headers.origin !== undefined) {
        throw new AppError('key-kind', { detail: 'a secret key must not be used from a browser' });
      }
      return ownerOf(request, 'secret');
    },

    publishable: (request: FastifyRequest) => publishable(request, null),
    publishableFor: publishable,
  });
}

/** From the Authorization header, or for sendBeacon, which cannot set one, from `?key=`. */
function keyOf(request: FastifyRequest): string {
  const header = /^Bearer ([\w-]{10,100})$/.exec(request.headers.authorization ?? '')?.[1];
  const query = request.query as Record<string, unknown>;
  const fromQuery = typeof query.key === 'string' && query.key.startsWith('pk_') ? query.key : undefined;
  const text = header ?? fromQuery;
  if (text === undefined) throw new AppError('key-missing', { detail: 'send Authorization: Bearer <key>' });
  return text;
}
