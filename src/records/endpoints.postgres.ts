/**
 * Where a contact centre wants its events: one row an endpoint, with its sealed signing secret and its health. The
 * secret is handed out once, when it is made. An endpoint that has only failed for days is switched off, and the
 * contact centre's other endpoints are told so by an `endpoint.disabled` event.
 */
import { sql } from 'kysely';
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EndpointId, EnterpriseId, Ids, RandomBytes } from '../ports/ids.ts';
import type { Secrets } from '../ports/secrets.ts';
import { askTogether } from './ask-together.ts';
import { listed } from './many-rows.postgres.ts';
import type { Outbox } from './outbox.postgres.ts';
import type { Db, Row } from './schema.ts';
import { newEndpointSecret } from './sign-event.ts';
import type { Work } from './transact.ts';

/** An endpoint as its owner sees it; never with a secret. Instants are Unix ms. */
export interface Endpoint {
  readonly id: EndpointId;
  readonly url: string;
  readonly enabled: boolean;
  /** Null while enabled. */
  readonly disabledReason: string | null;
  /** Since when every try has failed; null when the last one succeeded. */
  readonly failingSince: number | null;
  /** Until when the secret before the last rotation still signs; null when there was none. */
  readonly previousSecretUntil: number | null;
  readonly createdAt: number;
}

/** What a delivery needs of an endpoint. */
export interface DeliveryTarget {
  readonly url: string;
  readonly enabled: boolean;
  /** Opened, the newest first; two while a rotation is under way. */
  readonly secrets: readonly string[];
}

/** Which endpoint, and whose: nobody reads or changes another enterprise's. */
export interface EndpointKey {
  readonly enterpriseId: EnterpriseId;
  readonly endpointId: EndpointId;
}

interface World {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: Secrets;
  readonly randomBytes: RandomBytes;
  readonly outbox: Pick<Outbox, 'appendEvent'>;
}

export type Endpoints = ReturnType<typeof createEndpoints>;

export function createEndpoints(world: World) {
  return Object.freeze({
    /** Registers a URL that `checkEndpointUrl` has passed. `secret` is shown now and never again. */
    create: (db: Db, wanted: { enterpriseId: EnterpriseId; url: string }) => create(world, db, wanted),

    /** All endpoints of an enterprise, the oldest first. */
    async list(db: Db, enterpriseId: EnterpriseId): Promise<Endpoint[]> {
      const rows = await db
        .selectFrom('endpoint')
        .selectAll()
        .where('enterprise_id', '=', enterpriseId)
        .orderBy('id')
        .execute();
      return rows.map(present);
    },

    async read(db: Db, key: EndpointKey): Promise<Endpoint | null> {
      const row = await ownEndpoint(db, key).executeTakeFirst();
      return row === undefined ? null : present(row);
    },

    /** Switches an endpoint on, with a clean slate, or off; off already, it keeps its reason. Null: no such endpoint. */
    setEnabled: (db: Db, key: EndpointKey, enabled: boolean) => setEnabled(db, key, enabled),

    /**
     * Makes a new secret and returns it, once. The one before signs beside it for 24 h; a still older one ends now.
     * Null: no such endpoint.
     */
    rotateSecret: (db: Db, key: EndpointKey) => rotateSecret(world, db, key),

    /** What a delivery needs; null when the endpoint is gone. The id comes from the outbox, which is scoped. */
    async readTarget(db: Db, id: EndpointId): Promise<DeliveryTarget | null> {
      const row = await readRow(db, id);
      return row === null ? null : targetOf(world, row);
    },

    /** A delivery arrived: the endpoint is not failing. */
    noteSuccess: (db: Db, id: EndpointId): Promise<void> => noteSuccess(db, id),

    /** A try failed. After 120 h of nothing else (limits) the endpoint is disabled. */
    noteFailure: (work: Work, id: EndpointId) => noteFailure(world, work, id),

    /** Switches an endpoint off for `reason` and says so to the others, once. */
    disable: (work: Work, id: EndpointId, reason: string) => disable(world, work, id, reason),
  });
}

