/**
 * A drachtio-server played by a test: SIP text from phones goes to the gateway as the real server would hand it over, and
 * what the gateway orders goes out as SIP text. It keeps transactions and dialogs and nothing else: no retransmissions, no
 * timers, one process, so a thousand calls take a second. Whatever belongs to a connection that broke is heard by nobody.
 */
import { randomUUID } from 'node:crypto';
import { type App, type AppMessage, type DrachtioWire, openDrachtioWire } from './drachtio-wire.ts';
import { responseTo } from './response-to.ts';
import type { SipNetwork, SipPort } from './sip-network.ts';
import * as sip from './sip-text.ts';

/** What the server remembers of a request until it has its final answer. */
interface Transaction {
  readonly id: string;
  readonly request: sip.SipText;
  /** Where its answers go, or where it was sent. */
  readonly place: string;
  readonly dialogId: string;
  /** Who sent it, or hears of it. */
  readonly app: App | null;
  finished: boolean;
}

interface Dialog {
  readonly id: string;
  readonly callId: string;
  readonly local: string;
  remote: string;
  /** Where the far end is, as its Contact says. */
  target: string;
  readonly place: string;
  readonly app: App | null;
  cseq: number;
}

export interface SipEdge extends SipNetwork {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  /** Hands a text to the gateway as if it came from `host:port`. */
  deliver(text: string, host: string, port: number): void;
  /** Applications that are connected. */
  links(): number;
  breakConnections(): void;
  /** A server that was started anew: it knows no dialog any more. */
  forgetDialogs(): void;
  close(): Promise<void>;
}

const secret = 'edge-secret';
const self = '127.0.0.1:5060';

