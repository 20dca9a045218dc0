/**
 * All calls of one far end: the ones people place to the gateway's numbers, the ones the gateway places over REST, and
 * the legs `<Dial>` makes. It also keeps the scripts that decide what a ringing phone does.
 */
import { type CallOrder, createCall, type LiveCall, type StatusReport } from './far-end-call.ts';
import type { CallStatus } from './far-end-line.ts';
import type { FarEndCall } from './far-end-phone.ts';
import type { World } from './far-end-world.ts';
import type { Leg, LegWanted, Source } from './verb-step.ts';

/** A call a person places to one of the gateway's numbers. */
export interface InboundCall {
  readonly to: string;
  readonly from: string;
  /** As Twilio writes it, e.g. `TN-Validation-Passed-A`; absent when the call was not signed. */
  readonly stirVerstat?: string;
  readonly callerName?: string;
  /** More form fields, e.g. ForwardedFrom or FromCity. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** A call ordered over REST. */
export interface OutboundCall {
  readonly to: string;
  readonly from: string;
  readonly source: Source;
  readonly report: StatusReport | null;
  readonly machineUrl: string | null;
  readonly ringTimeoutMs: number;
}

export interface Switchboard {
  placeCall(call: InboundCall): FarEndCall;
  dial(call: OutboundCall): LiveCall;
  find(sid: string): LiveCall | undefined;
  /** Newest first, as Twilio lists them. */
  all(): readonly LiveCall[];
  /** Runs `script` for each phone that starts to ring; returns how to stop. */
  onRing(script: (phone: FarEndCall) => void): () => void;
  /** Resolves with a phone that rings and was not handed out before. */
  waitForRing(to?: string, withinMs?: number): Promise<FarEndCall>;
}

export function createSwitchboard(world: World): Switchboard {
  const calls = new Map<string, LiveCall>();
  const scripts = new Set<(phone: FarEndCall) => void>();
  const handedOut = new Set<string>();

  const onRing = (phone: FarEndCall) => {
    for (const script of [...scripts]) if (phone.status() === 'ringing') script(phone);
  };

  function create(order: Omit<CallOrder, 'dialLeg' | 'onRing'>): LiveCall {
    const live = createCall(world, { ...order, dialLeg, onRing });
    calls.set(live.call.sid, live);
    return live;
  }

  function placeCall({ to, from, stirVerstat, callerName, extra }: InboundCall): FarEndCall {
    const live = create({
      direction: 'inbound',
      from,
      to,
      extra: {
        ...geography,
        ...(stirVerstat === undefined ? {} : { StirVerstat: stirVerstat }),
        ...(callerName === undefined ? {} : { CallerName: callerName }),
        ...extra,
      },
      source: { kind: 'url', url: world.hookUrl('voice'), method: 'POST', fields: {} },
      report: { url: world.hookUrl('status'), method: 'POST', events: ['completed'] },
      ringTimeoutMs: 60_000,
    });
    live.arrive();
    return live.call;
  }

  function dial(wanted: OutboundCall): LiveCall {
    const live = create({ direction: 'outbound-api', ...wanted });
    live.ring();
    return live;
  }

  /** A leg belongs to its dial until it ends or is redirected elsewhere. */
  function dialLeg(wanted: LegWanted): Leg {
    const { noun, parent, baseUrl } = wanted;
    let owned = true;
    const live = create({
      direction: 'outbound-dial',
      from: wanted.from,
      to: noun.address,
      parentSid: parent.facts.sid,
      source:
        noun.url === null
          ? null
          : { kind: 'url', url: new URL(noun.url, baseUrl).href, method: noun.method, fields: {} },
      report: legReport(wanted),
      ringTimeoutMs: wanted.timeoutMs,
      onReady: () => wanted.onReady(leg),
      onGone: (status: CallStatus) => {
        if (!owned) return;
        owned = false;
        wanted.onGone(leg, status);
      },
    });
    const leg: Leg = Object.freeze({
      line: live.line,
      end: (status: CallStatus) => {
        if (owned) live.end(status);
      },
    });
    live.ring();
    return leg;
  }

  function waitForRing(to?: string, withinMs = world.waitLimitMs): Promise<FarEndCall> {
    return world.waits.until(`${to ?? 'a phone'} to ring`, withinMs, () => {
      const ringing = [...calls.values()].find(
        ({ call }) =>
          call.moment() === 'ringing' &&
          call.direction !== 'inbound' &&
          (to ?? call.to) === call.to &&
          !handedOut.has(call.sid),
      );
      if (ringing !== undefined) handedOut.add(ringing.call.sid);
      return ringing?.call;
    });
  }

  return Object.freeze({
    placeCall,
    dial,
    find: (sid: string) => calls.get(sid),
    all: () => [...calls.values()].reverse(),
    onRing: (script: (phone: FarEndCall) => void) => {
      scripts.add(script);
      return () => void scripts.delete(script);
    },
    waitForRing,
  });
}

function legReport({ noun, baseUrl }: LegWanted): StatusReport | null {
  if (noun.statusCallback === null) return null;
  const events = noun.statusCallbackEvents.length === 0 ? ['completed'] : noun.statusCallbackEvents;
  return { url: new URL(noun.statusCallback, baseUrl).href, method: 'POST', events };
}

/** Twilio guesses where a caller is from the number; a gateway must not lean on it. */
const geography = Object.freeze({
  FromCity: 'PORTLAND',
  FromState: 'OR',
  FromZip: '97201',
  FromCountry: 'US',
  ToCity: 'PORTLAND',
  ToState: 'OR',
  ToZip: '97201',
  ToCountry: 'US',
});
