/**
 * What is kept of a contact to learn from it later: how many holders of the number stood in each bin of engagement and
 * delay, at home in the caller's region or not. A few hundred small numbers in place of a few thousand holders, without
 * anybody's name, so that the habits can be fitted again and again (`fit-habits.ts`) when more is known.
 */
import { cellOf, cells, delayBin, delayBins } from './bins.ts';
import { type Contact, contactedOf, type Holder, isTapped, visitorFactors } from './weigh-contact.ts';

/** Whether caller and visit are at home in one region; 0 when that is not known of one of them. */
export const places = 3;
const [unknown, same, other] = [0, 1, 2] as const;

export interface Trace {
  /** Holders whose visit was over, in pairs: place in the table of cell, delay bin and region; how many stood there. */
  readonly after: readonly number[];
  /** Holders whose visit was open. */
  readonly live: readonly (readonly [cell: number, region: number, tapped: boolean, holders: number])[];
  readonly region: string | null;
  /** Delay bin since the same number called before; null when it had not. */
  readonly repeat: number | null;
  /** The caller's number is not withheld. */
  readonly shown: boolean;
  /** Somebody has confirmed whose it was: where that holder stood. Null: nobody has. */
  readonly confirmed: Confirmed | null;
}

/** What a confirmed contact was: of a holder whose visit was over or open, of a stranger, or a repeated one. */
export type Confirmed =
  | { readonly kind: 'after'; readonly place: number }
  | { readonly kind: 'live'; readonly cell: number; readonly region: number; readonly tapped: boolean }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'repeat' };

/** Below this a bin holds nobody: it would be rounded away. */
const holdersLeast = 5e-5;

export function traceOf(contact: Contact & { readonly shown: boolean }, holders: readonly Holder[]): Trace {
  const after = new Float64Array(cells * delayBins * places);
  const live: [number, number, boolean, number][] = [];
  const visitorOf = visitorFactors(contact.bond);
  for (const holder of holders) {
    const weight = contactedOf(holder) * visitorOf(holder);
    if (holder.live) {
      const cell = cellOf((contact.at - holder.shownAt) / 1_000, holder.pages);
      live.push([cell, regionPlace(contact, holder), isTapped(holder, contact.at), weight]);
      continue;
    }
    const place = afterPlace(contact, holder);
    after[place] = (after[place] as number) + weight;
  }
  return {
    after: sparse(after),
    live,
    region: contact.region,
    repeat: contact.bond === null ? null : delayBin((contact.at - contact.bond.at) / 1_000),
    shown: contact.shown,
    confirmed: null,
  };
}

/** Where a holder stands in the trace of a contact that is now known to be theirs. */
export function confirmedOf(contact: Contact, holder: Holder): Confirmed {
  if (!holder.live) return { kind: 'after', place: afterPlace(contact, holder) };
  const cell = cellOf((contact.at - holder.shownAt) / 1_000, holder.pages);
  return { kind: 'live', cell, region: regionPlace(contact, holder), tapped: isTapped(holder, contact.at) };
}

/** Cell, delay bin and region of a place in `Trace.after`. */
export function readPlace(place: number): { cell: number; bin: number; region: number } {
  const region = place % places;
  const rest = (place - region) / places;
  return { cell: Math.floor(rest / delayBins), bin: rest % delayBins, region };
}

export function isHome(region: number): boolean {
  return region === same;
}

export function isPlaced(region: number): boolean {
  return region !== unknown;
}

function afterPlace(contact: Contact, holder: Holder): number {
  const bin = delayBin((contact.at - holder.lastSeenAt) / 1_000);
  return (cellOf(holder.engagedSeconds, holder.pages) * delayBins + bin) * places + regionPlace(contact, holder);
}

function regionPlace(contact: Contact, holder: Holder): number {
  if (contact.region === null || holder.region === null) return unknown;
  return contact.region === holder.region ? same : other;
}

function sparse(after: Float64Array): number[] {
  const found: number[] = [];
  for (let place = 0; place < after.length; place += 1) {
    const holders = after[place] as number;
    if (holders > holdersLeast) found.push(place, Math.round(holders * 1e4) / 1e4);
  }
  return found;
}
