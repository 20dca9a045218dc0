/** What the scripts of the Redis book are asked and answer, as the book's own words: lines of text both ways. Pure. */
import type { E164 } from '../ports/e164.ts';
import type { LeaseId, NumberId, VisitId } from '../ports/ids.ts';
import type { Answer, GrantGuard, GrantRecord, Lease, LeaseBeat, OpenedVisit, Refusal, Want } from './lease-book.ts';

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
}

/** One beat as the script is asked for it. */
export interface BeatAsk extends Pick<LeaseBeat, 'visitId' | 'terms' | 'engagedSeconds' | 'pages'> {
  /** Milliseconds by which the number will stand back in the queue after this visit. */
  readonly back: number;
}

/** What `lua/beat-leases-4.lua` is given of one beat. */
export function beatArguments({ visitId, terms, back, engagedSeconds, pages }: BeatAsk): readonly (string | number)[] {
  return [visitId, terms.leaseMs, terms.restMs, back, engagedSeconds, pages];
}

/** What `lua/grant-leases-n.lua` is given of one grant; what is none is ''. */
export function grantArguments({ visit, opened, want, leaseId }: GrantAsk, now: number): readonly string[] {
  const { groups, trait, terms, guard, enterpriseId, poolId } = want;
  const { holdMs, leaseMs, restMs, stickyMs } = terms;
  const holdUntil = now + holdMs;
  const rest = { id: leaseId, visitId: visit.id, visitorId: visit.visitorId, grantedAt: now, holdUntil };
  return [
    visit.id,
    leaseId,
    visit.visitorId ?? '',
    trait ?? '',
    groups === null ? '' : groups.join('\n'),
    guard?.address ?? '',
    `${holdMs} ${leaseMs} ${restMs} ${stickyMs} ${bounds(guard)}`,
    opened === null ? '' : JSON.stringify(opened),
    `,${JSON.stringify({ ...rest, enterpriseId, poolId }).slice(1)}`,
  ];
}

/** What bounds nothing is '-'. */
function bounds(guard: GrantGuard | undefined): string {
  if (guard === undefined) return '- - -';
  const { newPerMinuteMax, livePerAddressMax, proven, provenAboveShare } = guard;
  const share = proven || provenAboveShare >= 1 ? '-' : provenAboveShare;
  return `${bound(newPerMinuteMax)} ${bound(livePerAddressMax)} ${share}`;
}

function bound(most: number | undefined): string {
  return most === undefined || !Number.isFinite(most) ? '-' : `${most}`;
}

/** The answer, and what is now on its way to the record under this id; '' when that is nothing. */
export function readGranted(
  { kind, lines }: Reply,
  { visit, opened, want, leaseId }: GrantAsk,
  now: number,
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
