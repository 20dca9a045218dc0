/**
 * What a pool does with its numbers: how long a visitor keeps one, who deserves one, what a used-up pool shows, when a
 * number is taken out because strangers call it and when it may be given back. One document a pool; what is not set
 * has the default written here and in `docs/numbers.md`.
 */
import { z } from 'zod';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const word = z.string().min(1).max(100).toLowerCase();
const words = z.array(word).min(1).max(50);

const arrivals = z
  .strictObject({
    clickIds: z.array(z.enum(['gclid', 'gbraid', 'wbraid', 'msclkid', 'fbclid'])).min(1),
    utmSources: words,
    utmMediums: words,
    referrerHosts: words,
  })
  .partial()
  .refine((some) => Object.keys(some).length > 0, 'names no condition: leave it null to let every arrival in');

const abuse = z.strictObject({
  livePerVisitorMax: z.int().min(1).max(100).default(2).describe('numbers one visitor holds at once'),
  livePerAddressMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe('numbers one IPv4 address or IPv6 /64 holds at once'),
  newPerAddressPerMinuteMax: z.int().min(1).max(10_000).default(10).describe('new leases for one address in a minute'),
  provenAboveShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('above this share of the pool in use only visitors with a human sign are given a number'),
});

const quarantine = z.strictObject({
  strayCallsPerDayMax: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .default(10)
    .describe('a number with more calls from nobody in 24 h is quarantined; null: never by itself'),
  quietDays: z.int().min(1).max(90).default(7).describe('days without a call after which it is active again'),
});

const release = z.strictObject({
  quietDays: z.int().min(0).max(90).default(7).describe('days looked back for calls, and ahead for those expected'),
  callsMax: z.int().min(0).max(100_000).default(0).describe('calls seen in those days that do not stand in the way'),
  expectedCallsMax: z
    .number()
    .min(0)
    .max(100_000)
    .default(0.5)
    .describe('calls still expected of past holders that do not stand in the way'),
});

/** The policy as it is set: everything optional, unknown keys refused by name. */
export const poolPolicySchema = z.strictObject({
  holdMs: z
    .int()
    .min(0)
    .max(dayMs)
    .default(minuteMs / 2)
    .describe('a visitor keeps a number at least this long'),
  leaseMs: z
    .int()
    .min(0)
    .max(dayMs)
    .default(minuteMs / 2)
    .describe('and this long after the last sign of life'),
  restMs: z
    .int()
    .min(0)
    .max(7 * dayMs)
    .default(0)
    .describe('quiet time before the next visitor; numbers rest by their risk of late calls anyway'),
  stickyDays: z.int().min(0).max(90).default(1).describe('a visitor who comes back within is given the same number'),
  exhaustion: z
    .enum(['shared', 'static'])
    .default('shared')
    .describe('a used-up pool shows its shared number, or leaves the page’s own'),
  deserves: z
    .enum(['always', 'human'])
    .default('always')
    .describe('a number at once, or only after a human sign (pointer, touch, key)'),
  arrivals: arrivals
    .nullable()
    .default(null)
    .describe('only visits that arrive in one of these ways are given a number; null: all'),
  preference: z
    .enum(['match', 'any'])
    .default('match')
    .describe('toll-free for toll-free, same area code, nearest otherwise; or whichever number has rested longest'),
  abuse: abuse.prefault({}),
  quarantine: quarantine.prefault({}),
  release: release.prefault({}),
});

export type PoolPolicy = z.infer<typeof poolPolicySchema>;

/**
 * The document after a change: groups are given whole, and a null takes a key back to its default. Not yet checked:
 * `poolPolicySchema` says whether it may stand.
 */
export function changePolicy(
  set: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...set, ...change }).filter(([, value]) => value !== null));
}

/**
 * The policy of a pool as the record has it, with defaults for what is not set. A pool made by a program that knew only
 * the three durations has them in its columns.
 */
export function readPolicy(row: {
  readonly policy: Readonly<Record<string, unknown>>;
  readonly hold_ms: number;
  readonly lease_ms: number;
  readonly rest_ms: number;
}): PoolPolicy {
  return poolPolicySchema.parse({
    holdMs: row.hold_ms,
    leaseMs: row.lease_ms,
    restMs: row.rest_ms,
    ...row.policy,
  });
}

/** The rules for numbers that stand in no pool. */
export const defaultPolicy: PoolPolicy = Object.freeze(poolPolicySchema.parse({}));
