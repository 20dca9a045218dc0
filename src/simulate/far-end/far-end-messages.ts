/**
 * Texts in both directions. People text the gateway's numbers and the far end acts out the `<Message>` verbs that come
 * back; the gateway sends over REST and gets status callbacks. As Twilio does on long codes, STOP and START are
 * answered here and a text to somebody who said STOP is refused with 21610.
 */

import type { World } from './far-end-world.ts';
import { inboundFields, statusFields } from './message-fields.ts';
import { readTwiml, TwimlFault } from './read-twiml.ts';
import type { Answer } from './send-webhook.ts';

/** Twilio's MessageStatus, the part used here. */
export type TextStatus = 'received' | 'queued' | 'sent' | 'delivered' | 'undelivered' | 'failed';

/** One text as it stands now. */
export interface FarEndText {
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-reply';
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly media: readonly string[];
  readonly status: TextStatus;
  readonly errorCode: number | null;
  /** Unix milliseconds. */
  readonly createdAtMs: number;
}

/** What becomes of an outbound text. `sent` means no receipt ever comes. */
export type TextFate = 'delivered' | 'sent' | { readonly status: 'undelivered' | 'failed'; readonly errorCode: number };

/** An inbound text and how the gateway took it, one answer a copy. */
export interface SentText {
  readonly sid: string;
  readonly answers: readonly Answer[];
  /** Every copy was answered 2xx. */
  readonly acknowledged: boolean;
}

export interface Messages {
  sendText(text: {
    readonly from: string;
    readonly to: string;
    readonly body: string;
    readonly media?: readonly string[];
    /** Sends the same text again under its first SID, as a retry would. */
    readonly sid?: string;
  }): Promise<SentText>;
  /** Accepts a text from the gateway; `opted-out` when the receiver said STOP to that number. */
  create(text: {
    from: string;
    to: string;
    body: string;
    media: readonly string[];
    statusCallback: string | null;
  }): FarEndText | 'opted-out';
  find(sid: string): FarEndText | undefined;
  /** Newest first. */
  all(): readonly FarEndText[];
  /** Decides what becomes of each outbound text; the last script to answer wins. Returns how to stop. */
  onText(script: (text: FarEndText) => TextFate | undefined): () => void;
  /** Resolves with the first outbound text that fits; earlier ones count unless `after` names one to start behind. */
  waitForText(
    which: { to?: string; from?: string; body?: RegExp; after?: string },
    withinMs?: number,
  ): Promise<FarEndText>;
}

const stopWords = /^(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)$/i;
const startWords = /^(start|unstop)$/i;

export function createMessages(world: World): Messages {
  const texts = new Map<string, FarEndText>();
  const scripts = new Set<(text: FarEndText) => TextFate | undefined>();
  const optedOut = new Set<string>();

  function keep(text: FarEndText): FarEndText {
    texts.set(text.sid, Object.freeze(text));
    world.waits.changed();
    return text;
  }

  async function sendText(wanted: Parameters<Messages['sendText']>[0]): Promise<SentText> {
    const { from, to, body, media = [] } = wanted;
    const sid = wanted.sid ?? world.makeSid(media.length > 0 ? 'MM' : 'SM');
    keep({
      sid,
      direction: 'inbound',
      from,
      to,
      body,
      media,
      status: 'received',
      errorCode: null,
      createdAtMs: world.clock.now(),
    });
    const pair = `${to} ${from}`;
    if (world.carrierOptOut && stopWords.test(body.trim())) optedOut.add(pair);
    if (world.carrierOptOut && startWords.test(body.trim())) optedOut.delete(pair);
    const fields = inboundFields(world.accountSid, { sid, from, to, body, media });
    const answers = await world.webhooks.fetchCopies({
      kind: 'message',
      subject: sid,
      url: world.hookUrl('messages'),
      method: 'POST',
      fields,
    });
    for (const answer of answers) reply(answer, { sid, from, to });
    return Object.freeze({ sid, answers, acknowledged: answers.every(isAcknowledged) });
  }

  /** Acts out what the gateway answered. */
  function reply(answer: Answer, inbound: { sid: string; from: string; to: string }): void {
    if (!isAcknowledged(answer)) {
      const what = answer.kind === 'answered' ? `HTTP ${answer.status}` : answer.failure;
      world.noteFault({ code: 11_200, subject: inbound.sid, message: `message webhook: ${what}` });
      return;
    }
    if (answer.kind !== 'answered' || answer.body.trim() === '') return;
    try {
      for (const verb of readTwiml(answer.body)) {
        if (verb.kind !== 'message') continue;
        send(
          {
            from: verb.from ?? inbound.to,
            to: verb.to ?? inbound.from,
            body: verb.body,
            media: [],
            statusCallback: null,
          },
          'outbound-reply',
        );
      }
    } catch (fault) {
      if (!(fault instanceof TwimlFault)) throw fault;
      world.noteFault({ code: 12_100, subject: inbound.sid, message: fault.message });
    }
  }

  function send(
    wanted: Parameters<Messages['create']>[0],
    direction: FarEndText['direction'],
  ): FarEndText | 'opted-out' {
    const { from, to, body, media, statusCallback } = wanted;
    if (optedOut.has(`${from} ${to}`)) return 'opted-out';
    const sid = world.makeSid(media.length > 0 ? 'MM' : 'SM');
    const text = keep({
      sid,
      direction,
      from,
      to,
      body,
      media,
      status: 'queued',
      errorCode: null,
      createdAtMs: world.clock.now(),
    });
    world.timers.afterReal(0, () => progress(text, statusCallback));
    return text;
  }

  function progress(text: FarEndText, statusCallback: string | null): void {
    const fate = [...scripts].reduce<TextFate>((sofar, script) => script(text) ?? sofar, 'delivered');
    const last = typeof fate === 'string' ? { status: fate, errorCode: null } : fate;
    const steps =
      last.status === 'sent' || last.status === 'failed' ? ['queued' as const] : ['queued' as const, 'sent' as const];
    for (const status of steps) report({ ...text, status }, statusCallback);
    report(keep({ ...text, status: last.status, errorCode: last.errorCode }), statusCallback);
  }

  function report(text: FarEndText, statusCallback: string | null): void {
    if (statusCallback === null) return;
    const fields = statusFields(world.accountSid, text);
    world.webhooks.post({ kind: 'message-status', subject: text.sid, url: statusCallback, method: 'POST', fields });
  }

  return Object.freeze({
    sendText,
    create: (text: Parameters<Messages['create']>[0]) => send(text, 'outbound-api'),
    find: (sid: string) => texts.get(sid),
    all: () => [...texts.values()].reverse(),
    onText: (script: (text: FarEndText) => TextFate | undefined) => {
      scripts.add(script);
      return () => void scripts.delete(script);
    },
    waitForText: (which: Parameters<Messages['waitForText']>[0], withinMs = world.waitLimitMs) =>
      world.waits.until(`a text ${JSON.stringify({ ...which, body: which.body?.source })}`, withinMs, () =>
        findOutbound([...texts.values()], which),
      ),
  });
}

function findOutbound(
  texts: readonly FarEndText[],
  which: Parameters<Messages['waitForText']>[0],
): FarEndText | undefined {
  const start = which.after === undefined ? 0 : texts.findIndex(({ sid }) => sid === which.after) + 1;
  return texts
    .slice(start)
    .find(
      ({ direction, to, from, body }) =>
        direction !== 'inbound' &&
        to === (which.to ?? to) &&
        from === (which.from ?? from) &&
        (which.body?.test(body) ?? true),
    );
}

function isAcknowledged(answer: Answer): boolean {
  return answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
}
