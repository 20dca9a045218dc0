/** What the scripts of the Redis book are asked and answer, as the book's own words: lines of text both ways. Pure. */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import type { LeaseId, NumberId, VisitId } from '../ports/ids.ts';
import type { Answer, GrantRecord, Lease, OpenedVisit, Refusal, Want } from './lease-book.ts';

/** A script's answer: its kind, and the lines after it. */
export interface Reply {
  readonly kind: string;
  readonly lines: readonly string[];
}

export function readReply(text: string): Reply {
  const [kind = '', ...lines] = text.split('\n');
  return { kind, lines };
}

/** The lease as `told` in `lua/pool-slots.lua` writes it. */
export function leaseOfLines(lines: readonly string[]): Lease {
  const [numberId, e164, generation, id, visitId, grantedAt, holdUntil, expiresAt, ...visitor] = lines;
  return {
    id: id as LeaseId,
    visitId: visitId as VisitId,
    visitorId: visitor.join('\n') || null,
    numberId: numberId as NumberId,
    e164: e164 as E164,
    generation: Number(generation),
    grantedAt: Number(grantedAt),
    holdUntil: Number(holdUntil),
    expiresAt: Number(expiresAt),
  };
}

/** One grant as the script is asked for it. */
export interface GrantAsk {
  readonly visit: Pick<OpenedVisit, 'id' | 'visitorId'>;
  /** Null: the record has the visit. */
  readonly opened: OpenedVisit | null;
  readonly want: Want;
  readonly leaseId: LeaseId;
  readonly now: number;
}

/** The arguments of `lua/grant-lease-7.lua`; what is none is ''. */
export function grantArguments({ visit, opened, want, leaseId, now }: GrantAsk): readonly string[] {
  const { groups, trait, terms, guard, enterpriseId, poolId } = want;
  const holdUntil = now + terms.holdMs;
  const rest = { id: leaseId, visitId: visit.id, visitorId: visit.visitorId, grantedAt: now, holdUntil };
  return [
    `${now}`,
    visit.id,
    leaseId,
    visit.visitorId ?? '',
    `${holdUntil}`,
    `${now + Math.max(terms.holdMs, terms.leaseMs)}`,
    `${terms.restMs}`,
    `${terms.stickyMs}`,
    trait ?? '',
    groups === null ? '' : groups.join('\n'),
    guard?.address ?? '',
    bound(guard?.newPerMinuteMax),
    bound(guard?.livePerAddressMax),
    guard === undefined || guard.proven || guard.provenAboveShare >= 1 ? '' : `${guard.provenAboveShare}`,
    `${limits.numbersPerSweep}`,
    `${limits.addressKeptMs}`,
    `${limits.visitsPerAddressWithinMs}`,
    opened === null ? '' : JSON.stringify(opened),
    `,${JSON.stringify({ ...rest, enterpriseId, poolId }).slice(1)}`,
  ];
}

/** An address that is not bounded is not counted either. */
function bound(most: number | undefined): string {
  return most === undefined || !Number.isFinite(most) ? '' : `${most}`;
}

/** The answer, and what is now on its way to the record under this id; '' when that is nothing. */
export function readGranted(
  { kind, lines }: Reply,
  { visit, opened, want, leaseId, now }: GrantAsk,
): { readonly answer: Answer; readonly entryId: string; readonly record: GrantRecord } {
  const none = { visit: opened, lease: null };
  if (kind === 'held') return { answer: { kind: 'granted', lease: leaseOfLines(lines) }, entryId: '', record: none };
  const [entryId = '', numberId, e164, generation, expiresAt] = lines;
  if (kind !== 'granted') return { answer: { kind: 'refused', reason: kind as Refusal }, entryId, record: none };
  const lease = {
    id: leaseId,
    visitId: visit.id,
    visitorId: visit.visitorId,
    numberId: numberId as NumberId,
    e164: e164 as E164,
    generation: Number(generation),
    grantedAt: now,
    holdUntil: now + want.terms.holdMs,
    expiresAt: Number(expiresAt),
  };
  const { enterpriseId, poolId } = want;
  return {
    answer: { kind: 'granted', lease },
    entryId,
    record: { visit: opened, lease: { ...lease, enterpriseId, poolId } },
  };
}
