/**
 * One visit, from the browser's side: opened once, kept alive by beats while the page is visible, shared by the tabs of
 * one browser session, ended by half an hour of silence. Posts are `text/plain`, so the browser asks no preflight. What
 * fails changes nothing on the page and is tried again, ever more seldom; a refusal ends the trying.
 */
import type { z } from 'zod';
import type { beatBody, visitView } from '../../src/api/contract/visits.ts';
import { type Arrival, readArrival, readGaClientId } from './read-arrival.ts';
import { base, options } from './script-tag.ts';
import { replaces, show } from './swap-numbers.ts';
import type { Shown } from './write-number.ts';

type Beat = Partial<z.input<typeof beatBody>>;
type View = z.infer<typeof visitView>;

/** What a browser session knows; the one thing that is stored, and only with consent. */
interface Session {
  /** The visitor's lasting id. */
  id?: string | undefined;
  visit?: string | undefined;
  number?: Shown | null;
  human?: boolean;
  engagedSeconds: number;
  pages: number;
  /** When it was last written, in milliseconds of this browser's clock. */
  at: number;
}

const storeKey = 'lk';
const silenceMs = 18e5;
const answerTimeoutMs = 1e4;
const waitMsMax = 24e4;
/** A number is shown again unasked on the next page within this time: its lease lives at least as long. */
const freshMs = 3e4;

let consent = options.consent !== 'required';
let session: Session = { engagedSeconds: 0, pages: 0, at: 0 };
/** What the next beat says beside the counters. */
let news: Beat | undefined;
let wait = 15e3;
let timer: ReturnType<typeof setTimeout>;
let counted = 0;
/** How long the session had been silent when it was last changed, in milliseconds. */
let silence = 0;
let stored = false;
let seen = false;
let busy = false;
let again = false;
let over = false;

function load(): void {
  try {
    const read = consent && JSON.parse(localStorage.getItem(storeKey) || '0');
    if (read && read.engagedSeconds >= 0) session = read;
  } catch {}
}

/** Changes the session as the other tabs left it, so that none overwrites another's seconds. */
function change(act: () => void): void {
  load();
  const now = Date.now();
  silence = Math.abs(now - session.at);
  if (!(silence < silenceMs)) session = { id: session.id, engagedSeconds: 0, pages: 0, at: now };
  act();
  session.at = now;
  if (!consent) return;
  session.id = session.id || `${Math.random()}${now}`;
  try {
    localStorage.setItem(storeKey, JSON.stringify(session));
    stored = true;
  } catch {}
}

function count(): void {
  const clock = performance.now();
  change(() => {
    if (seen) session.engagedSeconds += Math.min(clock - counted, 2 * wait) / 1e3;
  });
  counted = clock;
}

/** Hands `deliver` the address and the body of a beat, or of an arrival. */
function post<Answer>(
  deliver: (address: string, body: string) => Answer,
  tap?: 'tel' | 'sms',
  arrival?: Arrival,
): Answer {
  return deliver(
    `${base}/v1/visits${arrival ? '' : `/${session.visit}/beat`}?key=${options.key}`,
    JSON.stringify({
      ...(arrival || {
        ...news,
        tap,
        engagedSeconds: Math.min(session.engagedSeconds | 0, 86_400),
        pages: Math.min(session.pages || 1, 1e4),
      }),
      human: session.human,
      replaces: replaces(),
      visitorId: consent ? session.id : undefined,
      gaClientId: consent ? readGaClientId() : undefined,
    }),
  );
}

/** @returns nothing when the gateway does not know the visit. @throws when it gave no answer that can be used. */
async function ask(address: string, body: string): Promise<View | undefined> {
  const signal = AbortSignal.timeout?.(answerTimeoutMs);
  const answer = await fetch(address, { method: 'POST', body, signal });
  const { status } = answer;
  if (status === 404) return;
  if (/^4(?!29)/.test(`${status}`)) {
    over = !news;
    news = undefined;
    // biome-ignore lint/suspicious/noConsole: the one line a site's owner gets when key or origin is wrong
    if (over) console.debug('linekeeper: refused', status);
  }
  const view: View = await answer.json();
  const { visit, number } = view;
  if (!/^visit_\w+$/.test(visit.id) || (number && !/^\+\d+ .*\d/.test(`${number.e164} ${number.national}`))) throw 0;
  return view;
}

async function exchange(): Promise<void> {
  count();
  const sent = news;
  let view = session.visit && (await post(ask));
  const opens = !view;
  if (!view) {
    change(() => {
      session.visit = undefined;
    });
    view = (await post(ask, undefined, readArrival())) as View;
  } else if (sent === news) news = undefined;
  const { visit, number, beatEveryMs } = view;
  change(() => {
    // An earlier page or another tab has a visit already, and only now we may know: that one goes on.
    if (opens && session.visit) return;
    session.visit = visit.id;
    session.number = number;
  });
  again = again || (opens && (!!news || session.visit !== visit.id));
  wait = beatEveryMs > 4999 ? beatEveryMs : 15e3;
  show(session.number || null);
}

/** Asks the gateway now. Tabs take turns, so that two that open at once share one visit. */
export async function contact(): Promise<void> {
  again = busy;
  if (busy || over || !seen) return;
  busy = true;
  clearTimeout(timer);
  try {
    await (stored && navigator.locks ? navigator.locks.request(storeKey, exchange) : exchange());
  } catch {
    wait = Math.min(wait * 2, waitMsMax);
  }
  busy = false;
  if (again) contact();
  else timer = setTimeout(contact, wait);
}

/**
 * Another tab has stored something. A browser shows a tab what others stored a moment late, so two that opened at once
 * may have opened two visits: the one stored last is everybody's. Consent taken back there is taken back here.
 */
export function adopt({ key, newValue }: StorageEvent): void {
  if (key !== storeKey) return;
  if (!newValue) consent = false;
  const { visit } = session;
  load();
  if (session.visit !== visit) show(session.number || null);
}

/** A word that outlives the page. */
function send(tap?: 'tel' | 'sms'): void {
  count();
  if (session.visit && !over && post((address, body) => navigator.sendBeacon(address, body), tap)) news = undefined;
}

/** A link was tapped. Only `tel:` and `sms:` links are ever given the visitor's number; other links say nothing. */
export function tapLink(href: string): void {
  if (session.number && href.includes(session.number.e164)) send(href.slice(0, 3) as 'tel');
}

/** The page is in sight or not: at first, later, or back from the back-forward cache. */
export function look(inSight: boolean): void {
  if (inSight === seen) return;
  if (seen) send();
  else count();
  seen = inSight;
  contact();
}

export function turnPage(): void {
  change(() => session.pages++);
  if (silence < freshMs && session.number) show(session.number);
}

export function tell(more: Beat): void {
  news = { ...news, ...more };
  contact();
}

export function seeHuman(): void {
  if (session.human) return;
  change(() => {
    session.human = true;
  });
  contact();
}

export function setConsent(given: boolean): void {
  consent = given;
  session.id = undefined;
  try {
    if (!given) localStorage.removeItem(storeKey);
  } catch {}
  contact();
}
