/**
 * What every part of the far end is given: the account, time, chance, the wire to the gateway, the conferences and the
 * list of faults Twilio would show in its debugger. One world a far end; nothing here outlives it.
 */
import { type Clock, systemClock } from '../../ports/clock.ts';
import { createRandom, type Random } from '../random.ts';
import { createRooms, type RoomEvent, type Rooms } from './far-end-rooms.ts';
import { createTimers, type Timers } from './far-end-timers.ts';
import { createWaits, type Waits } from './far-end-waits.ts';
import { createWebhooks, type DeliveryRules, type Webhooks } from './far-end-webhooks.ts';
import type { GatewayAddress } from './send-webhook.ts';

/** What a far end needs to know of the gateway, and how it should behave. */
export interface FarEndOptions extends Partial<DeliveryRules> {
  readonly accountSid: string;
  readonly authToken: string;
  /** Where the gateway listens; may be given later with `pointAt`. */
  readonly gatewayUrl?: string;
  /** What the gateway believes its public address to be; signatures cover it. Default: `gatewayUrl`. */
  readonly publicUrl?: string;
  /** Webhook addresses of every number; paths are joined to the public address. */
  readonly voiceUrl?: string;
  readonly statusUrl?: string;
  readonly messagesUrl?: string;
  /** Asked when `voiceUrl` fails. Default: none, so the caller hears an application error. */
  readonly voiceFallbackUrl?: string | null;
  /** Port of the REST API on loopback. Default 0: a free one. */
  readonly port?: number;
  /** Everything drawn by chance, SIDs included, follows from it. Default 1. */
  readonly seed?: number;
  /** Multiplies scripted time: pauses, ringing, digit timeouts. Default 1, real time. */
  readonly pace?: number;
  /** Multiplies, beside `pace`, the length of the music that waiting callers hear. Default 1. */
  readonly musicPace?: number;
  readonly clock?: Clock;
  /** How long a `waitFor…` waits when it is not told. Default 10,000 real milliseconds. */
  readonly waitLimitMs?: number;
  /** Twilio answers STOP and START itself and refuses later texts with 21610. Default true. */
  readonly carrierOptOut?: boolean;
}

/** An entry of the debugger: Twilio's error code, and which call or message it struck. */
export interface FarEndFault {
  readonly code: number;
  readonly subject: string;
  readonly message: string;
}

/** Which webhook of a number. */
export type NumberHook = 'voice' | 'status' | 'messages';

export interface World {
  readonly accountSid: string;
  readonly authToken: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly waits: Waits;
  readonly waitLimitMs: number;
  readonly webhooks: Webhooks;
  readonly rooms: Rooms;
  readonly carrierOptOut: boolean;
  readonly musicPace: number;
  /** Public address of a number's webhook. */
  hookUrl(hook: NumberHook): string;
  /** Public address to ask when the voice webhook fails; null when there is none. */
  fallbackUrl(): string | null;
  pointAt(gatewayUrl: string, publicUrl?: string): void;
  /** A SID such as `CA` and 32 hexadecimal digits. */
  makeSid(prefix: string): string;
  noteFault(fault: FarEndFault): void;
  faults(): readonly FarEndFault[];
}

const defaultPaths: Readonly<Record<NumberHook, string>> = {
  voice: '/carriers/twilio/voice',
  status: '/carriers/twilio/status',
  messages: '/carriers/twilio/messages',
};

/** Puts a world together. */
export function createWorld(options: FarEndOptions): World {
  const clock = options.clock ?? systemClock;
  const random = createRandom(options.seed ?? 1);
  const timers = createTimers(options.pace ?? 1);
  const waits = createWaits();
  const faults: FarEndFault[] = [];
  let address = gatewayAddress(options.gatewayUrl ?? 'http://127.0.0.1:9', options.publicUrl);
  const makeSid = (prefix: string) => `${prefix}${random.hex(32)}`;
  const rules = pickRules(options);
  const { authToken, accountSid } = options;
  const webhooks = createWebhooks({ address: () => address, authToken, clock, random, timers, waits, rules });
  const rooms = createRooms({
    makeSid: () => makeSid('CF'),
    report: (event) => reportRoom(event, { accountSid, clock, webhooks }),
  });
  const paths = { voice: options.voiceUrl, status: options.statusUrl, messages: options.messagesUrl };
  return Object.freeze({
    accountSid,
    authToken,
    clock,
    random,
    timers,
    waits,
    waitLimitMs: options.waitLimitMs ?? 10_000,
    webhooks,
    rooms,
    carrierOptOut: options.carrierOptOut ?? true,
    musicPace: options.musicPace ?? 1,
    hookUrl: (hook: NumberHook) => absolute(paths[hook] ?? defaultPaths[hook], address),
    fallbackUrl: () => (options.voiceFallbackUrl ? absolute(options.voiceFallbackUrl, address) : null),
    pointAt: (gatewayUrl: string, publicUrl?: string) => {
      address = gatewayAddress(gatewayUrl, publicUrl ?? options.publicUrl);
    },
    makeSid,
    noteFault: (fault: FarEndFault) => {
      faults.push(Object.freeze(fault));
      waits.changed();
    },
    faults: () => [...faults],
  });
}

function gatewayAddress(gatewayUrl: string, publicUrl = gatewayUrl): GatewayAddress {
  const bare = (url: string) => url.replace(/\/+$/, '');
  return Object.freeze({ gatewayUrl: bare(gatewayUrl), publicUrl: bare(publicUrl) });
}

function absolute(urlOrPath: string, { publicUrl }: GatewayAddress): string {
  return urlOrPath.startsWith('/') ? `${publicUrl}${urlOrPath}` : urlOrPath;
}

function pickRules(options: FarEndOptions): Partial<DeliveryRules> {
  const { retry, retryForMs, duplicates, order, shuffleWithinMs, timeoutMs } = options;
  const given = Object.entries({ retry, retryForMs, duplicates, order, shuffleWithinMs, timeoutMs });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<DeliveryRules>;
}

/** `participant-join` is asked for as `join`, `conference-end` as `end`. */
function reportRoom(event: RoomEvent, world: { accountSid: string; clock: Clock; webhooks: Webhooks }): void {
  const { reportTo, seat } = event;
  if (reportTo?.statusCallback == null) return;
  const word = event.name.replace(/^(participant|conference)-/, '');
  const wanted = reportTo.statusCallbackEvents.length === 0 ? ['start', 'end'] : reportTo.statusCallbackEvents;
  if (!wanted.includes(word)) return;
  world.webhooks.post({
    kind: 'conference',
    subject: event.conferenceSid,
    url: reportTo.statusCallback,
    method: 'POST',
    fields: {
      AccountSid: world.accountSid,
      ConferenceSid: event.conferenceSid,
      FriendlyName: event.roomName,
      StatusCallbackEvent: event.name,
      SequenceNumber: String(event.sequence),
      Timestamp: rfc2822(world.clock.now()),
      ...(seat === null
        ? {}
        : {
            CallSid: seat.callSid,
            Muted: String(seat.noun.muted),
            Hold: 'false',
            StartConferenceOnEnter: String(seat.noun.startOnEnter),
            EndConferenceOnExit: String(seat.noun.endOnExit),
          }),
    },
  });
}

/** An instant as Twilio writes it: `Thu, 01 Jan 2026 00:00:00 +0000`. */
export function rfc2822(instantMs: number): string {
  return new Date(instantMs).toUTCString().replace('GMT', '+0000');
}
