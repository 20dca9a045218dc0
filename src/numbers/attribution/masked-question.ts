/**
 * The question by which an agent may find out who of several visitors calls, without telling any of them about another.
 * A choice says roughly when somebody was here, how much they looked at and, where enough visitors share it, about what:
 * no name, number, address of a page, campaign or region. Visits that look alike through the mask are one choice.
 */
import type { VisitId } from '../../ports/ids.ts';
import type { Weighed } from './decide-credit.ts';

/** What the record holds of a visit that a mask is made of. */
export interface Glimpse {
  readonly visitId: VisitId;
  /** The visitor where known, else the visit: what is shared must be shared by different people. */
  readonly visitor: string;
  /** What the site calls the page, or the address the visit began at. */
  readonly page: string | null;
  readonly pages: number;
  /** Unix ms. */
  readonly lastSeenAt: number;
}

export interface MaskedChoice {
  /** Opaque: tells nothing of the visits, and is the same whenever the same question is asked. */
  readonly id: string;
  readonly says: string;
}

export interface Choice extends MaskedChoice {
  readonly visits: readonly VisitId[];
}

interface Masking {
  /** Unix ms of the contact. */
  readonly at: number;
  readonly choicesMax: number;
  /** Visitors who must share a page before it is named. */
  readonly pageVisitorsMin: number;
  /** Keyed digest, hex. */
  readonly seal: (text: string) => string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A page that beat this recently is still open. */
const openMs = 2 * minuteMs;

/** How long ago, roughly: upper edge and words. */
const whens = [
  [openMs, 'is on the website right now'],
  [hourMs, 'was on the website within the last hour'],
  [6 * hourMs, 'was on the website a few hours ago'],
  [dayMs, 'was on the website earlier within a day'],
  [3 * dayMs, 'was on the website one to three days ago'],
  [Number.POSITIVE_INFINITY, 'was on the website more than three days ago'],
] as const;

/** The most probable choices, in an order that says nothing of how probable they are. */
export function maskChoices(belief: Weighed, glimpses: readonly Glimpse[], masking: Masking): Choice[] {
  const byVisit = new Map(glimpses.map((glimpse) => [glimpse.visitId, glimpse]));
  const shared = sharedPages(glimpses, masking.pageVisitorsMin);
  const groups = new Map<string, VisitId[]>();
  for (const { visitId } of belief.candidates) {
    const glimpse = byVisit.get(visitId);
    if (glimpse === undefined) continue;
    const says = sayLook(glimpse, masking.at, shared);
    groups.set(says, [...(groups.get(says) ?? []), visitId]);
  }
  // Candidates come most probable first, and so do the groups they open.
  return [...groups]
    .slice(0, masking.choicesMax)
    .map(([says, visits]) => ({ id: masking.seal(`${says} ${visits.join(' ')}`).slice(0, 24), says, visits }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

function sayLook(glimpse: Glimpse, at: number, shared: ReadonlySet<string>): string {
  const ago = Math.max(0, at - glimpse.lastSeenAt);
  const when = whens.find(([until]) => ago <= until)?.[1] ?? whens[0][1];
  const extent = glimpse.pages <= 1 ? 'one page' : glimpse.pages <= 4 ? 'a few pages' : 'many pages';
  const topic = topicOf(glimpse.page);
  const about = topic !== null && shared.has(topic) ? `, among them one about ${topic}` : '';
  return `${when} and looked at ${extent}${glimpse.pages <= 1 ? about.replace(', among them one', '') : about}`;
}

function sharedPages(glimpses: readonly Glimpse[], visitorsMin: number): ReadonlySet<string> {
  const visitors = new Map<string, Set<string>>();
  for (const { page, visitor } of glimpses) {
    const topic = topicOf(page);
    if (topic === null) continue;
    visitors.set(topic, (visitors.get(topic) ?? new Set()).add(visitor));
  }
  return new Set([...visitors].filter(([, who]) => who.size >= visitorsMin).map(([topic]) => topic));
}

/** `gas boilers` for `https://shop.example/gas-boilers/x200?id=7`; null for what is not plain words. */
function topicOf(page: string | null): string | null {
  const path = /^https?:\/\/[^/]*(\/[^?#]*)?/.exec(page ?? '')?.[1] ?? (page?.includes('://') ? '' : page);
  const [first = ''] = (path ?? '').split('/').filter((part) => part !== '');
  const words = first
    .replace(/[-_+]|%20/g, ' ')
    .trim()
    .toLowerCase();
  return /^\p{L}[\p{L} ]{1,38}$/u.test(words) ? words : null;
}
