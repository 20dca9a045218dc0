/**
 * Posts to advertising vendors. Their hosts are fixed by settings, so nothing needs to be resolved and checked; a
 * redirect is refused all the same, the time and the answer are bounded, and what went wrong is told without URL and
 * body, for both hold secrets.
 */
import { limits } from '../../config/limits.ts';
import type { VendorUrls } from '../../config/settings.ts';
import type { Clock } from '../ports/clock.ts';
import { readRetryAfter } from '../records/retry-after.ts';
import type { VendorAnswer, VendorRequest } from './vendor-request.ts';

export type PostVendor = (request: VendorRequest) => Promise<VendorAnswer>;

/** Faults before a byte was sent: what they ended has surely not arrived. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** A gateway in between gave up: the vendor behind it may have taken the event. */
const unsureStatuses = new Set([502, 504]);
/** Ours or the operator's to mend while it is tried again: quota, a token that ran out, a right not yet given. */
const laterStatuses = new Set([401, 403, 408, 425, 429]);
/** Meta's error codes for "again later": unknown, service, rates, and a token that needs renewal. */
const metaLaterCodes = new Set([1, 2, 4, 17, 32, 190, 341, 368, 613]);

export function createPostVendor(world: { clock: Clock; urls: VendorUrls }): PostVendor {
  return async (request) => {
    try {
      const response = await fetch(`${world.urls[request.vendor]}${request.path}`, {
        method: 'POST',
        headers: { ...request.headers, 'content-type': 'application/json', 'user-agent': 'Linekeeper' },
        body: JSON.stringify(request.body),
        redirect: 'manual',
        signal: AbortSignal.timeout(limits.exportTimeoutMs),
      });
      const text = await readBounded(response).catch(() => '');
      const retryAfterMs = readRetryAfter(response.headers.get('retry-after') ?? undefined, world.clock.now());
      return judge(response.status, text, retryAfterMs);
    } catch (fault) {
      const code = codeOf(fault);
      if (neverSent.has(code)) return { kind: 'later', error: code, retryAfterMs: null };
      return { kind: 'unsure', error: code };
    }
  };
}

function judge(status: number, text: string, retryAfterMs: number | null): VendorAnswer {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const said = saidIn(text);
  const error = said.text === null ? `status ${status}` : `status ${status}: ${said.text}`;
  if (unsureStatuses.has(status)) return { kind: 'unsure', error };
  if (status >= 500 || laterStatuses.has(status) || said.isTransient) return { kind: 'later', error, retryAfterMs };
  return { kind: 'refused', error };
}

/** Google's status word or Meta's error code; never the free text, which may repeat what was sent. */
function saidIn(text: string): { readonly text: string | null; readonly isTransient: boolean } {
  const fault = errorOf(text);
  if (fault === null) return { text: null, isTransient: false };
  const { status, code, error_subcode: subcode, is_transient: isTransient } = fault;
  if (typeof status === 'string') return { text: word(status), isTransient: false };
  if (typeof code !== 'number') return { text: null, isTransient: false };
  const told = typeof subcode === 'number' ? `code ${code}/${subcode}` : `code ${code}`;
  return { text: told, isTransient: isTransient === true || metaLaterCodes.has(code) };
}

function errorOf(text: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('error' in body)) return null;
    return typeof body.error === 'object' ? (body.error as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

function word(text: string): string {
  return text.replace(/[^A-Z_]/g, '').slice(0, 64);
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    parts.push(part);
    bytes += part.length;
    if (bytes > limits.exportResponseBytesMax) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The code of what `fetch` failed of, such as ECONNREFUSED; its message would name addresses. */
function codeOf(fault: unknown): string {
  if (!(fault instanceof Error)) return 'fault';
  const { cause } = fault;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return fault.name;
}
