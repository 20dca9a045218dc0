/** Vonage for the suite of the voice port: the played far end, before the real gateway. */

import {
  openOffice,
  type StagedPhone,
  type StagedWire,
  stageCaller,
  type VoiceStage,
} from '../../conformance/voice-stage.ts';
import type { Place } from '../../support/deployments.ts';
import type { Leg } from './far-end/leg.ts';
import type { RoomEnd } from './far-end/rooms.ts';
import { sendWebhook, signWebhook } from './far-end/send-webhook.ts';
import { createVonageFarEnd, type VonageFarEnd, vonageAccount } from './far-end/vonage-far-end.ts';

const publicUrl = 'https://lines.example';
const number = '+15035550131';
const moments = { waiting: 'waiting', talking: 'talking', recording: 'recording', ended: 'ended' } as const;

export interface VonageStage extends VoiceStage {
  readonly farEnd: VonageFarEnd;
}

export async function openVonageStage(
  place: Place,
  {
    roomEnd = 'next-action' as RoomEnd,
    method = 'GET' as 'GET' | 'POST',
    musicPace = 1,
    through = async (url: string) => url,
  } = {},
): Promise<VonageStage> {
  const farEnd = await createVonageFarEnd({ roomEnd, publicUrl, musicMs: 16_000 * musicPace });
  place.keep(farEnd.close);
  const office = await openOffice(place, {
    PUBLIC_URL: publicUrl,
    VONAGE_API_KEY: vonageAccount.apiKey,
    VONAGE_API_SECRET: vonageAccount.apiSecret,
    VONAGE_APPLICATION_ID: vonageAccount.applicationId,
    VONAGE_SIGNATURE_SECRET: vonageAccount.signatureSecret,
    VONAGE_PRIVATE_KEY: farEnd.privateKey,
    VONAGE_VOICE_API_URL: await through(farEnd.restUrl),
    VONAGE_CALLS_PER_SECOND: '1000',
  });
  farEnd.pointAt(office.gateway.url);
  const given = new Set<string>();
  return {
    ...office,
    carrier: 'vonage',
    farEnd,
    async addNumber(failover?: string): Promise<string> {
      await office.api.must('POST', '/v1/numbers', { body: { number, carrier: 'vonage', failover } });
      return number;
    },
    placeCall: async (to: string) => phoneOf(farEnd, farEnd.placeCall({ from: stageCaller, to, method })),
    async nextRing(phones?: readonly string[]): Promise<StagedPhone> {
      const leg = await farEnd.until('a phone to ring', () =>
        farEnd
          .legs()
          .find(
            (one) =>
              one.direction === 'outbound' &&
              one.status === 'ringing' &&
              !given.has(one.uuid) &&
              (phones === undefined || phones.includes(`+${one.to}`)),
          ),
      );
      given.add(leg.uuid);
      return phoneOf(farEnd, leg);
    },
    dials: async () => farEnd.legs().filter(({ answerUrl }) => answerUrl !== null).length,
    wire: wireOf(farEnd),
  };
}

function phoneOf(farEnd: VonageFarEnd, leg: Leg): StagedPhone {
  const waitFor = async (moment: keyof typeof moments): Promise<void> => {
    await farEnd.until(`${leg.to} (${leg.moment}, heard ${leg.heard.join(', ')}) to be ${moment}`, () => {
      if (leg.moment === moments[moment]) return true;
      if (leg.moment === 'ended') throw new Error(`ended before ${moment}; heard ${leg.heard.join(', ')}`);
      return undefined;
    });
  };
  return {
    id: leg.uuid,
    to: `+${leg.to}`,
    waitFor,
    isTalking: async () => leg.moment === 'talking',
    heard: async () => [...leg.heard],
    answer: async () => farEnd.answer(leg),
    press: (digits) => farEnd.input(leg, 'keys', digits),
    busy: async () => farEnd.enter(leg, 'busy'),
    noAnswer: async () => farEnd.enter(leg, 'timeout'),
    hangUp: async () => farEnd.enter(leg, 'completed'),
    async leaveMessage(seconds) {
      await farEnd.input(leg, 'recording', String(seconds));
      farEnd.enter(leg, 'completed');
    },
  };
}

function wireOf(farEnd: VonageFarEnd): StagedWire {
  const firstAnswer = () => {
    const delivery = farEnd.deliveries().find(({ kind }) => kind === 'answer');
    if (delivery === undefined) throw new Error('no call came in');
    return delivery;
  };
  const words = ({ status, text }: { status: number; text: string }) => `${status} ${text}`;
  return {
    restAway: farEnd.failNext,
    loseDialAnswer: farEnd.dropNextDial,
    tripleEvents: () => {
      farEnd.network.doubles = 2;
    },
    holdEvents: () => {
      farEnd.network.holds = true;
      return async () => {
        farEnd.network.holds = false;
        for (const webhook of farEnd.network.held.splice(0).reverse()) await farEnd.deliver(webhook);
      };
    },
    async repeatFirst() {
      const { answer, ...webhook } = firstAnswer();
      return { first: words(answer), again: words(await sendWebhook(farEnd.network.gatewayUrl, webhook)) };
    },
    async repeatAll() {
      const statuses: number[] = [];
      for (const { answer: _answer, ...webhook } of farEnd.deliveries().slice()) {
        statuses.push((await sendWebhook(farEnd.network.gatewayUrl, webhook)).status);
      }
      return statuses;
    },
    async forge() {
      const { answer: _answer, ...webhook } = firstAnswer();
      const { gatewayUrl } = farEnd.network;
      const { pathname, search } = new URL(webhook.address);
      const bare = await fetch(`${gatewayUrl}${pathname}${search}`, { method: webhook.method, body: webhook.body });
      const stranger = { ...vonageAccount, signatureSecret: 'x'.repeat(32) };
      const address = `https://lines.example${pathname}`;
      const fields = { to: number.slice(1), from: '12125550149', uuid: 'f'.repeat(32), conversation_uuid: 'CON-1' };
      const forged = await signWebhook(stranger, { kind: 'answer', method: 'POST', address, fields });
      return { unsigned: bare.status, forged: (await sendWebhook(gatewayUrl, forged)).status };
    },
    async answerByMachine({ id }) {
      const leg = farEnd.leg(id);
      if (leg !== undefined) await farEnd.answerByMachine(leg);
    },
    settled: async () => void (await farEnd.settled()),
  };
}
