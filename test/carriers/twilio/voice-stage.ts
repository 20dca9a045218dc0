/** Twilio for the suite of the voice port: the simulator's far end, before the real gateway. */

import type { FarEndCall } from '../../../src/simulate/far-end/far-end-phone.ts';
import { createTwilioFarEnd, type TwilioFarEnd } from '../../../src/simulate/far-end/twilio-far-end.ts';
import {
  openOffice,
  type StagedPhone,
  type StagedWire,
  stageCaller,
  type VoiceStage,
} from '../../conformance/voice-stage.ts';
import type { Place } from '../../support/deployments.ts';
import { account, publicUrl, resend, twilioEnvironment } from '../../support/open-shop.ts';

const number = '+15035550121';
const moments = { waiting: 'holding', talking: 'bridged', recording: 'recording', ended: 'ended' } as const;

/** `musicPace` hurries hold music; `through` puts something between the gateway and the REST API. */
export async function openTwilioStage(
  place: Place,
  { musicPace = 1, through = async (url: string) => url } = {},
): Promise<VoiceStage> {
  const farEnd = await createTwilioFarEnd({
    ...account,
    musicPace,
    voiceFallbackUrl: '/carriers/twilio/voice',
    waitLimitMs: 20_000,
  });
  place.keep(farEnd.close);
  const office = await openOffice(place, twilioEnvironment({ restUrl: await through(farEnd.restUrl) }));
  farEnd.pointAt(office.gateway.url, publicUrl);
  return {
    ...office,
    carrier: 'twilio',
    async addNumber(failover?: string): Promise<string> {
      await office.api.must('POST', '/v1/numbers', { body: { number, carrier: 'twilio', failover } });
      return number;
    },
    placeCall: async (to: string) => phoneOf(farEnd.placeCall({ to, from: stageCaller })),
    nextRing: async (phones?: readonly string[]) => phoneOf(await farEnd.waitForRing(phones?.[0])),
    dials: async () => farEnd.calls().filter(({ direction }) => direction === 'outbound-api').length,
    wire: wireOf(farEnd, office),
  };
}

function phoneOf(call: FarEndCall): StagedPhone {
  return {
    id: call.sid,
    to: call.to,
    waitFor: async (moment) => void (await call.waitFor(moments[moment])),
    isTalking: async () => call.moment() === 'bridged',
    heard: async () => call.heard().map(({ kind, text }) => `${kind}: ${text}`),
    answer: async () => call.answer(),
    press: (digits) => call.press(digits),
    busy: async () => call.busy(),
    noAnswer: async () => call.noAnswer(),
    hangUp: async () => call.hangUp(),
    leaveMessage: (seconds) => call.leaveMessage(seconds, { hangUp: true }),
  };
}

function wireOf(farEnd: TwilioFarEnd, office: Parameters<typeof resend>[0]): StagedWire {
  const first = () => {
    const arrival = farEnd.deliveries().find(({ kind }) => kind === 'voice');
    if (arrival === undefined) throw new Error('no call came in');
    return arrival;
  };
  const post = async (headers: Record<string, string>): Promise<number> => {
    const body = new URLSearchParams({ CallSid: `CA${'9'.repeat(32)}`, From: stageCaller, To: number });
    const response = await fetch(`${office.gateway.url}/carriers/twilio/voice`, { method: 'POST', body, headers });
    return response.status;
  };
  return {
    restAway: (requests) => {
      for (let count = 0; count < requests; count += 1) farEnd.failNext({ path: 'Calls', status: 503, code: 20_503 });
    },
    loseDialAnswer: () => farEnd.dropNext({ path: 'Calls' }),
    tripleEvents: () => farEnd.changeDelivery({ duplicates: 2, order: 'shuffled' }),
    holdEvents: () => {
      const held = farEnd.holdCallbacks(({ kind }) => kind === 'call-status');
      return () => held.release('reversed');
    },
    async repeatFirst() {
      const { answer, ...webhook } = first();
      return { first: JSON.stringify(answer), again: JSON.stringify(await resend(office, { ...webhook })) };
    },
    async repeatAll() {
      const statuses: number[] = [];
      for (const webhook of farEnd.deliveries().slice()) {
        const answer = await resend(office, webhook);
        statuses.push(answer.kind === 'answered' ? answer.status : 0);
      }
      return statuses;
    },
    forge: async () => ({ unsigned: await post({}), forged: await post({ 'x-twilio-signature': 'AAAA' }) }),
    answerByMachine: async ({ id }) => farEnd.call(id)?.answer('machine_start'),
    settled: () => farEnd.settled(),
  };
}