export async function openSipEdge(): Promise<SipEdge> {
  const incoming = new Map<string, Transaction>();
  const byBranch = new Map<string, Transaction>();
  const outgoing = new Map<string, Transaction>();
  const outgoingById = new Map<string, Transaction>();
  const dialogs = new Map<string, Dialog>();
  const plugs = new Map<string, (text: string) => void>();
  let lastPort = 20_000;
  const wire: DrachtioWire = await openDrachtioWire({ secret, onMessage: fromApp });

  const emit = (place: string, message: sip.SipText) => {
    const listener = plugs.get(place);
    if (listener !== undefined) queueMicrotask(() => listener(sip.writeSip(message)));
  };
  const facts = (source: 'network' | 'application', text: string, place: string) => {
    const [host = '', port = ''] = place.split(':');
    return `${source}|${Buffer.byteLength(text)}|udp|${host}|${port}|10:00:00.000000`;
  };

  function fromNetwork(text: string, place: string): void {
    const message = sip.readSip(text);
    if (sip.statusOf(message) === null) requestFromNetwork(message, text, place);
    else responseFromNetwork(message, text, place);
  }

  function requestFromNetwork(request: sip.SipText, text: string, place: string): void {
    const method = sip.methodOf(request);
    const toTag = sip.tagOf(sip.header(request, 'to'));
    const dialog = toTag === undefined ? undefined : findDialog(request);
    if (method === 'ACK') {
      wire.send(dialog?.app ?? null, `sip|${facts('network', text, place)}|${randomUUID()}|${dialog?.id}|`, text);
      return;
    }
    if (method === 'CANCEL') {
      cancelFromNetwork(request, text, place);
      return;
    }
    if (toTag !== undefined && dialog === undefined) {
      emit(place, responseTo(request, 481, 'Call/Transaction Does Not Exist', []));
      return;
    }
    const app = dialog === undefined ? wire.first() : dialog.app;
    const transaction = { id: randomUUID(), request, place, dialogId: dialog?.id ?? '', app, finished: false };
    incoming.set(transaction.id, transaction);
    byBranch.set(sip.branchOf(request), transaction);
    if (method === 'INVITE') emit(place, responseTo(request, 100, 'Trying', []));
    if (method === 'BYE') dialogs.delete(dialog?.id ?? '');
    const words = `sip|${facts('network', text, place)}|${transaction.id}|${transaction.dialogId}|`;
    if (wire.send(app, words, text)) return;
    if (dialog === undefined) emit(place, responseTo(request, 503, 'Service Unavailable', []));
    else if (method === 'BYE') emit(place, responseTo(request, 481, 'Call Does Not Exist', []));
  }

  function cancelFromNetwork(request: sip.SipText, text: string, place: string): void {
    const invite = byBranch.get(sip.branchOf(request));
    if (invite === undefined || invite.finished) {
      emit(place, responseTo(request, 481, 'Call/Transaction Does Not Exist', []));
      return;
    }
    invite.finished = true;
    emit(place, responseTo(request, 200, 'OK', []));
    emit(place, responseTo(invite.request, 487, 'Request Terminated', []));
    wire.send(invite.app, `sip|${facts('network', text, place)}|${invite.id}|${invite.dialogId}|`, text);
  }

  function responseFromNetwork(response: sip.SipText, text: string, place: string): void {
    const transaction = outgoing.get(sip.branchOf(response));
    const status = sip.statusOf(response) ?? 0;
    if (transaction === undefined || transaction.finished || status === 100) return;
    const method = sip.methodOf(transaction.request);
    if (status >= 200) transaction.finished = true;
    if (method === 'INVITE' && status >= 200 && status < 300) {
      const known = dialogs.get(transaction.dialogId);
      const to = sip.header(response, 'to') ?? '';
      const target = sip.header(response, 'contact') ?? sip.uriOf(transaction.request);
      if (known !== undefined) known.target = target;
      else addDialog(transaction, sip.header(transaction.request, 'from') ?? '', to, target, place);
    }
    if (method === 'INVITE' && status >= 300) acknowledge(transaction, response);
    if (method === 'BYE') dialogs.delete(transaction.dialogId);
    wire.send(transaction.app, `sip|${facts('network', text, place)}|${transaction.id}|${transaction.dialogId}|`, text);
  }

  function addDialog(transaction: Transaction, local: string, remote: string, target: string, place: string): void {
    const callId = sip.header(transaction.request, 'call-id') ?? '';
    const cseq = Number.parseInt(sip.header(transaction.request, 'cseq') ?? '1', 10);
    const { dialogId: id, app } = transaction;
    dialogs.set(id, { id, callId, local, remote, target, place, app, cseq });
  }

  function acknowledge(transaction: Transaction, response: sip.SipText): void {
    const cseq = `${Number.parseInt(sip.header(response, 'cseq') ?? '1', 10)} ACK`;
    const ack = { ...transaction.request, start: `ACK ${sip.uriOf(transaction.request)} SIP/2.0`, body: '' };
    emit(
      transaction.place,
      sip.withHeaders(ack, [
        ['To', sip.header(response, 'to') ?? ''],
        ['CSeq', cseq],
      ]),
    );
  }

  function findDialog(request: sip.SipText): Dialog | undefined {
    const callId = sip.header(request, 'call-id') ?? '';
    const tags = [sip.tagOf(sip.header(request, 'from')), sip.tagOf(sip.header(request, 'to'))];
    return tags.map((tag) => dialogs.get(`${callId};from-tag=${tag}`)).find((found) => found !== undefined);
  }

  function fromApp({ words, text }: AppMessage, reply: (answer: string, text?: string) => void, app: App): void {
    const [, transactionId = '', dialogId = '', route = ''] = words;
    const message = sip.readSip(text);
    if (sip.statusOf(message) !== null) respond(transactionId, message, reply);
    else if (dialogId !== '') requestInDialog(dialogId, message, app, reply);
    else if (transactionId !== '') cancelFromApp(transactionId, reply);
    else sendRequest(message, route, app, reply);
  }

  function respond(id: string, message: sip.SipText, reply: (answer: string, text?: string) => void): void {
    const transaction = incoming.get(id);
    const status = sip.statusOf(message) ?? 0;
    if (transaction === undefined || transaction.finished) {
      reply('NOK|Response not sent due to unknown transaction');
      return;
    }
    const { request, place } = transaction;
    const callId = sip.header(request, 'call-id');
    const dialogId = transaction.dialogId || `${callId};from-tag=${sip.tagOf(sip.header(request, 'from'))}`;
    const own = message.headers.filter(([name]) => !/^(via|from|to|call-id|cseq|content-length)$/i.test(name));
    const contact: (readonly [string, string])[] = status >= 300 ? [] : [['Contact', `<sip:${self}>`]];
    const sent = {
      ...responseTo(request, status, message.start.split(' ').slice(2).join(' '), [...own, ...contact]),
      body: message.body,
    };
    if (status >= 200) transaction.finished = true;
    if (status >= 200 && status < 300 && sip.methodOf(request) === 'INVITE' && !dialogs.has(dialogId)) {
      const target = sip.header(request, 'contact') ?? '';
      addDialog(
        { ...transaction, dialogId },
        sip.header(sent, 'to') ?? '',
        sip.header(request, 'from') ?? '',
        target,
        place,
      );
    }
    const written = sip.writeSip(sent);
    reply(`OK|${facts('application', written, place)}|${id}|${dialogId}|`, written);
    emit(place, sent);
  }

  function sendRequest(
    message: sip.SipText,
    route: string,
    app: App,
    reply: (answer: string, text?: string) => void,
  ): void {
    const place = sip.placeOf(route === '' ? sip.uriOf(message) : route);
    const id = randomUUID();
    const from = sip.header(message, 'from') ?? '<sip:gateway@localhost>';
    const tagged = sip.tagOf(from) === undefined ? `${from};tag=${randomUUID()}` : from;
    const callId = sip.header(message, 'call-id') ?? randomUUID();
    const dialogId = `${callId};from-tag=${sip.tagOf(tagged)}`;
    const request = sip.withHeaders(message, [
      ['Via', `SIP/2.0/UDP ${self};branch=z9hG4bK${id}`],
      ['Max-Forwards', '70'],
      ['From', tagged],
      ['To', sip.header(message, 'to') ?? `<${sip.uriOf(message)}>`],
      ['Call-ID', callId],
      ['CSeq', sip.header(message, 'cseq') ?? `1 ${sip.methodOf(message)}`],
      ['Contact', `<sip:${self}>`],
    ]);
    transmit({ id, request, place, dialogId, app, finished: false }, reply);
  }

  function requestInDialog(
    dialogId: string,
    message: sip.SipText,
    app: App,
    reply: (answer: string, text?: string) => void,
  ): void {
    const dialog = dialogs.get(dialogId);
    const method = sip.methodOf(message);
    if (dialog === undefined) {
      reply('NOK|Server error: unable to find dialog for dialog id provided');
      return;
    }
    if (method !== 'ACK') dialog.cseq += 1;
    const id = randomUUID();
    const request = sip.withHeaders(
      { ...message, start: `${method} ${/<?(sips?:[^>;]+)/.exec(dialog.target)?.[1]} SIP/2.0` },
      [
        ['Via', `SIP/2.0/UDP ${self};branch=z9hG4bK${id}`],
        ['Max-Forwards', '70'],
        ['From', dialog.local],
        ['To', dialog.remote],
        ['Call-ID', dialog.callId],
        ['CSeq', `${dialog.cseq} ${method}`],
        ['Contact', `<sip:${self}>`],
      ],
    );
    transmit({ id, request, place: dialog.place, dialogId, app, finished: method === 'ACK' }, reply);
  }

  function transmit(transaction: Transaction, reply: (answer: string, text?: string) => void): void {
    const text = sip.writeSip(transaction.request);
    outgoing.set(sip.branchOf(transaction.request), transaction);
    outgoingById.set(transaction.id, transaction);
    reply(`OK|${facts('application', text, transaction.place)}|${transaction.id}|Msg sent:|`, text);
    emit(transaction.place, transaction.request);
  }

  function cancelFromApp(id: string, reply: (answer: string, text?: string) => void): void {
    const invite = outgoingById.get(id);
    if (invite === undefined || invite.finished) {
      reply('NOK|transaction not found');
      return;
    }
    const cseq = `${Number.parseInt(sip.header(invite.request, 'cseq') ?? '1', 10)} CANCEL`;
    const start = `CANCEL ${sip.uriOf(invite.request)} SIP/2.0`;
    const cancel = sip.withHeaders({ ...invite.request, start, body: '' }, [['CSeq', cseq]]);
    const text = sip.writeSip(cancel);
    reply(`OK|${facts('application', text, invite.place)}|${id}|Msg sent:|`, text);
    emit(invite.place, cancel);
  }

  return {
    server: self,
    drachtio: { host: '127.0.0.1', port: wire.port, secret },
    async plug(host: string): Promise<SipPort> {
      lastPort += 1;
      const port = lastPort;
      const place = `${host}:${port}`;
      const listeners: ((text: string) => void)[] = [];
      plugs.set(place, (text) => {
        for (const listener of listeners) listener(text);
      });
      return {
        host,
        port,
        send: (text) => fromNetwork(text, place),
        onText: (listener) => void listeners.push(listener),
        close: () => void plugs.delete(place),
      };
    },
    deliver: (text, host, port) => fromNetwork(text, `${host}:${port}`),
    links: wire.apps,
    breakConnections: wire.breakConnections,
    forgetDialogs: () => dialogs.clear(),
    close: wire.close,
  };
}
