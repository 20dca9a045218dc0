/**
 * One try at one webhook: the public address is signed, the private one is dialled, as when a tunnel or a load balancer
 * stands in between. Each try opens its own connection, so a gateway that restarted is never met on a dead socket.
 */
import { type Fields, signRequest } from './sign-request.ts';

export type WebhookKind =
  | 'voice'
  | 'action'
  | 'wait'
  | 'call-status'
  | 'conference'
  | 'recording'
  | 'message'
  | 'message-status';

/** One request to the gateway. */
export interface Webhook {
  readonly kind: WebhookKind;
  /** The call's or message's SID. */
  readonly subject: string;
  /** Public address, absolute. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly fields: Fields;
}

/** What came back. `refused`: no connection; `reset`: it broke off; `outside`: the address is not the gateway's. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'unanswered'; readonly failure: 'refused' | 'reset' | 'timeout' | 'outside' | 'closed' };

/** Where the gateway is: the address carriers were told, and the one that is really dialled. */
export interface GatewayAddress {
  readonly publicUrl: string;
  readonly gatewayUrl: string;
}

/** Bodies beyond this are cut: Twilio refuses TwiML over 64 kB. */
const bodyCharactersMax = 64_000;

/** Sends once. Never rejects: what went wrong is in the answer. */
export async function attemptWebhook(attempt: {
  readonly webhook: Webhook;
  readonly address: GatewayAddress;
  readonly authToken: string;
  readonly timeoutMs: number;
  readonly closing: AbortSignal;
}): Promise<Answer> {
  const { webhook, address, authToken, closing } = attempt;
  const signedUrl = webhook.method === 'GET' ? withQuery(webhook.url, webhook.fields) : webhook.url;
  const target = dialledUrl(signedUrl, address);
  if (target === null) return { kind: 'unanswered', failure: 'outside' };
  const timeout = AbortSignal.timeout(attempt.timeoutMs);
  const parameters = webhook.method === 'GET' ? {} : webhook.fields;
  try {
    const response = await fetch(target, {
      method: webhook.method,
      headers: {
        'x-twilio-signature': signRequest(authToken, signedUrl, parameters),
        'user-agent': 'TwilioProxy/1.1',
        accept: '*/*',
        connection: 'close',
        ...(webhook.method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } : {}),
      },
      body: webhook.method === 'POST' ? new URLSearchParams(webhook.fields).toString() : null,
      redirect: 'manual',
      signal: AbortSignal.any([timeout, closing]),
    });
    const body = (await response.text()).slice(0, bodyCharactersMax);
    return { kind: 'answered', status: response.status, body };
  } catch (fault) {
    if (closing.aborted) return { kind: 'unanswered', failure: 'closed' };
    if (timeout.aborted) return { kind: 'unanswered', failure: 'timeout' };
    return { kind: 'unanswered', failure: isRefusal(fault) ? 'refused' : 'reset' };
  }
}

function withQuery(url: string, fields: Readonly<Record<string, string>>): string {
  const [bare = '', fragment] = url.split('#');
  const query = new URLSearchParams(fields).toString();
  const joined = query === '' ? bare : `${bare}${bare.includes('?') ? '&' : '?'}${query}`;
  return fragment === undefined ? joined : `${joined}#${fragment}`;
}

/** The private form of a public address; null when it is not under the gateway's. */
function dialledUrl(url: string, { publicUrl, gatewayUrl }: GatewayAddress): string | null {
  for (const base of [publicUrl, gatewayUrl]) {
    const rest = url.slice(base.length);
    if (url.startsWith(base) && /^($|[/?#])/.test(rest)) return `${gatewayUrl}${rest}`;
  }
  return null;
}

/** No connection came about, as opposed to one that broke. */
function isRefusal(fault: unknown): boolean {
  const cause = fault instanceof Error ? (fault.cause as { code?: string } | undefined) : undefined;
  return ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(cause?.code ?? '');
}
