/**
 * One round of the whole journey with a kill -9 somewhere in it: two visitors see a number, one texts and is answered,
 * the other calls, is bridged with an agent and hangs up. People go on as people do: a page that failed is loaded
 * again, a caller whose call broke off is gone.
 */
import type { Random } from '../../src/simulate/random.ts';
import { openVisit, type Shop } from './busy-shop.ts';

/** What the journey was about when the process died. */
export type Phase = 'visits' | 'text' | 'reply' | 'calling' | 'ringing' | 'accepting' | 'bridged' | 'hung-up';

export const phases: readonly Phase[] = [
  'visits',
  'text',
  'reply',
  'calling',
  'ringing',
  'accepting',
  'bridged',
  'hung-up',
];

export interface RoundPlan {
  readonly round: number;
  /** The kill falls this long after the journey has come here. */
  readonly killIn: Phase;
  readonly killAfterMs: number;
  /** Webhooks that fail are tried again, as with a fallback address; otherwise Twilio's own rules: mostly dropped. */
  readonly webhooksAreRetried: boolean;
}

interface Strike {
  enter(phase: Phase): void;
  /** Strikes at the latest now; resolves with the phase it fell in once the gateway is back. */
  over(): Promise<Phase>;
}

const webhookPatienceMs = 15_000;
const callerPatienceMs = 4_000;
const settlingMs = 20_000;

/** The plan of a round, by chance. */
export function planRound(random: Random, round: number): RoundPlan {
  return {
    round,
    killIn: random.pick(phases),
    killAfterMs: random.integer(0, 40),
    webhooksAreRetried: round % 2 === 0,
  };
}

/** Plays one round; resolves when the world has come to rest, with the phase the kill fell in. */
export async function playRound(shop: Shop, plan: RoundPlan): Promise<Phase> {
  const { gateway, farEnd, keys } = shop;
  farEnd.changeDelivery({ retryForMs: plan.webhooksAreRetried ? webhookPatienceMs : 0 });
  const strike = armStrike(shop, plan);
  const stopAgents = staffPhones(shop, strike);
  strike.enter('visits');
  const load = async () => {
    const visit = await persistently(shop, () => openVisit(gateway, keys));
    shop.leased.push(visit);
    return visit;
  };
  const [texting, calling] = await Promise.all([load(), load()]);
  await textAndReply(shop, plan, strike, texting.number);
  const callSid = await call(shop, plan, strike, calling.number);
  const phase = await strike.over();
  await farEnd.settled(settlingMs);
  await untilCallEnded(shop, callSid);
  stopAgents();
  return phase;
}

function armStrike(shop: Shop, plan: RoundPlan): Strike {
  let now: Phase = 'visits';
  let struck: Promise<Phase> | null = null;
  const strike = (): Promise<Phase> => {
    const phase = now;
    struck ??= shop.gateway.killAndRestart().then(() => phase);
    return struck;
  };
  return {
    enter(phase) {
      now = phase;
      if (phase === plan.killIn && struck === null) setTimeout(strike, plan.killAfterMs);
    },
    over: () => strike(),
  };
}

/** Every phone that rings is picked up, and 1 is pressed. */
function staffPhones(shop: Shop, strike: Strike): () => void {
  return shop.farEnd.onRing((phone) => {
    strike.enter('ringing');
    phone.answer();
    const pressing = phone.waitFor('gathering').then(() => {
      strike.enter('accepting');
      return phone.press('1');
    });
    // Whoever hears an error instead of the whisper has nothing to press.
    pressing.catch(() => undefined);
  });
}

async function textAndReply(shop: Shop, plan: RoundPlan, strike: Strike, number: string): Promise<void> {
  const { farEnd, keys } = shop;
  const from = `+1206555${String(100 + plan.round).padStart(4, '0')}`;
  strike.enter('text');
  const sent = await farEnd.sendText({ from, to: number, body: `question ${plan.round} of ${shop.name}` });
  if (!sent.acknowledged) return;
  strike.enter('reply');
  const answer = await persistently(shop, async () => {
    const list = await shop.gateway.ask('/v1/conversations?limit=200', { key: keys.secretKey });
    const conversation = list.body.items.find((one: { customer: string }) => one.customer === from);
    const body = `answer ${plan.round} of ${shop.name}`;
    const replied = await shop.gateway.ask(`/v1/conversations/${conversation.id}/messages`, {
      method: 'POST',
      key: keys.secretKey,
      headers: { 'idempotency-key': body.replaceAll(' ', '-') },
      body: { body },
    });
    if (replied.status !== 202) throw new Error(`not accepted: ${JSON.stringify(replied.body)}`);
    return { messageId: replied.body.id, conversationId: conversation.id, body };
  });
  shop.replies.push(answer);
}

async function call(shop: Shop, plan: RoundPlan, strike: Strike, number: string): Promise<string> {
  strike.enter('calling');
  const from = `+1425555${String(100 + plan.round).padStart(4, '0')}`;
  const caller = shop.farEnd.placeCall({ to: number, from, stirVerstat: 'TN-Validation-Passed-A' });
  const met = await caller.waitFor(['bridged', 'recording', 'ended'], callerPatienceMs).catch(() => 'impatient');
  if (met === 'bridged') {
    strike.enter('bridged');
    await shop.farEnd.pass(shop.random.integer(0, 60));
  }
  strike.enter('hung-up');
  caller.hangUp();
  return caller.sid;
}

/** A call the gateway has in its record must end, though everybody has hung up and no carrier may say so again. */
async function untilCallEnded(shop: Shop, callSid: string): Promise<void> {
  const found = await shop.gateway.ask(`/v1/calls?carrierCallId=${callSid}`, { key: shop.keys.secretKey });
  const [recorded] = found.body.items;
  if (recorded === undefined) return;
  const isItsEnd = ({ type, subject }: { type: string; subject: string }) =>
    type === 'call.ended' && subject === recorded.id;
  await shop.centre.until(`the end of ${recorded.id}`, () => shop.centre.heard.find(isItsEnd), settlingMs);
}

/** Does `act` again after a kill has cut it short. */
async function persistently<Value>(shop: Shop, act: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    await shop.gateway.up();
    try {
      return await act();
    } catch (fault) {
      if (tries === 3) throw fault;
    }
  }
}
