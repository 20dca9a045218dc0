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
export function grantArguments({ visit, opened, want, leaseId }: GrantAsk): readonly string[] {
  const { groups, trait, terms, guard } = want;
  const { holdMs, leaseMs, restMs, stickyMs } = terms;
  return [
    visit.id,
    leaseId,
    visit.visitorId ?? '',
    trait ?? '',
    groups === null ? '' : groups.join('\n'),
    guard?.address ?? '',
    `${holdMs} ${leaseMs} ${restMs} ${stickyMs} ${bounds(guard)}`,
    opened === null ? '' : JSON.stringify(opened),
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

/** What was decided about one grant. */
export interface Granted {
  /** Null: nothing yet. */
  readonly answer: Answer | null;
  /** What is now on its way to the record; null: nothing. */
  readonly record: GrantRecord | null;
}

export function readGranted({ kind, lines }: Reply, { opened, want }: GrantAsk): Granted {
  if (kind === 'again' || kind === 'unloaded') return { answer: null, record: null };
  if (kind !== 'held' && kind !== 'granted') {
    return { answer: { kind: 'refused', reason: kind as Refusal }, record: opened && { visit: opened, lease: null } };
  }
  const lease = leaseOfLines(lines);
  const { enterpriseId, poolId } = want;
  const record = kind === 'held' ? null : { visit: opened, lease: { ...lease, enterpriseId, poolId } };
  return { answer: { kind: 'granted', lease }, record };
}
