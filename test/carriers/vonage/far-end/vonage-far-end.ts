/**
 * A stand-in for Vonage and for everybody behind it: its REST API on loopback, its signed webhooks, and phones that a test
 * answers, lets ring and hangs up. It acts out the NCCOs that come back, so a gateway is driven through whole calls with
 * nothing replaced inside it. `webhooks` says what the network does to events: doubled, or held back and shuffled.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createWaits } from '../../../../src/simulate/far-end/far-end-waits.ts';
import { type LoopbackReply, startLoopbackServer } from '../../../../src/simulate/loopback-server.ts';
import { type Action, hasEnded, type Leg, type LegStatus } from './leg.ts';
import { createRestApi, type RestRequest } from './rest-api.ts';
import { createRooms, type RoomEnd } from './rooms.ts';
import { type Platform, runNcco } from './run-ncco.ts';
import { type Delivery, sendWebhook, signWebhook, type Webhook } from './send-webhook.ts';

export const vonageAccount = Object.freeze({
  apiKey: 'abcd1234',
  apiSecret: 'secret12',
  applicationId: '78d335fa-323d-4114-9c3d-d6f0d48968cf',
  signatureSecret: 's'.repeat(32),
});
const waitLimitMs = 20_000;

export type VonageFarEnd = Awaited<ReturnType<typeof createVonageFarEnd>>;

export async function createVonageFarEnd({
  roomEnd = 'next-action' as RoomEnd,
  publicUrl = '',
  musicMs = 16_000,
} = {}) {
  const songs = new Set<NodeJS.Timeout>();
  const waits = createWaits();
  const keys = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const legs = new Map<string, Leg>();
  const deliveries: Delivery[] = [];
  const faults: string[] = [];
  const network = { gatewayUrl: '', publicUrl, doubles: 0, holds: false, held: [] as Webhook[], underWay: 0 };

  /** Counts what is under way from before it is signed, so that `settled` overlooks nothing. */
  const counted = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    network.underWay += 1;
    try {
      return await act();
    } finally {
      network.underWay -= 1;
      waits.changed();
    }
  };
  const deliver = (webhook: Webhook): Promise<Delivery> =>
    counted(async () => {
      const delivery = { ...webhook, answer: await sendWebhook(network.gatewayUrl, webhook) };
      deliveries.push(delivery);
      return delivery;
    });
  const event = (leg: Leg): Promise<void> => {
    const { uuid, from, to, status, direction, conversation, eventUrl: address } = leg;
    const timestamp = new Date().toISOString();
    const fields = { from, to, uuid, conversation_uuid: conversation, status, direction, timestamp };
    return counted(async () => {
      const webhook = await signWebhook(vonageAccount, { kind: 'event', method: 'POST', address, fields });
      if (network.holds) network.held.push(webhook);
      else for (let copies = 0; copies <= network.doubles; copies += 1) void deliver(webhook);
    });
  };
  const enter = (leg: Leg, status: LegStatus): void => {
    if (hasEnded(leg)) return;
    leg.status = status;
    if (hasEnded(leg)) {
      leg.moment = 'ended';
      platform.rooms.leave(leg);
      for (const act of leg.onEnd.splice(0)) act();
    }
    if (leg.eventUrl !== '') void event(leg);
    waits.changed();
  };
  const nccoOf = ({ answer }: Delivery): readonly Action[] | null =>
    answer.status === 200 && answer.text !== '' ? (JSON.parse(answer.text) as Action[]) : null;
  const ask = async (kind: 'answer' | 'step', method: 'GET' | 'POST', address: string, fields: object) =>
    counted(async () => deliver(await signWebhook(vonageAccount, { kind, method, address, fields })));
  const makeLeg = (
    facts: Pick<Leg, 'direction' | 'from' | 'to' | 'eventUrl' | 'answerUrl' | 'detectsMachine'>,
  ): Leg => {
    const leg: Leg = {
      ...facts,
      uuid: randomUUID(),
      heard: [],
      status: 'started',
      moment: facts.direction === 'inbound' ? 'listening' : 'ringing',
      conversation: `CON-${randomUUID()}`,
      generation: 0,
      waiting: null,
      onEnd: [],
    };
    legs.set(leg.uuid, leg);
    return leg;
  };
  /** Asks what to do and does it; without an answer the call ends, as Vonage ends it after its fallback. */
  const start = async (leg: Leg, method: 'GET' | 'POST', address: string): Promise<void> => {
    const fields = { to: leg.to, from: leg.from, uuid: leg.uuid, conversation_uuid: leg.conversation };
    const ncco = nccoOf(await ask('answer', method, address, fields));
    if (hasEnded(leg)) return;
    if (ncco === null) enter(leg, 'completed');
    else await runNcco(platform, leg, ncco);
  };
  const ring = (facts: Pick<Leg, 'from' | 'to' | 'eventUrl' | 'answerUrl' | 'detectsMachine'>): Leg => {
    const leg = makeLeg({ ...facts, direction: 'outbound' });
    if (leg.eventUrl !== '') void event(leg);
    enter(leg, 'ringing');
    return leg;
  };
  const rooms = createRooms({ changed: waits.changed, roomEnd, hangUp: (leg) => enter(leg, 'completed') });
  const platform: Platform = {
    rooms,
    playMusic: async (isOver) => {
      let isPlayed = false;
      const timer = setTimeout(() => {
        isPlayed = true;
        waits.changed();
      }, musicMs);
      songs.add(timer);
      // Whoever closes the far end breaks it off.
      const over = () => (isPlayed || isOver() ? true : undefined);
      await waits.until('music to be over', musicMs + waitLimitMs, over).catch(() => undefined);
      clearTimeout(timer);
      songs.delete(timer);
    },
    changed: waits.changed,
    step: async (_leg, url, fields) => nccoOf(await ask('step', 'POST', url, fields)),
    end: (leg) => enter(leg, 'completed'),
    fault: (reason) => void faults.push(reason),
    async connect(parent, action, onState) {
      const [endpoint] = action.endpoint as [{ number?: string; uri?: string }];
      const to = endpoint.number ?? endpoint.uri ?? '';
      const child = ring({ from: String(action.from ?? ''), to, eventUrl: '', answerUrl: null });
      parent.heard.push(`ringing: ${to}`);
      parent.onEnd.push(() => enter(child, child.status === 'answered' ? 'completed' : 'cancelled'));
      await waits.until(`${to} to be answered or not`, 60_000, () => (child.status === 'ringing' ? undefined : true));
      if (child.status === 'answered') {
        await onState(child);
        child.moment = 'talking';
        parent.moment = 'talking';
        waits.changed();
        await waits.until(`${to} to hang up`, 60_000, () => (hasEnded(child) ? true : undefined));
      }
      return onState(child);
    },
  };
  const api = createRestApi({
    publicKey: keys.publicKey,
    legs: () => [...legs.values()].reverse(),
    dial: (order) => ring(order),
    transfer: (leg, ncco) => void runNcco(platform, leg, ncco),
    hangUp: (leg) => enter(leg, leg.status === 'answered' ? 'completed' : 'cancelled'),
    changed: waits.changed,
  });
  const server = await startLoopbackServer({
    port: 0,
    bodyBytesMax: 1_000_000,
    answer: (request): LoopbackReply => api.answer(request),
  });
  const until = <Answer>(what: string, asked: () => Answer | undefined): Promise<Answer> =>
    waits.until(what, waitLimitMs, asked);

  return Object.freeze({
    restUrl: server.url,
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    /** `publicUrl` is what the gateway believes its address to be. */
    pointAt: (gatewayUrl: string, publicUrl = network.publicUrl): void => {
      network.gatewayUrl = gatewayUrl;
      network.publicUrl = publicUrl;
    },
    network,
    until,
    legs: (): readonly Leg[] => [...legs.values()],
    leg: (uuid: string) => legs.get(uuid),
    present: rooms.present,
    enter,
    faults: (): readonly string[] => faults,
    deliveries: (): readonly Delivery[] => deliveries,
    requests: (): readonly RestRequest[] => api.requests(),
    failNext: api.failNext,
    dropNextDial: api.dropNextDial,
    deliver,
    /** A phone calls a number; its answer webhook comes by GET, as it does by default, or by POST. */
    placeCall({
      from,
      to,
      method = 'GET' as 'GET' | 'POST',
    }: {
      from: string;
      to: string;
      method?: 'GET' | 'POST';
    }): Leg {
      const eventUrl = `${network.publicUrl}/carriers/vonage/voice/events`;
      const leg = makeLeg({ direction: 'inbound', from: from.slice(1), to: to.slice(1), eventUrl, answerUrl: null });
      enter(leg, 'ringing');
      enter(leg, 'answered');
      void start(leg, method, `${network.publicUrl}/carriers/vonage/voice/answer`);
      return leg;
    },
    /** Picks up a ringing phone. */
    answer(leg: Leg): void {
      if (leg.status !== 'ringing') throw new Error(`${leg.to} does not ring: ${leg.status}`);
      enter(leg, 'answered');
      if (leg.answerUrl !== null) void start(leg, 'POST', leg.answerUrl);
    },
    /** A machine picks up, and is told of where that was asked for; it names the call as such events do. */
    async answerByMachine(leg: Leg): Promise<void> {
      this.answer(leg);
      if (leg.detectsMachine !== true) return;
      const { uuid: call_uuid, from, to, eventUrl: address } = leg;
      const fields = { call_uuid, from, to, status: 'machine', timestamp: new Date().toISOString() };
      await deliver(await signWebhook(vonageAccount, { kind: 'event', method: 'POST', address, fields }));
    },
    /** What the person on the phone does, once it is waited for. */
    async input(leg: Leg, moment: 'keys' | 'recording', input: string): Promise<void> {
      await until(`${leg.to} to be in ${moment}`, () => (leg.moment === moment ? true : undefined));
      leg.waiting?.(input);
    },
    /** Once all that came of what was just done on the phones is answered and acted out. */
    async settled(): Promise<void> {
      for (let quietTurns = 0; quietTurns < 2; ) {
        await new Promise((resolve) => setImmediate(resolve));
        quietTurns = network.underWay === 0 ? quietTurns + 1 : 0;
        await until('all webhooks to be answered', () => (network.underWay === 0 ? true : undefined));
      }
    },
    close: async (): Promise<void> => {
      waits.close();
      for (const timer of songs) clearTimeout(timer);
      await server.close();
    },
  });
}
