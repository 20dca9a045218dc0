/**
 * A stand-in for Twilio and for everybody behind it: callers, texting customers and the phones of agents. It speaks
 * Twilio's REST API to the gateway, sends it signed webhooks and acts out the TwiML that comes back, so a gateway can
 * be driven through whole conversations over HTTP, with nothing replaced inside it. Scripts decide what people do.
 */

import { createMessages, type FarEndText, type Messages } from './far-end-messages.ts';
import type { FarEndCall } from './far-end-phone.ts';
import { createRecordings, type Recordings } from './far-end-recordings.ts';
import { type RestServer, startRestServer } from './far-end-rest.ts';
import { createSwitchboard, type Switchboard } from './far-end-switchboard.ts';
import type { Delivery, DeliveryRules, HeldCallbacks } from './far-end-webhooks.ts';
import { createWorld, type FarEndFault, type FarEndOptions } from './far-end-world.ts';
import type { Webhook } from './send-webhook.ts';

/** A running far end. */
export interface TwilioFarEnd
  extends Pick<Switchboard, 'placeCall' | 'onRing' | 'waitForRing'>,
    Pick<Messages, 'sendText' | 'onText' | 'waitForText'>,
    Pick<RestServer, 'failNext' | 'dropNext' | 'requests'> {
  readonly accountSid: string;
  readonly authToken: string;
  /** Base address of the REST API, what a gateway is told instead of https://api.twilio.com. */
  readonly restUrl: string;
  /** Tells where the gateway is, at first or after it moved. */
  pointAt(gatewayUrl: string, publicUrl?: string): void;
  /** All calls, newest first; legs of `<Dial>` included. */
  calls(): readonly FarEndCall[];
  call(sid: string): FarEndCall | undefined;
  /** All texts, newest first. */
  texts(): readonly FarEndText[];
  /** How the recordings of a call stand, oldest first. */
  recordingsOf(callSid: string): ReturnType<Recordings['statesOf']>;
  /** Call SIDs present in a conference. */
  inRoom(roomName: string): readonly string[];
  /** Every webhook that was sent and how it was answered. */
  deliveries(): readonly Delivery[];
  /** Twilio's debugger: documents and webhooks that went wrong. */
  faults(): readonly FarEndFault[];
  /** Changes how webhooks are delivered from now on. */
  changeDelivery(rules: Partial<DeliveryRules>): void;
  /** Keeps matching status callbacks back until they are released. Default: all. */
  holdCallbacks(which?: (webhook: Webhook) => boolean): HeldCallbacks;
  /** Resolves when `ask` answers something; asked again on every change at the far end. */
  until<Answer>(what: string, ask: () => Answer | undefined, withinMs?: number): Promise<Answer>;
  /** Resolves when no webhook is queued or under way; held ones do not count. */
  settled(withinMs?: number): Promise<void>;
  /** Lets scripted time go by, at the far end's pace. */
  pass(scriptedMs: number): Promise<void>;
  /** Hangs up all calls without telling anybody, ends every wait, and stops listening. */
  close(): Promise<void>;
}

/** Starts a far end; its REST API listens on loopback when this resolves. */
export async function createTwilioFarEnd(options: FarEndOptions): Promise<TwilioFarEnd> {
  const world = createWorld(options);
  const switchboard = createSwitchboard(world);
  const messages = createMessages(world);
  const recordings = createRecordings(world);
  const rest = await startRestServer(world, { switchboard, messages, recordings, port: options.port ?? 0 });
  const { waits, webhooks, waitLimitMs } = world;
  const { accountSid, authToken } = world;
  return Object.freeze({
    accountSid,
    authToken,
    restUrl: rest.url,
    pointAt: world.pointAt,
    placeCall: switchboard.placeCall,
    onRing: switchboard.onRing,
    waitForRing: switchboard.waitForRing,
    calls: () => switchboard.all().map(({ call }) => call),
    call: (sid: string) => switchboard.find(sid)?.call,
    sendText: messages.sendText,
    onText: messages.onText,
    waitForText: messages.waitForText,
    texts: messages.all,
    recordingsOf: recordings.statesOf,
    inRoom: world.rooms.present,
    failNext: rest.failNext,
    dropNext: rest.dropNext,
    requests: rest.requests,
    deliveries: webhooks.deliveries,
    faults: world.faults,
    changeDelivery: webhooks.change,
    holdCallbacks: webhooks.hold,
    until: <Answer>(what: string, ask: () => Answer | undefined, withinMs = waitLimitMs) =>
      waits.until(what, withinMs, ask),
    settled: (withinMs = waitLimitMs) =>
      waits
        .until('all webhooks to be answered', withinMs, () => (webhooks.underWay() === 0 ? true : undefined))
        .then(() => undefined),
    pass: world.timers.pass,
    close: async () => {
      waits.close();
      webhooks.close();
      world.timers.close();
      await rest.close();
    },
  });
}
