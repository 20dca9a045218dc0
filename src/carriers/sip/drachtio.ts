/**
 * The connection to drachtio-server, which speaks SIP for us: requests come in, requests and answers go out, over one TCP
 * connection that is opened again whenever it breaks. drachtio-srf's dialogs are left aside: a dialog is named by its id
 * (`<Call-ID>;from-tag=<tag>`), so a later process can still end what an earlier one began, and none of their traps
 * (contracts section 3) are met. Every request has a timer of ours, because pending ones vanish with the connection.
 */
import Srf from 'drachtio-srf';
import { limits } from '../../../config/limits.ts';
import type { Log } from '../../ports/log.ts';
import { SipFault } from './sip-fault.ts';
import { type AppRequest, type AppResponse, dropRequest, makeRequest, type SipRequest } from './sip-request.ts';

export interface SipAnswer {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  header(name: string): string | undefined;
  /** Acknowledges a 2xx to an INVITE, with our description when theirs was the offer. */
  ack(body?: string): void;
}

export interface SentRequest {
  /** Takes an INVITE back; twice is once, and a late one does nothing. */
  cancel(reason?: string): void;
}

export interface RequestOrder {
  readonly method: string;
  /** Where it goes; left out within a dialog. */
  readonly uri?: string;
  readonly dialogId?: string;
  /** Sent there instead of to the address's own host. */
  readonly proxy?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
}

export interface Drachtio {
  isUp(): boolean;
  /** Sends a request; each answer is given to `heard`. @throws SipFault when the server does not send it. */
  send(order: RequestOrder, heard: (answer: SipAnswer) => void): Promise<SentRequest>;
  /** Sends a request and waits for its final answer. @throws SipFault */
  ask(order: RequestOrder, timeoutMs?: number): Promise<SipAnswer>;
  close(): void;
}

interface World {
  readonly address: { readonly host: string; readonly port: number; readonly secret: string };
  readonly log: Log;
  readonly onRequest: (request: SipRequest) => Promise<void>;
  /** Told each time the connection stands, and each time it is lost. */
  readonly onLink: (isUp: boolean) => void;
}

/** As much of drachtio-srf as is used; its own types leave out most of it. */
interface SrfLike {
  on(event: string, listener: (...facts: unknown[]) => void): void;
  use(handler: (request: AppRequest, response: AppResponse) => void): void;
  invite(handler: (request: AppRequest, response: AppResponse) => void): void;
  connect(options: object): void;
  disconnect(): void;
  request(uri: string, options: object, callback: (fault: unknown, sent?: AppRequest) => void): void;
  readonly app: { readonly client?: { readonly mapServer: Map<SocketLike, unknown> } };
}

interface SocketLike {
  setNoDelay(on: boolean): void;
  destroy(): void;
}

const verbs = [
  'invite',
  'register',
  'options',
  'bye',
  'info',
  'refer',
  'update',
  'message',
  'notify',
  'subscribe',
  'ack',
];

