/**
 * One SIP request that came in, as the rest of the carrier sees it: what it says, where it came from, and how it is
 * answered. drachtio-srf's own parsers throw on odd input, so only its raw header texts are used.
 */
import { limits } from '../../../config/limits.ts';
import { SipFault } from './sip-fault.ts';

export interface SipRequest {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  /** Where it came from, as the server saw it. */
  readonly source: { readonly address: string; readonly port: number; readonly protocol: string };
  /** The dialog it belongs to; null when it begins something. */
  readonly dialogId: string | null;
  header(name: string): string | undefined;
  /** Answers it. @throws SipFault when the answer could not be sent; `gone` when whoever asked no longer waits for it. */
  answer(status: number, what?: { headers?: Readonly<Record<string, string>>; body?: string }): Promise<void>;
  /** Leaves it without any answer. */
  drop(): void;
  /** Called when the far end takes an unanswered INVITE back. */
  onCancel(listener: () => void): void;
}

/** The parts of drachtio-srf's request and response that are used. */
export interface AppRequest {
  readonly method: string;
  readonly uri: string;
  readonly body?: string;
  readonly source_address?: string;
  readonly source_port?: number;
  readonly protocol?: string;
  readonly stackDialogId?: string;
  socket: unknown;
  readonly agent?: { readonly mapServer: Map<unknown, { readonly pendingNetworkInvites: Map<string, unknown> }> };
  get(name: string): string | undefined;
  on(event: string, listener: (...facts: unknown[]) => void): void;
  cancel(options: object, callback: () => void): void;
}

export interface AppResponse {
  readonly status: number;
  readonly reason?: string;
  readonly body?: string;
  socket: unknown;
  get(name: string): string | undefined;
  send(status: number, options: object, callback?: (fault: unknown) => void): void;
}

/** `socketNow` is the connection that stands: a request that came over an earlier one is answered over it. */
export function makeRequest(request: AppRequest, response: AppResponse, socketNow: () => unknown): SipRequest {
  return {
    method: request.method,
    uri: request.uri,
    body: request.body ?? '',
    source: {
      address: request.source_address ?? '',
      port: request.source_port ?? 0,
      protocol: request.protocol ?? 'udp',
    },
    dialogId: request.stackDialogId ? request.stackDialogId : null,
    header: (name) => request.get(name),
    answer: (status, what = {}) => answer(request, response, socketNow, status, what),
    drop: () => dropRequest(request),
    onCancel: (listener) => request.on('cancel', listener),
  };
}

/** drachtio-srf remembers each INVITE until it is answered; one that never will be must be forgotten here. */
export function dropRequest(request: AppRequest): void {
  const callId = request.get('call-id');
  if (callId === undefined || request.method !== 'INVITE') return;
  request.agent?.mapServer.get(request.socket)?.pendingNetworkInvites.delete(callId);
}

function answer(
  request: AppRequest,
  response: AppResponse,
  socketNow: () => unknown,
  status: number,
  what: { headers?: Readonly<Record<string, string>>; body?: string },
): Promise<void> {
  const mapServer = request.agent?.mapServer;
  if (mapServer !== undefined && !mapServer.has(response.socket)) response.socket = socketNow();
  return new Promise((resolve, reject) => {
    // The server says whether it could send the answer; a final one is waited for, and it takes no time.
    const timer = setTimeout(
      () => reject(new SipFault('silent', 'the answer was not sent in time')),
      limits.sipServerAnswerTimeoutMs,
    );
    response.send(status, { headers: { ...what.headers }, body: what.body }, (fault) => {
      clearTimeout(timer);
      if (fault) reject(faultOf(fault));
      else resolve();
    });
  });
}

/** drachtio-srf hands on what the server said as a text, and its own faults as errors. */
function faultOf(fault: unknown): SipFault {
  const text = fault instanceof Error ? fault.message : String(fault);
  return new SipFault(/unknown transaction/i.test(text) ? 'gone' : 'refused', text, { cause: fault });
}
