/** The contact centre's webhook receiver: keeps every delivery and lets a test wait for one without polling. */
import { type ReceivedEvent, startEventReceiver } from '../../src/simulate/event-receiver.ts';
import { createWaits } from '../../src/simulate/far-end/far-end-waits.ts';

export interface ContactCentre {
  readonly url: string;
  /** Every delivery of an event, repeated ones included. */
  readonly heard: readonly ReceivedEvent[];
  /** Deliveries whose signature was wrong. */
  readonly refused: readonly string[];
  /** The endpoint's secret, known once it is registered. */
  learn(secret: string): void;
  /** Resolves with the answer of `ask` once it has one; asked again on every event. */
  until<Value>(what: string, ask: () => Value | undefined, withinMs: number): Promise<Value>;
  close(): Promise<void>;
}

export async function openContactCentre(): Promise<ContactCentre> {
  const waits = createWaits();
  const heard: ReceivedEvent[] = [];
  const refused: string[] = [];
  let secret: string | null = null;
  const receiver = await startEventReceiver({
    secret: () => secret,
    onEvent: (event) => {
      heard.push(event);
      waits.changed();
    },
    onRefused: (why) => refused.push(why),
  });
  return Object.freeze({
    url: receiver.url,
    heard,
    refused,
    learn: (given: string) => {
      secret = given;
    },
    until: <Value>(what: string, ask: () => Value | undefined, withinMs: number) => waits.until(what, withinMs, ask),
    close: async () => {
      waits.close();
      await receiver.close();
    },
  });
}