export function connectDrachtio(world: World): Drachtio {
  const srf = new Srf() as unknown as SrfLike & Record<string, (handler: unknown) => void>;
  const state = { isUp: false, closed: false };
  const pending = new Set<(fault: SipFault) => void>();
  const sockets = () => [...(srf.app.client?.mapServer.keys() ?? [])];
  const setUp = (isUp: boolean) => {
    if (state.isUp === isUp) return;
    state.isUp = isUp;
    if (!isUp) for (const reject of [...pending]) reject(new SipFault('away', 'the connection to drachtio was lost'));
    world.onLink(isUp);
  };
  const handle = (request: AppRequest, response: AppResponse) => {
    world.onRequest(makeRequest(request, response, () => sockets()[0])).catch((fault: unknown) => {
      world.log.error({ fault, method: request.method }, 'sip-request-failed');
      dropRequest(request);
    });
  };
  for (const verb of verbs) srf[verb]?.(handle);
  srf.on('connect', (fault, hostPorts) => {
    if (fault) {
      world.log.error({ host: world.address.host }, 'drachtio-secret-refused');
      return;
    }
    // drachtio-srf sets it for its first connection only; without it each message may wait 40 ms for an acknowledgement.
    for (const socket of sockets()) socket.setNoDelay(true);
    world.log.info({ listensOn: String(hostPorts) }, 'drachtio-connected');
    setUp(true);
  });
  srf.on('error', (fault) => world.log.debug({ fault }, 'drachtio-connection-failed'));
  srf.on('close', () => {
    if (state.isUp) world.log.warn({}, 'drachtio-connection-lost');
    setUp(false);
  });
  srf.connect({ ...world.address, reconnect: { retryMaxDelay: limits.sipReconnectPauseMsMax } });

  const send = (order: RequestOrder, heard: (answer: SipAnswer) => void): Promise<SentRequest> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        pending.delete(fail);
        act();
      };
      const fail = (fault: SipFault) => settle(() => reject(fault));
      const timer = setTimeout(
        () => fail(new SipFault('silent', 'drachtio did not take the request in time')),
        limits.sipServerAnswerTimeoutMs,
      );
      pending.add(fail);
      try {
        srf.request(order.uri ?? 'sip:placeholder', optionsOf(order), (fault, sent) => {
          if (fault || sent === undefined) {
            fail(faultOf(fault));
            return;
          }
          sent.on('response', (response, ack) => heard(answerOf(response as AppResponse, ack as Acknowledge)));
          settle(() => resolve(sentRequestOf(sent)));
        });
      } catch (fault) {
        fail(new SipFault('away', 'there is no connection to drachtio', { cause: fault }));
      }
    });

  return Object.freeze({
    isUp: () => state.isUp,
    send,
    ask(order: RequestOrder, timeoutMs = limits.sipAnswerTimeoutMs): Promise<SipAnswer> {
      return new Promise((resolve, reject) => {
        const fail = (fault: SipFault) => {
          clearTimeout(timer);
          pending.delete(fail);
          reject(fault);
        };
        const timer = setTimeout(() => fail(new SipFault('silent', `no answer within ${timeoutMs} ms`)), timeoutMs);
        pending.add(fail);
        send(order, (answer) => {
          if (answer.status < 200) return;
          clearTimeout(timer);
          pending.delete(fail);
          resolve(answer);
        }).catch(fail);
      });
    },
    close(): void {
      if (state.closed) return;
      state.closed = true;
      try {
        srf.disconnect();
      } catch {
        // There is no connection; the next attempt to make one is stopped with the others below.
      }
      stopReconnecting(srf);
      setUp(false);
    },
  });
}

type Acknowledge = (options?: { body: string }) => void;

function answerOf(response: AppResponse, ack: Acknowledge): SipAnswer {
  return {
    status: response.status,
    reason: response.reason ?? '',
    body: response.body ?? '',
    header: (name) => response.get(name),
    ack(body?: string): void {
      try {
        ack(body === undefined ? undefined : { body });
      } catch {
        // The connection went; the far end sends its answer again and then gives up by itself.
      }
    },
  };
}

function sentRequestOf(sent: AppRequest): SentRequest {
  let cancelled = false;
  return {
    cancel(reason?: string): void {
      if (cancelled) return;
      cancelled = true;
      try {
        sent.cancel(reason === undefined ? {} : { headers: { Reason: reason } }, () => undefined);
      } catch {
        // Without a connection there is nothing to cancel with; the leg's own timer ends it here.
      }
    },
  };
}

function optionsOf(order: RequestOrder): object {
  return {
    method: order.method,
    headers: { ...order.headers },
    ...(order.dialogId === undefined ? {} : { stackDialogId: order.dialogId }),
    ...(order.proxy === undefined ? {} : { proxy: order.proxy }),
    ...(order.body === undefined || order.body === null ? {} : { body: order.body }),
  };
}

function faultOf(fault: unknown): SipFault {
  const code = fault instanceof Error && 'code' in fault ? fault.code : null;
  if (code === 'ENODIALOG') return new SipFault('gone', 'the dialog is over');
  const text = fault instanceof Error ? fault.message : String(fault);
  return new SipFault(code === 'ESOCKETDESTROYED' ? 'away' : 'refused', text, { cause: fault });
}

/** drachtio-srf offers no way to stop a reconnect that is waiting; its timer is in the protocol object. */
function stopReconnecting(srf: SrfLike): void {
  const client = srf.app.client as { wp?: { closing?: boolean; reconnectVars?: { retryTimer?: NodeJS.Timeout } } };
  if (client?.wp === undefined) return;
  client.wp.closing = true;
  clearTimeout(client.wp.reconnectVars?.retryTimer);
  for (const socket of srf.app.client?.mapServer.keys() ?? []) socket.destroy();
}
