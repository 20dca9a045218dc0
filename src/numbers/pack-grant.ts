/**
 * A grant as it is sent to the record: a flat row of JSON. The names stand in every row, so they are short: v visit id,
 * e enterprise, w website, u visitor, f arrival facts, s started, n shared number shown; l lease id, p pool, d number,
 * h the visit that holds it when that is not v, g generation, a granted, k kept until, x expires. Instants in Unix ms.
 */
import type { GrantRecord } from './lease-book.ts';

/** What belongs to a missing visit or lease is left out. */
export interface PackedGrant {
  readonly v?: string | undefined;
  readonly e?: string | undefined;
  readonly w?: string | undefined;
  readonly u?: string | null | undefined;
  readonly f?: Readonly<Record<string, string>> | undefined;
  readonly s?: number | undefined;
  readonly n?: string | null | undefined;
  readonly l?: string | undefined;
  readonly p?: string | undefined;
  readonly d?: string | undefined;
  readonly h?: string | undefined;
  readonly g?: number | undefined;
  readonly a?: number | undefined;
  readonly k?: number | undefined;
  readonly x?: number | undefined;
}

export function packGrant({ visit, lease }: GrantRecord): PackedGrant {
  return {
    v: visit?.id,
    e: visit?.enterpriseId ?? lease?.enterpriseId,
    w: visit?.websiteId,
    u: visit?.visitorId,
    f: visit?.arrival,
    s: visit?.startedAt,
    n: lease === null ? visit?.sharedNumberId : undefined,
    l: lease?.id,
    p: lease?.poolId,
    d: lease?.numberId,
    h: lease?.visitId === visit?.id ? undefined : lease?.visitId,
    g: lease?.generation,
    a: lease?.grantedAt,
    k: lease?.holdUntil,
    x: lease?.expiresAt,
  };
}

/** The row as SQL reads it: `json_to_recordset(…) as given(columns)`. */
export const packedColumns = `v text, e text, w text, u text, f jsonb, s float8, n text,
      l text, p text, d text, h text, g integer, a float8, k float8, x float8`;
