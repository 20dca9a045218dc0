/**
 * One visitor from the page to the end of the call or text, as the plan says, and what can be told of it afterwards. A
 * refusal by the gateway is noted and ends this visitor's part only.
 */
import type { OpenedVisit } from './gateway-client.ts';
import type { VisitPlan } from './plan-visit.ts';
import { type CallEnding, playCaller } from './play-caller.ts';
import type { Day } from './simulation-day.ts';

/** However fast the day is played, a busy machine gets this long to answer a text. */
const replyWithinMsLeast = 2_000;

/** What a visitor did and got. */
export interface VisitRecord {
  /** The number on the page. */
  readonly shown: 'own' | 'shared' | 'none' | 'refused';
  /** It was a number of another carrier, so this visitor neither called nor texted. */
  readonly elsewhere: boolean;
  readonly calls: readonly PlacedCall[];
  /** Null when the visitor sent no text. */
  readonly texted: 'answered' | 'unanswered' | 'refused' | null;
  readonly sold: boolean;
}

export interface PlacedCall {
  readonly carrierCallId: string;
  readonly ending: CallEnding;
  /** The visit that really called; null for somebody who was never on the page. */
  readonly truth: string | null;
}

/** Time between two beats, scripted milliseconds. */
const beatEveryMs = 15_000;

/** Plays one visitor. Never rejects. */
export async function playVisit(day: Day, plan: VisitPlan, reachable: ReadonlySet<string>): Promise<VisitRecord> {
  await day.farEnd.pass(plan.arriveAfterMs);
  let visit: OpenedVisit;
  try {
    visit = await day.client.openVisit(plan.arrival);
  } catch (fault) {
    day.noteError('opening a visit', fault);
    return { shown: 'refused', elsewhere: false, calls: [], texted: null, sold: false };
  }
  await beatAlong(day, plan, visit);
  const shown = visit.number === null ? 'none' : visit.number.shared ? 'shared' : 'own';
  const to = visit.number?.e164;
  if (to === undefined || !reachable.has(to))
    return { shown, elsewhere: to !== undefined, calls: [], texted: null, sold: false };
  const [own, stranger, texted] = await Promise.all([
    plan.intent === 'calls' ? callFrom(day, plan, { from: plan.phone, to, truth: visit.visit.id }) : null,
    plan.stranger === null ? null : callFrom(day, plan, { from: plan.stranger, to, truth: null }),
    plan.intent === 'texts' ? sendText(day, plan, to) : null,
  ]);
  const sold = own !== null && own.ending === 'answered' && plan.buys && (await reportSale(day, own));
  return { shown, elsewhere: false, calls: [own, stranger].filter((call) => call !== null), texted, sold };
}

/** The page tells that it is looked at; the last beat carries the tap on the number. */
async function beatAlong({ client, farEnd, noteError }: Day, plan: VisitPlan, visit: OpenedVisit): Promise<void> {
  for (let beat = 1; beat <= plan.beats; beat += 1) {
    await farEnd.pass(beatEveryMs);
    const last = beat === plan.beats;
    const tap = !last || plan.intent === 'leaves' ? null : plan.intent === 'calls' ? 'tel' : 'sms';
    const body = { engagedSeconds: beat * 12, pages: Math.ceil(beat / 2), tap } as const;
    await client.beat(visit.visit.id, body).catch((fault: unknown) => noteError('beat', fault));
  }
}

async function callFrom(
  { farEnd, pace }: Day,
  plan: VisitPlan,
  { from, to, truth }: { from: string; to: string; truth: string | null },
): Promise<PlacedCall> {
  return { ...(await playCaller(farEnd, { plan, from, to, pace })), truth };
}

async function sendText({ farEnd, pace }: Day, plan: VisitPlan, to: string): Promise<VisitRecord['texted']> {
  const sent = await farEnd.sendText({ from: plan.phone, to, body: plan.text });
  if (!sent.acknowledged) return 'refused';
  const reply = farEnd.waitForText(
    { to: plan.phone, after: sent.sid },
    Math.max(plan.patienceMs * pace, replyWithinMsLeast),
  );
  return reply.then(() => 'answered' as const).catch(() => 'unanswered' as const);
}

async function reportSale({ client, noteError }: Day, call: PlacedCall): Promise<boolean> {
  try {
    const found = await client.findCall(call.carrierCallId);
    if (found === null) return false;
    const sale = { disposition: 'sale', value: '129.00', currency: 'USD' };
    await client.addOutcome(found.id, sale, `sale-${call.carrierCallId}`);
    return true;
  } catch (fault) {
    noteError('reporting a sale', fault);
    return false;
  }
}
