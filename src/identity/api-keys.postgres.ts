/**
 * API keys: 256 random bits, kept only as SHA-256, shown once when made. A publishable key may open visits from the
 * website's own origins; a secret key does everything else and belongs on a server.
 */
import type { Clock } from '../ports/clock.ts';
import type { EnterpriseId, Ids, RandomBytes } from '../ports/ids.ts';
import { sha256Hex } from '../ports/secrets.ts';
import type { Db } from '../records/schema.ts';

export type KeyKind = 'publishable' | 'secret';

const prefixes: Readonly<Record<KeyKind, string>> = { publishable: 'pk_', secret: 'sk_' };

export type ApiKeys = ReturnType<typeof createApiKeys>;

export function createApiKeys(world: { clock: Clock; ids: Ids; randomBytes: RandomBytes }) {
  return Object.freeze({
    /** Makes a key and answers with its text: the only time it can be read. */
    async make(db: Db, enterpriseId: EnterpriseId, kind: KeyKind): Promise<string> {
      const text = `${prefixes[kind]}${Buffer.from(world.randomBytes(32)).toString('base64url')}`;
      await db
        .insertInto('api_key')
        .values({
          id: world.ids.make('key'),
          enterprise_id: enterpriseId,
          kind,
          digest: sha256Hex(text),
          created_at: new Date(world.clock.now()),
          revoked_at: null,
        })
        .execute();
      return text;
    },

    /** Whose live key this is; null for an unknown or revoked one. */
    async find(db: Db, text: string): Promise<{ enterpriseId: EnterpriseId; kind: KeyKind } | null> {
      const row = await db
        .selectFrom('api_key')
        .select(['enterprise_id', 'kind'])
        .where('digest', '=', sha256Hex(text))
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      return row === undefined ? null : { enterpriseId: row.enterprise_id, kind: row.kind };
    },
  });
}
