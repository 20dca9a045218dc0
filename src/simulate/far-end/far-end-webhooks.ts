/**
 * How the far end calls the gateway: signed, within 15 seconds, retried once and only when no connection came about,
 * which is Twilio's default (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). Requests for a
 * document are answered to whoever asked; status callbacks may be doubled, delayed out of order or held back, because
 * the network does all three. Nothing is ever sent anywhere but to the gateway under test.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../random.ts';
import type { Timers } from './far-end-timers.ts';
import type { Waits } from './far-end-waits.ts';
import { type Answer, attemptWebhook, type GatewayAddress, type Webhook } from './send-webhook.ts';

/** One webhook as it went, for comparing with the gateway's own record. */
export interface Delivery extends Webhook {
  /** The gateway answered 2xx. Twilio counts it as delivered then, and only then. */
  readonly acknowledged: boolean;
  readonly answer: Answer;
  readonly tries: number;
  /** 0 for the first, 1 and up for deliberate duplicates. */
  readonly copy: number;
  /** Unix milliseconds at the first try. */
  readonly sentAtMs: number;
}

/** How webhooks are delivered; all may be changed while running. */
export interface DeliveryRules {
  /** One more try when no connection came about. Default true. */
  readonly retry: boolean;
  /** Keep trying this long after connection failures and 5xx, for tests that restart the gateway. Default 0. */
  readonly retryForMs: number;
  /** Additional copies of every status callback and every inbound message. Default 0. */
  readonly duplicates: number;
  /** `shuffled` delays each callback by chance, up to `shuffleWithinMs`. Default `sent`: one after the other. */
  readonly order: 'sent' | 'shuffled';
  readonly shuffleWithinMs: number;
  /** Total time for one try. Default 15,000, Twilio's. */
  readonly timeoutMs: number;
}

/** Callbacks kept back by `hold`. */
export interface HeldCallbacks {
  /** What is waiting now, oldest first. */
  waiting(): readonly Webhook[];
  /** Stops holding, and delivers one after the other in the order wanted; resolves when the last was answered. */
  release(order?: 'sent' | 'reversed' | 'shuffled'): Promise<void>;
}

export interface Webhooks {
  /** Asks for a document and waits for it. */
  fetch(webhook: Webhook): Promise<Answer>;
  /** Sends as many copies as the rules say; every answer is returned. Used for inbound messages. */
  fetchCopies(webhook: Webhook): Promise<readonly Answer[]>;
  /** Queues a status callback; nobody waits for its answer. */
  post(webhook: Webhook): void;
  hold(which?: (webhook: Webhook) => boolean): HeldCallbacks;
  change(rules: Partial<DeliveryRules>): void;
  deliveries(): readonly Delivery[];
  /** How many are queued or under way; held ones do not count. */
  underWay(): number;
  close(): void;
}

/** Twilio's own rules. */
const twilioRules: DeliveryRules = Object.freeze({
  retry: true,
  retryForMs: 0,
  duplicates: 0,
  order: 'sent',
  shuffleWithinMs: 50,
  timeoutMs: 15_000,
});

/** Time between tries under `retryForMs`, real milliseconds. */
const retryEveryMs = 50;

export function createWebhooks(world: {
  readonly address: () => GatewayAddress;
  readonly authToken: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly waits: Waits;
  readonly rules: Partial<DeliveryRules>;
}): Webhooks {
  const { clock, random, timers, waits } = world;
  const deliveries: Delivery[] = [];
  const lanes = new Map<string, Promise<unknown>>();
  const holds = new Set<{ readonly which: (webhook: Webhook) => boolean; readonly waiting: Webhook[] }>();
  const closing = new AbortController();
  let rules: DeliveryRules = { ...twilioRules, ...world.rules };
  let underWay = 0;

  async function deliver(webhook: Webhook, copy: number): Promise<Answer> {
    const sentAtMs = clock.now();
    const beganAt = performance.now();
    underWay += 1;
    let tries = 0;
    let answer: Answer;
    do {
      if (tries > 1) await new Promise<void>((resolve) => timers.afterReal(retryEveryMs, resolve));
      tries += 1;
      answer = await attemptWebhook({
        webhook,
        ...world,
        address: world.address(),
        timeoutMs: rules.timeoutMs,
        closing: closing.signal,
      });
    } while (isWorthAnotherTry(answer, tries, performance.now() - beganAt));
    underWay -= 1;
    const acknowledged = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
    deliveries.push(Object.freeze({ ...webhook, acknowledged, answer, tries, copy, sentAtMs }));
    waits.changed();
    return answer;
  }

  function isWorthAnotherTry(answer: Answer, tries: number, elapsedMs: number): boolean {
    const refused = answer.kind === 'unanswered' && answer.failure === 'refused';
    const lost = refused || (answer.kind === 'unanswered' && answer.failure === 'reset');
    if (refused && rules.retry && tries === 1) return true;
    const failed = answer.kind === 'answered' && answer.status >= 500;
    return (lost || failed) && elapsedMs < rules.retryForMs;
  }

  async function fetchCopies(webhook: Webhook): Promise<readonly Answer[]> {
    const copies = Array.from({ length: 1 + rules.duplicates }, (_, copy) => copy);
    return Promise.all(copies.map((copy) => deliver(webhook, copy)));
  }

  /** One after the other within a subject, or each after a chance delay. */
  function post(webhook: Webhook): void {
    const holder = [...holds].find(({ which }) => which(webhook));
    if (holder !== undefined) {
      holder.waiting.push(webhook);
      waits.changed();
      return;
    }
    for (let copy = 0; copy <= rules.duplicates; copy += 1) {
      underWay += 1;
      void whenItsTurn(webhook.subject, () => deliver(webhook, copy)).finally(() => {
        underWay -= 1;
        waits.changed();
      });
    }
  }

  function whenItsTurn(subject: string, act: () => Promise<unknown>): Promise<unknown> {
    if (rules.order === 'shuffled') {
      const delayMs = random.integer(0, rules.shuffleWithinMs);
      return new Promise<void>((resolve) => timers.afterReal(delayMs, resolve)).then(act);
    }
    const turn = (lanes.get(subject) ?? Promise.resolve()).then(act);
    lanes.set(subject, turn);
    return turn;
  }

  function hold(which: (webhook: Webhook) => boolean = () => true): HeldCallbacks {
    const holder = { which, waiting: [] as Webhook[] };
    holds.add(holder);
    return Object.freeze({
      waiting: () => [...holder.waiting],
      async release(order: 'sent' | 'reversed' | 'shuffled' = 'sent') {
        holds.delete(holder);
        const held = holder.waiting.splice(0);
        const arranged = order === 'sent' ? held : order === 'reversed' ? held.reverse() : random.shuffle(held);
        for (const webhook of arranged) {
          for (let copy = 0; copy <= rules.duplicates; copy += 1) await deliver(webhook, copy);
        }
      },
    });
  }

  return Object.freeze({
    fetch: (webhook: Webhook) => deliver(webhook, 0),
    fetchCopies,
    post,
    hold,
    change: (changes: Partial<DeliveryRules>) => {
      rules = { ...rules, ...changes };
    },
    deliveries: () => [...deliveries],
    underWay: () => underWay,
    close: () => closing.abort(),
  });
}
