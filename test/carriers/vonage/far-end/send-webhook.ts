/**
 * Webhooks as Vonage sends them: signed with a token over the raw body (or over the query, for GET), tried once more
 * with the same token after a timeout, a reset, 429, 503 or 504, and all of them remembered with their answers.
 */
import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

export interface Signer {
  readonly apiKey: string;
  readonly applicationId: string;
  readonly signatureSecret: string;
}

/** One webhook as it went out; `publicUrl` stands before its address. */
export interface Webhook {
  readonly kind: 'answer' | 'event' | 'step';
  readonly method: 'GET' | 'POST';
  readonly address: string;
  readonly body: string | null;
  readonly token: string;
}

export interface Delivery extends Webhook {
  readonly answer: WebhookAnswer;
}

export interface WebhookAnswer {
  /** 0 when none came. */
  readonly status: number;
  readonly text: string;
}

const triedAgain = new Set([0, 429, 503, 504]);
const patienceMs = 5_000;

/** Makes a webhook; `fields` go into the body, or into the query for GET. */
export async function signWebhook(
  signer: Signer,
  { kind, method, address, fields }: Pick<Webhook, 'kind' | 'method' | 'address'> & { fields: object },
): Promise<Webhook> {
  const isGet = method === 'GET';
  const query = new URLSearchParams(isGet ? (fields as Record<string, string>) : {});
  const text = JSON.stringify(isGet ? Object.fromEntries(query) : fields);
  const claims = {
    payload_hash: createHash('sha256').update(text).digest('hex'),
    api_key: signer.apiKey,
    application_id: signer.applicationId,
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('Vonage')
    .setIssuedAt()
    .setJti(randomUUID())
    .sign(Buffer.from(signer.signatureSecret));
  return { kind, method, address: isGet ? `${address}?${query}` : address, body: isGet ? null : text, token };
}

/** Sends it, and once more when Vonage would. */
export async function sendWebhook(gatewayUrl: string, webhook: Webhook): Promise<WebhookAnswer> {
  const first = await attempt(gatewayUrl, webhook);
  return triedAgain.has(first.status) ? attempt(gatewayUrl, webhook) : first;
}

async function attempt(gatewayUrl: string, { method, address, body, token }: Webhook): Promise<WebhookAnswer> {
  const { pathname, search } = new URL(address);
  try {
    const response = await fetch(`${gatewayUrl}${pathname}${search}`, {
      method,
      body,
      headers: { authorization: `Bearer ${token}`, ...(body === null ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(patienceMs),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: '' };
  }
}