async function create(
  world: World,
  db: Db,
  wanted: { enterpriseId: EnterpriseId; url: string },
): Promise<{ endpoint: Endpoint; secret: string }> {
  const id = world.ids.make('ep');
  const secret = newEndpointSecret(world.randomBytes);
  const row = await db
    .insertInto('endpoint')
    .values({
      id,
      enterprise_id: wanted.enterpriseId,
      url: wanted.url,
      secret_sealed: world.secrets.seal(secret, id),
      enabled: true,
      created_at: new Date(world.clock.now()),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { endpoint: present(row), secret };
}

async function setEnabled(db: Db, key: EndpointKey, enabled: boolean): Promise<Endpoint | null> {
  const change = enabled
    ? { enabled, failing_since: null, disabled_reason: null }
    : { enabled, disabled_reason: sql<string>`coalesce(disabled_reason, 'switched off')` };
  const row = await db
    .updateTable('endpoint')
    .set(change)
    .where('id', '=', key.endpointId)
    .where('enterprise_id', '=', key.enterpriseId)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : present(row);
}

async function rotateSecret(
  world: World,
  db: Db,
  key: EndpointKey,
): Promise<{ endpoint: Endpoint; secret: string } | null> {
  const secret = newEndpointSecret(world.randomBytes);
  const row = await db
    .updateTable('endpoint')
    .set((old) => ({
      secret_previous_sealed: old.ref('secret_sealed'),
      secret_previous_until: new Date(world.clock.now() + limits.endpointSecretKeptMs),
      secret_sealed: world.secrets.seal(secret, key.endpointId),
    }))
    .where('id', '=', key.endpointId)
    .where('enterprise_id', '=', key.enterpriseId)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : { endpoint: present(row), secret };
}

/** Secrets are opened by each who asks: one that cannot be holds up its own endpoint and no other. */
const readRow = askTogether(readRows);

async function readRows(db: Db, ids: readonly EndpointId[]): Promise<readonly (Row<'endpoint'> | null)[]> {
  const { rows } = await sql<Row<'endpoint'>>`select * from endpoint where id = any(${listed(ids)})`.execute(db);
  const endpoints = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => endpoints.get(id) ?? null);
}

function targetOf(world: World, row: Row<'endpoint'>): DeliveryTarget {
  const sealed = [row.secret_sealed];
  const isPreviousLive = (row.secret_previous_until?.getTime() ?? 0) > world.clock.now();
  if (row.secret_previous_sealed !== null && isPreviousLive) sealed.push(row.secret_previous_sealed);
  return { url: row.url, enabled: row.enabled, secrets: sealed.map((text) => world.secrets.open(text, row.id)) };
}

const noteSuccess = askTogether(noteSuccesses);

async function noteSuccesses(db: Db, ids: readonly EndpointId[]): Promise<readonly undefined[]> {
  await sql`
    update endpoint set failing_since = null where id = any(${listed(ids)}) and failing_since is not null`.execute(db);
  return ids.map(() => undefined);
}

async function noteFailure(world: World, work: Work, id: EndpointId): Promise<void> {
  const now = world.clock.now();
  const row = await work.tx
    .updateTable('endpoint')
    .set({ failing_since: sql`coalesce(failing_since, ${new Date(now)}::timestamptz)` })
    .where('id', '=', id)
    .where('enabled', '=', true)
    .returning('failing_since')
    .executeTakeFirst();
  const since = row?.failing_since?.getTime() ?? now;
  if (now - since >= limits.deliveryDisableAfterMs) await disable(world, work, id, 'nothing but failures');
}

async function disable(world: World, work: Work, id: EndpointId, reason: string): Promise<void> {
  const row = await work.tx
    .updateTable('endpoint')
    .set({ enabled: false, disabled_reason: reason })
    .where('id', '=', id)
    .where('enabled', '=', true)
    .returning('enterprise_id')
    .executeTakeFirst();
  if (row === undefined) return;
  await world.outbox.appendEvent(work, {
    enterpriseId: row.enterprise_id,
    subject: id,
    type: 'endpoint.disabled',
    data: { endpoint: id, reason },
  });
}

function ownEndpoint(db: Db, key: EndpointKey) {
  return db
    .selectFrom('endpoint')
    .selectAll()
    .where('id', '=', key.endpointId)
    .where('enterprise_id', '=', key.enterpriseId);
}

function present(row: Row<'endpoint'>): Endpoint {
  return {
    id: row.id,
    url: row.url,
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    failingSince: row.failing_since?.getTime() ?? null,
    previousSecretUntil: row.secret_previous_until?.getTime() ?? null,
    createdAt: row.created_at.getTime(),
  };
}
