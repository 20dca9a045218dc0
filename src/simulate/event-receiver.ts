/**
 * The contact centre's end of the webhooks: takes each event, has the official Standard Webhooks library check it over
 * the raw bytes, and answers 204; 400 when the signature is wrong. What arrives is handed on once it is proven.
 */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import {
  type LoopbackReply,
  type LoopbackRequest,
  type LoopbackServer,
  startLoopbackServer,
} from './loopback-server.ts';

/** An event whose signature was right. */
export interface ReceivedEvent {
  /** `webhook-id`: the same on every try. */
  readonly id: string;
  readonly type: string;
  /** ISO 8601, when it happened. */
  readonly timestamp: string;
  /** Call, conversation or visit. */
  readonly subject: string;
  /** Place among the subject's events; null when the gateway gave none. */
  readonly sequence: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The gateway keeps events under 20 kB; this leaves room and no more. */
const bodyBytesMax = 64_000;

const body = z.looseObject({ type: z.string(), timestamp: z.string(), data: z.record(z.string(), z.unknown()) });

/** Listens. `secret` is asked at each event, because an endpoint's secret is known only after its address. */
export async function startEventReceiver(options: {
  readonly host?: string;
  readonly port?: number;
  readonly secret: () => string | null;
  readonly onEvent: (event: ReceivedEvent) => void;
  readonly onRefused: (why: string) => void;
}): Promise<LoopbackServer> {
  const answer = ({ method, headers, body: raw }: LoopbackRequest): LoopbackReply => {
    if (method !== 'POST') return { status: 405, body: null };
    const read = readEvent(raw, headers, options.secret());
    if (typeof read !== 'string') {
      options.onEvent(read);
      return { status: 204, body: null };
    }
    options.onRefused(read);
    return { status: 400, body: { error: read } };
  };
  return startLoopbackServer({ host: options.host ?? '127.0.0.1', port: options.port ?? 0, bodyBytesMax, answer });
}

/** The event, or why it is not one. */
function readEvent(
  raw: Buffer,
  headers: Readonly<Record<string, string>>,
  secret: string | null,
): ReceivedEvent | string {
  if (secret === null) return 'no secret yet';
  let verified: unknown;
  try {
    verified = new Webhook(secret).verify(raw, { ...headers });
  } catch (fault) {
    return fault instanceof Error ? fault.message : 'signature not verified';
  }
  const parsed = body.safeParse(verified);
  if (!parsed.success) return `not an event: ${z.prettifyError(parsed.error)}`;
  const { type, timestamp, data } = parsed.data;
  const id = headers['webhook-id'] ?? '';
  const sequence = typeof data.sequence === 'number' ? data.sequence : null;
  return Object.freeze({ id, type, timestamp, subject: subjectOf(data), sequence, data });
}

function subjectOf(data: Readonly<Record<string, unknown>>): string {
  const named = [data.subject, data.callId, data.conversationId, data.visitId].find((id) => typeof id === 'string');
  return typeof named === 'string' ? named : '(none)';
}
