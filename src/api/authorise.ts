/**
 * Who is asking. A publishable key works only from an exact origin of the enterprise's own websites and only for
 * visits; a secret key is refused from a browser, because a page that holds one has lost it.
 */
import type { FastifyRequest } from 'fastify';
import { limits } from '../../config/limits.ts';
import type { ApiKeys, KeyKind } from '../identity/api-keys.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import { AppError } from '../ports/errors.ts';
import type { EnterpriseId, VisitId } from '../ports/ids.ts';
import { createShortMemory } from '../ports/short-memory.ts';
import type { Db } from '../records/schema.ts';
import type { Visits, Website } from '../visits/visits.postgres.ts';

export interface Authorise {
  /** The enterprise behind a secret key. */
  secret(request: FastifyRequest): Promise<EnterpriseId>;
  /** The website behind a publishable key and the request's Origin; no promise when it is remembered. */
  publishable(request: FastifyRequest): Website | Promise<Website>;
  /**
   * The same for a visit's beats. A page whose Referrer-Policy is `no-referrer` or `same-origin` sends beacons with
   * `Origin: null`; there the visit's id, which nobody else knows, stands in for the origin.
   */
  publishableFor(request: FastifyRequest, visitId: VisitId): Website | Promise<Website>;
}

/** What a publishable key may do from an origin; asked with every page view, so it is remembered for seconds. */
type Permission = { readonly website: Website } | { readonly refusal: AppError };

interface World {
  readonly db: Db;
  readonly apiKeys: ApiKeys;
  readonly visits: Visits;
  readonly clock: Clock;
  readonly settleVisits: () => Promise<void>;
}

export function createAuthorise(world: World): Authorise {
  const permissions = createShortMemory<Permission>({
    clock: world.clock,
    entriesMax: limits.rememberedKeysMax,
    keepMs: (permission) => ('website' in permission ? limits.rememberedMs : limits.rememberedRefusalMs),
  });
  const ownerOf = async (text: string, kind: KeyKind): Promise<EnterpriseId> => {
    const key = await world.apiKeys.find(world.db, text);
    if (key === null) throw new AppError('key-invalid');
    if (key.kind !== kind) throw new AppError('key-kind', { detail: `this route takes a ${kind} key` });
    return key.enterpriseId;
  };
  return Object.freeze({
    async secret(request: FastifyRequest): Promise<EnterpriseId> {
      if (request.headers.origin !== undefined) {
        throw new AppError('key-kind', { detail: 'a secret key must not be used from a browser' });
      }
      return ownerOf(keyOf(request), 'secret');
    },

    publishable: (request: FastifyRequest) => permitted(request, null),
    publishableFor: (request: FastifyRequest, visitId: VisitId) =>
      permitted(request, request.headers.origin === 'null' ? visitId : null),
  });

  function permitted(request: FastifyRequest, visitId: VisitId | null): Website | Promise<Website> {
    const text = keyOf(request);
    const { origin = '' } = request.headers;
    const permission = permissions.recall(`${text} ${visitId ?? origin}`, () => permissionOf(text, origin, visitId));
    return permission instanceof Promise ? permission.then(websiteOf) : websiteOf(permission);
  }

  async function permissionOf(text: string, origin: string, visitId: VisitId | null): Promise<Permission> {
    try {
      const enterpriseId = await ownerOf(text, 'publishable');
      const { db, visits } = world;
      if (visitId !== null) await world.settleVisits();
      const website =
        visitId === null
          ? await visits.websiteOfOrigin(db, enterpriseId, origin)
          : await visits.websiteOfVisit(db, enterpriseId, visitId);
      if (website !== null) return { website };
      const detail = 'send the Origin of one of the website’s registered origins';
      return { refusal: new AppError('origin-refused', { detail }) };
    } catch (fault) {
      if (fault instanceof AppError) return { refusal: fault };
      throw fault;
    }
  }
}

function websiteOf(permission: Permission): Website {
  if ('refusal' in permission) throw permission.refusal;
  return permission.website;
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
