/**
 * A telephone of a test: it speaks SIP text over its plug, answers what every phone answers by itself, and does the rest
 * when the test says so. The same phone works before the scripted edge and before a real server.
 */
import { randomUUID } from 'node:crypto';
import { answerTo, type CallPlan, type Phone, type PhoneCall, sdpOf } from './phone-call.ts';
import { proofFor } from './show-password.ts';
import type { SipPort } from './sip-network.ts';
import * as sip from './sip-text.ts';

interface Held extends PhoneCall {
  /** Gives the answer to its INVITE once more. */
  repeat: () => void;
  remote: string;
  local: string;
  target: string;
  cseq: number;
  invite: sip.SipText | null;
  branch: string;
}

let serial = 0;

export function createPhone(port: SipPort, user: string, server: string): Phone {
  const calls = new Map<string, Held>();
  const waiting = new Map<string, (answer: sip.SipText) => void>();
  const here = `${port.host}:${port.port}`;
  serial += 1;
  const soundPort = 30_000 + serial * 2;
  const mine = sdpOf(port.host, soundPort);

  const requestText = (method: string, uri: string, about: Omit<sip.SipText, 'start'>, branch: string) =>
    sip.writeSip({
      start: `${method} ${uri} SIP/2.0`,
      headers: [['Via', `SIP/2.0/UDP ${here};branch=${branch};rport`], ['Max-Forwards', '70'], ...about.headers],
      body: about.body,
    });
  const newBranch = () => `z9hG4bK${randomUUID()}`;
  const contact = ['Contact', `<sip:${user}@${here}>`] as const;
  const sdpType = ['Content-Type', 'application/sdp'] as const;

  const respond = (
    request: sip.SipText,
    status: number,
    to: string,
    more: readonly (readonly [string, string])[] = [],
    body = '',
  ) => {
    const vias = sip.headersOf(request, 'via').map((via) => ['Via', via] as const);
    const copied = ['From', 'Call-ID', 'CSeq'].map((name) => [name, sip.header(request, name) ?? ''] as const);
    const headers = [...vias, ...copied, ['To', to] as const, ...more];
    port.send(sip.writeSip({ start: `SIP/2.0 ${status} ${status < 300 ? 'OK' : 'No'}`, headers, body }));
  };

  const send = (
    call: Held,
    method: string,
    headers: readonly (readonly [string, string])[],
    body: string,
    cseq: number,
    branch = newBranch(),
  ) => {
    const dialog = [
      ['From', call.local],
      ['To', call.remote],
      ['Call-ID', call.callId],
      ['CSeq', `${cseq} ${method}`],
      contact,
    ] as const;
    port.send(requestText(method, call.target, { headers: [...dialog, ...headers], body }, branch));
    return branch;
  };

  const acknowledge = (call: Held, response: sip.SipText, body = '') => {
    const cseq = Number.parseInt(sip.header(response, 'cseq') ?? '1', 10);
    const branch = (sip.statusOf(response) ?? 0) >= 300 ? sip.branchOf(response) : newBranch();
    send(call, 'ACK', body === '' ? [] : [sdpType], body, cseq, branch);
  };

  const ask = (
    call: Held,
    method: string,
    what: { headers?: readonly (readonly [string, string])[]; body?: string } = {},
  ) =>
    new Promise<sip.SipText>((resolve) => {
      call.cseq += 1;
      const branch = newBranch();
      waiting.set(`${branch} ${method}`, (answer) => {
        call.log.push(answer);
        if (method === 'INVITE') {
          if (sip.statusOf(answer) === 200) call.theirSdp = answer.body;
          acknowledge(call, answer);
        }
        resolve(answer);
      });
      send(call, method, what.headers ?? [], what.body ?? '', call.cseq, branch);
    });

  function makeCall(
    about: Pick<
      Held,
      'callId' | 'localTag' | 'local' | 'remote' | 'target' | 'invite' | 'branch' | 'theirSdp' | 'ourSdp'
    >,
  ): Held {
    const call: Held = {
      ...about,
      log: [],
      status: 0,
      ended: false,
      cseq: 1,
      repeat: () => undefined,
      ring: () => answerInvite(call, 180),
      answer(sdp = call.ourSdp): void {
        call.ourSdp = sdp;
        answerInvite(call, 200, [sdpType], sdp);
      },
      reject: (status) => answerInvite(call, status),
      cancel: () => void send(call, 'CANCEL', [], '', call.cseq, call.branch),
      ask: (method, what) => ask(call, method, what),
      hangUp(): Promise<sip.SipText> {
        call.ended = true;
        return ask(call, 'BYE');
      },
    };
    calls.set(call.callId, call);
    phone.calls.push(call);
    return call;
  }

  function answerInvite(
    call: Held,
    status: number,
    more: readonly (readonly [string, string])[] = [],
    body = '',
  ): void {
    if (call.invite === null || call.status >= 200) return;
    call.status = status;
    if (status >= 300) call.ended = true;
    const asked = phone.challenge[status];
    const { invite } = call;
    call.repeat = () =>
      respond(invite, status, call.local, [contact, ...(asked === undefined ? [] : [asked]), ...more], body);
    call.repeat();
  }

  function takeRequest(request: sip.SipText): void {
    const method = sip.methodOf(request);
    const callId = sip.header(request, 'call-id') ?? '';
    const call = calls.get(callId);
    const to = sip.header(request, 'to') ?? '';
    if (call === undefined || sip.tagOf(to) === undefined) {
      // What a real server sends again is answered again.
      if (method === 'INVITE' && call?.invite !== null && call?.branch === sip.branchOf(request)) call?.repeat();
      else if (method === 'INVITE' && call?.ended !== false) takeInvite(request, callId, to);
      else if (method === 'CANCEL' && call !== undefined) takeCancel(request, call);
      else if (method !== 'ACK') respond(request, 481, to);
      return;
    }
    call.log.push(request);
    if (method === 'ACK') {
      if (request.body !== '') call.theirSdp = request.body;
      return;
    }
    if (method === 'CANCEL') {
      takeCancel(request, call);
      return;
    }
    if (call.ended) {
      respond(request, 481, to);
      return;
    }
    if (method === 'BYE') call.ended = true;
    if (method === 'INVITE') {
      if (request.body !== '') call.theirSdp = request.body;
      respond(request, 200, to, [contact, sdpType], answerTo(request.body, call.ourSdp));
    } else respond(request, 200, to);
  }

  function takeInvite(request: sip.SipText, callId: string, to: string): void {
    const localTag = randomUUID();
    const from = sip.header(request, 'from') ?? '';
    const target = /<?(sips?:[^>;]+)/.exec(sip.header(request, 'contact') ?? '')?.[1] ?? `sip:${server}`;
    const call = makeCall({
      callId,
      localTag,
      local: `${to};tag=${localTag}`,
      remote: from,
      target,
      invite: request,
      branch: sip.branchOf(request),
      theirSdp: request.body,
      ourSdp: mine,
    });
    phone.onCall(call, request);
  }

  function takeCancel(request: sip.SipText, call: Held): void {
    respond(request, 200, call.local);
    if (call.status >= 200) return;
    call.log.push(request);
    answerInvite(call, 487);
  }

  function takeResponse(response: sip.SipText): void {
    const status = sip.statusOf(response) ?? 0;
    const branch = sip.branchOf(response);
    if (status < 200) {
      const call = calls.get(sip.header(response, 'call-id') ?? '');
      if (call !== undefined && call.branch === branch) {
        call.status = Math.max(call.status, status);
        if (response.body !== '') call.theirSdp = response.body;
      }
      return;
    }
    const key = `${branch} ${/[A-Z]+\s*$/.exec(sip.header(response, 'cseq') ?? '')?.[0].trim()}`;
    const resolve = waiting.get(key);
    waiting.delete(key);
    resolve?.(response);
  }

  const phone: Phone = {
    port,
    address: `sip:${user}@${here}`,
    calls: [],
    challenge: {},
    onCall: (call) => call.answer(),
    call(uri: string, plan: CallPlan = {}): PhoneCall {
      const localTag = randomUUID();
      const local = `${plan.from ?? `<sip:${user}@${port.host}>`};tag=${localTag}`;
      const sdp = plan.sdp === undefined ? mine : plan.sdp;
      const about = {
        callId: randomUUID(),
        localTag,
        local,
        remote: `<${uri}>`,
        target: uri,
        invite: null,
        branch: '',
      };
      const call = makeCall({ ...about, theirSdp: '', ourSdp: sdp ?? mine });
      const invite = (headers: readonly (readonly [string, string])[]) => {
        const type = sdp === null ? [] : [sdpType];
        call.branch = newBranch();
        waiting.set(`${call.branch} INVITE`, (answer) => takeFinal(answer));
        send(call, 'INVITE', [...type, ...(plan.headers ?? []), ...headers], sdp ?? '', call.cseq, call.branch);
      };
      const takeFinal = (answer: sip.SipText) => {
        call.log.push(answer);
        const status = sip.statusOf(answer) ?? 0;
        const { remote, target } = call;
        call.remote = sip.header(answer, 'to') ?? call.remote;
        if (status === 200) {
          call.target = /<?(sips?:[^>;]+)/.exec(sip.header(answer, 'contact') ?? '')?.[1] ?? call.target;
          call.theirSdp = answer.body;
          acknowledge(call, answer, sdp === null ? mine : '');
        } else acknowledge(call, answer);
        if (status === 407 && plan.password !== undefined && call.cseq === 1) {
          [call.remote, call.target] = [remote, target];
          call.cseq += 1;
          invite([proofFor(answer, { method: 'INVITE', uri }, { user, password: plan.password })]);
          return;
        }
        call.status = status;
        if (status >= 300) call.ended = true;
      };
      invite([]);
      return call;
    },
    ask: (method, uri, headers = []) =>
      new Promise((resolve) => {
        const branch = newBranch();
        const given = new Set(headers.map(([name]) => name.toLowerCase()));
        const usual = [
          ['From', `<sip:${user}@${port.host}>;tag=${randomUUID()}`],
          ['To', `<${uri}>`],
          ['Call-ID', randomUUID()],
          ['CSeq', `1 ${method}`],
          contact,
        ] as const;
        waiting.set(`${branch} ${method}`, resolve);
        const all = [...usual.filter(([name]) => !given.has(name.toLowerCase())), ...headers];
        port.send(requestText(method, uri, { headers: all, body: '' }, branch));
      }),
    close: () => port.close(),
  };
  port.onText((text) => {
    const message = sip.readSip(text);
    if (sip.statusOf(message) === null) takeRequest(message);
    else takeResponse(message);
  });
  return phone;
}
