/**
 * The tables of the inventory as Kysely sees them: websites, pools with their policy, numbers and what became of them.
 * A part of `schema.ts`, which says how columns are written.
 */
import type { ColumnType, Generated } from 'kysely';
import type { E164 } from '../ports/e164.ts';
import type { EnterpriseId, LeaseId, NumberId, PoolId, WebsiteId } from '../ports/ids.ts';

type JsonOrNull<Value> = ColumnType<Value | null, string | null | undefined, string | null>;

export interface NumberTables {
  website: { id: WebsiteId; enterprise_id: EnterpriseId; name: string; origins: string[]; pool_id: PoolId };
  pool: {
    id: PoolId;
    enterprise_id: EnterpriseId;
    name: string;
    /** These three are written from `policy` and read only by programs from before it. */
    hold_ms: number;
    rest_ms: number;
    lease_ms: number;
    shared_number_id: NumberId | null;
    /** What was set, without defaults; see `numbers/pool-policy.ts`. */
    policy: ColumnType<Record<string, unknown>, string | undefined, string>;
  };
  number: {
    id: NumberId;
    enterprise_id: EnterpriseId;
    pool_id: PoolId | null;
    e164: E164;
    carrier: string;
    state: 'ordered' | 'active' | 'resting' | 'quarantined' | 'porting' | 'released';
    failover: E164 | null;
    free_at: Date;
    generation: Generated<number>;
    current_lease_id: LeaseId | null;
    /** Null, with the place columns: added by a program that did not know them; filled in at the next start. */
    kind: 'did' | 'tfn' | null;
    capabilities: Generated<string[]>;
    /** ISO 3166-1, such as `US`. */
    country: string | null;
    area_code: string | null;
    /** `tfn`, or calling code and area code, such as `1-503`: what a page may prefer. */
    number_group: string | null;
    /** ISO 3166-2 where it is known, such as `US-OR`. */
    region: string | null;
    place: string | null;
    time_zones: Generated<string[]>;
    /** Decimal text, a month, in `currency`. */
    monthly_cost: string | null;
    currency: string | null;
    /** What the carrier calls it: Twilio's PN sid, Vonage's msisdn. */
    carrier_number_id: string | null;
    /** We bought it, so releasing it gives it back to the carrier. */
    managed: Generated<boolean>;
    /** When it came into its state, or this was first kept; null: added by a program that did not know it. */
    state_since: Date | null;
    /** What the carrier is being asked to do with it. */
    task: 'buy' | 'provision' | 'release' | null;
    /** How the last thing the carrier was asked ended badly; null when it ended well. */
    verdict: JsonOrNull<Record<string, unknown>>;
  };
  number_change: {
    id: Generated<number>;
    enterprise_id: EnterpriseId;
    number_id: NumberId;
    from_state: string | null;
    to_state: string;
    event: string;
    reason: string | null;
    made_by: 'operator' | 'watch' | 'carrier';
    at: Date;
  };
}
