/**
 * The destinations of an enterprise's exports: what each is set up to be sent, and its credentials, sealed under the
 * destination's id. They are opened for the one who sends and shown to nobody.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { DestinationId, EnterpriseId, Ids } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import { askTogether } from '../records/ask-together.ts';
import { listed } from '../records/many-rows.postgres.ts';
import type { Db, Row, Tx } from '../records/schema.ts';
import type { Credentials, Destination, DestinationConfig } from './destination.ts';

export interface NewDestination {
  readonly enterpriseId: EnterpriseId;
  readonly name: string;
  readonly enabled: boolean;
  readonly minProbability: number;
  readonly setUp: DestinationConfig;
  readonly credentials: Credentials;
}

export interface DestinationChange {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly minProbability?: number | undefined;
  /** Of the destination's own kind. */
  readonly setUp?: DestinationConfig | undefined;
  readonly credentials?: Credentials | undefined;
}

export type Created =
  | { readonly kind: 'created'; readonly destination: Destination }
  | { readonly kind: 'refused'; readonly reason: 'too-many' };

export type Destinations = ReturnType<typeof createDestinations>;

const list = askTogether(listAll);

export function createDestinations(world: { clock: Clock; ids: Ids; secrets: Secrets }) {
  return Object.freeze({
    async create(tx: Tx, wanted: NewDestination): Promise<Created> {
      const { enterpriseId, name, enabled, minProbability, setUp, credentials } = wanted;
      if ((await list(tx, enterpriseId)).length >= limits.destinationsPerEnterpriseMax)
        return { kind: 'refused', reason: 'too-many' };
      const id = world.ids.make('dest');
      const at = new Date(world.clock.now());
      const row = await tx
        .insertInto('destination')
        .values({
          id,
          enterprise_id: enterpriseId,
          kind: setUp.kind,
          name,
          enabled,
          min_probability: minProbability,
          config: JSON.stringify(setUp.config),
          credentials_sealed: world.secrets.seal(JSON.stringify(credentials), id),
          created_at: at,
          changed_at: at,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return { kind: 'created', destination: present(row) };
    },

    /** The oldest first. */
    list,

    async read(db: Db, enterpriseId: EnterpriseId, id: DestinationId): Promise<Destination | null> {
      const row = await own(db, enterpriseId, id).executeTakeFirst();
      return row === undefined ? null : present(row);
    },

    /** Changes what is named; null when there is no such destination. */
    async change(
      db: Db,
      enterpriseId: EnterpriseId,
      id: DestinationId,
      change: DestinationChange,
    ): Promise<Destination | null> {
      const { name, enabled, minProbability, setUp, credentials } = change;
      const row = await db
        .updateTable('destination')
        .set({
          changed_at: new Date(world.clock.now()),
          ...(name === undefined ? {} : { name }),
          ...(enabled === undefined ? {} : { enabled }),
          ...(minProbability === undefined ? {} : { min_probability: minProbability }),
          ...(setUp === undefined ? {} : { config: JSON.stringify(setUp.config) }),
          ...(credentials === undefined
            ? {}
            : { credentials_sealed: world.secrets.seal(JSON.stringify(credentials), id) }),
        })
        .where('id', '=', id)
        .where('enterprise_id', '=', enterpriseId)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : present(row);
    },

    /** A destination with its credentials, for the one who sends; the id comes from the outbox, which is scoped. */
    async open(db: Db, id: DestinationId): Promise<{ destination: Destination; credentials: Credentials } | null> {
      const row = await db.selectFrom('destination').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) return null;
      const credentials = JSON.parse(world.secrets.open(row.credentials_sealed, id)) as Credentials;
      return { destination: present(row), credentials };
    },
  });
}

async function listAll(db: Db, enterpriseIds: readonly EnterpriseId[]): Promise<readonly Destination[][]> {
  const { rows } = await sql<Row<'destination'>>`
    select * from destination where enterprise_id = any(${listed(enterpriseIds)}) order by id`.execute(db);
  return enterpriseIds.map((id) => rows.filter((row) => row.enterprise_id === id).map(present));
}

function own(db: Db, enterpriseId: EnterpriseId, id: DestinationId) {
  return db.selectFrom('destination').selectAll().where('id', '=', id).where('enterprise_id', '=', enterpriseId);
}

function present(row: Row<'destination'>): Destination {
  return {
    ...({ kind: row.kind, config: row.config } as unknown as DestinationConfig),
    id: row.id,
    enterpriseId: row.enterprise_id,
    name: row.name,
    enabled: row.enabled,
    minProbability: row.min_probability,
    createdAt: row.created_at.getTime(),
  };
}
