/**
 * The contact centre's decision hook in the record: one an enterprise, with its sealed signing secret and the latest
 * times it failed. The secret is handed out once, when the hook is made or its secret is changed; the one before signs
 * beside it for a day, as with endpoints.
 */
import { sql } from 'kysely';
import { limits } from '../../../config/limits.ts';
import type { OwnNumber } from '../../numbers/numbers.postgres.ts';
import type { Clock } from '../../ports/clock.ts';
import type { E164 } from '../../ports/e164.ts';
import type { EnterpriseId, NumberId, PoolId, RandomBytes } from '../../ports/ids.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { askTogether } from '../../records/ask-together.ts';
import { byPlace, placed } from '../../records/many-rows.postgres.ts';
import type { Db, Row, Tx } from '../../records/schema.ts';
import type { HookFailure } from '../../records/schema-route-plans.ts';
import { newEndpointSecret } from '../../records/sign-event.ts';

export interface HookWish {
  readonly url: string;
  readonly enabled: boolean;
  readonly timeoutMs: number;
}

/** A hook as its owner sees it; never with a secret. Instants are Unix ms. */
export interface DecisionHook extends HookWish {
  readonly failures: readonly HookFailure[];
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What asking needs: where, how long, and the opened secrets, the newest first. */
export interface HookTarget {
  readonly url: string;
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
}

interface World {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly randomBytes: RandomBytes;
}

export type DecisionHooks = ReturnType<typeof createDecisionHooks>;

export function createDecisionHooks(world: World) {
  const now = () => new Date(world.clock.now());
  const sealed = (secret: string, enterpriseId: EnterpriseId) => world.secrets.seal(secret, contextOf(enterpriseId));

  return Object.freeze({
    async read(db: Db, enterpriseId: EnterpriseId): Promise<DecisionHook | null> {
      const row = await rowOf(db, enterpriseId);
      return row === undefined ? null : present(row);
    },

    /** Makes the hook, or changes it; `secret` only when it was made just now. */
    async write(tx: Tx, enterpriseId: EnterpriseId, { url, enabled, timeoutMs }: HookWish): Promise<string | null> {
      const secret = newEndpointSecret(world.randomBytes);
      const at = now();
      const made = await tx
        .insertInto('decision_hook')
        .values({
          enterprise_id: enterpriseId,
          url,
          enabled,
          timeout_ms: timeoutMs,
          secret_sealed: sealed(secret, enterpriseId),
          created_at: at,
          changed_at: at,
        })
        .onConflict((clash) => clash.column('enterprise_id').doNothing())
        .returning('enterprise_id')
        .executeTakeFirst();
      if (made !== undefined) return secret;
      await tx
        .updateTable('decision_hook')
        .set({ url, enabled, timeout_ms: timeoutMs, changed_at: at })
        .where('enterprise_id', '=', enterpriseId)
        .execute();
      return null;
    },

    /** A new secret, returned once; the one before signs beside it for 24 h. Null: there is no hook. */
    async rotateSecret(db: Db, enterpriseId: EnterpriseId): Promise<string | null> {
      const secret = newEndpointSecret(world.randomBytes);
      const row = await db
        .updateTable('decision_hook')
        .set((old) => ({
          secret_previous_sealed: old.ref('secret_sealed'),
          secret_previous_until: new Date(world.clock.now() + limits.endpointSecretKeptMs),
          secret_sealed: sealed(secret, enterpriseId),
        }))
        .where('enterprise_id', '=', enterpriseId)
        .returning('enterprise_id')
        .executeTakeFirst();
      return row === undefined ? null : secret;
    },

    /** The number somebody dialled when its enterprise wants to be asked; null otherwise, as for nearly every call. */
    findAsked: askTogether<DialledNumber, { number: OwnNumber; target: HookTarget } | null>(async (db, asks) =>
      byPlace(await askedRows(db, asks), asks.length, null, (row) => {
        const { number_id: id, enterprise_id: enterpriseId, e164, carrier, failover, pool_id: poolId } = row;
        return { number: { id, enterpriseId, e164, carrier, failover, poolId }, target: targetOf(world, row) };
      }),
    ),

    /** Keeps the failure with the latest others. */
    async noteFailure(db: Db, enterpriseId: EnterpriseId, failure: HookFailure): Promise<void> {
      const last = `$[0 to ${limits.hookFailuresKept - 1}]`;
      await db
        .updateTable('decision_hook')
        .set({
          failures: sql<string>`jsonb_path_query_array(${JSON.stringify([failure])}::jsonb || failures, ${last}::jsonpath)`,
        })
        .where('enterprise_id', '=', enterpriseId)
        .execute();
    },
  });
}

interface DialledNumber {
  readonly e164: E164;
  readonly carrier: string;
}

interface AskedRow extends Row<'decision_hook'> {
  readonly place: number;
  readonly number_id: NumberId;
  readonly e164: E164;
  readonly carrier: string;
  readonly failover: E164 | null;
  readonly pool_id: PoolId | null;
}

async function askedRows(db: Db, asks: readonly DialledNumber[]): Promise<readonly AskedRow[]> {
  const { rows } = await sql<AskedRow>`
    select asked.place, own.id as number_id, own.e164, own.carrier, own.failover, own.pool_id, decision_hook.*
    from jsonb_to_recordset(${placed(asks)}::jsonb) as asked (place int, e164 text, carrier text)
      cross join lateral (
        select id, enterprise_id, e164, carrier, failover, pool_id from number
        where e164 = asked.e164 and carrier = asked.carrier and state <> 'released' limit 1
      ) as own
      join decision_hook on decision_hook.enterprise_id = own.enterprise_id and decision_hook.enabled`.execute(db);
  return rows;
}

function rowOf(db: Db, enterpriseId: EnterpriseId) {
  return db.selectFrom('decision_hook').selectAll().where('enterprise_id', '=', enterpriseId).executeTakeFirst();
}

function targetOf(world: World, row: Row<'decision_hook'>): HookTarget {
  const isPreviousLive = (row.secret_previous_until?.getTime() ?? 0) > world.clock.now();
  const previous = isPreviousLive ? row.secret_previous_sealed : null;
  const sealed = [row.secret_sealed, ...(previous === null ? [] : [previous])];
  const secrets = sealed.map((text) => world.secrets.open(text, contextOf(row.enterprise_id)));
  return { url: row.url, timeoutMs: row.timeout_ms, secrets };
}

function present({ url, enabled, timeout_ms: timeoutMs, failures, ...row }: Row<'decision_hook'>): DecisionHook {
  const [createdAt, changedAt] = [row.created_at.getTime(), row.changed_at.getTime()];
  return { url, enabled, timeoutMs, failures, createdAt, changedAt };
}

function contextOf(enterpriseId: EnterpriseId): string {
  return `decision-hook ${enterpriseId}`;
}
