/**
 * A contact centre's webhook receiver: the official Standard Webhooks library proves each delivery, everything that
 * came is kept in order, and a test waits for an event by its type. Nothing is taken away when it is waited for.
 */
import { type ReceivedEvent, startEventReceiver } from '../../src/simulate/event-receiver.ts';
import { createWaits } from '../../src/simulate/far-end/far-end-waits.ts';

export interface Receiver {
  readonly url: string;
  /** Told once the endpoint is registered; deliveries before are refused. */
  setSecret(secret: string): void;
  /** Every proven delivery, in the order of arrival, doubles included. */
  received(): readonly ReceivedEvent[];
  /** Why deliveries were refused: none may be. */
  refused(): readonly string[];
  /** The first event of this type, of this subject when one is named. */
  waitFor(type: string, subject?: string): Promise<ReceivedEvent>;
  close(): Promise<void>;
}

const waitLimitMs = 10_000;

/** Listens on a free port of loopback. */
export async function startReceiver(): Promise<Receiver> {
  const received: ReceivedEvent[] = [];
  const refused: string[] = [];
  const waits = createWaits();
  let secret: string | null = null;
  const server = await startEventReceiver({
    secret: () => secret,
    onEvent: (event) => {
      received.push(event);
      waits.changed();
    },
    onRefused: (why) => void refused.push(why),
  });
  const tellAll = () => received.map((event) => event.type).join(', ') || 'nothing';
  return Object.freeze({
    url: `${server.url}/events`,
    setSecret: (given: string) => {
      secret = given;
    },
    received: () => [...received],
    refused: () => [...refused],
    waitFor: (type: string, subject?: string) =>
      waits
        .until(`the event ${type} ${subject ?? ''}`, waitLimitMs, () =>
          received.find((event) => event.type === type && (subject ?? event.subject) === event.subject),
        )
        .catch((fault: Error) => Promise.reject(new Error(`${fault.message}; received ${tellAll()}`))),
    close: async () => {
      waits.close();
      await server.close();
    },
  });
}
