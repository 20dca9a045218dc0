/** The sandbox for the suite of the voice port: pretend phones over HTTP. There is no wire between it and the gateway. */
import { expect } from 'vitest';
import { openOffice, type StagedPhone, stageCaller, type VoiceStage } from '../../conformance/voice-stage.ts';
import type { Place } from '../../support/deployments.ts';
import { createPhones } from '../../support/sandbox-phones.ts';

const number = '+15035550122';
type Phones = ReturnType<typeof createPhones>;

export async function openSandboxStage(place: Place): Promise<VoiceStage> {
  const office = await openOffice(place, { SANDBOX_CARRIER: 'on' });
  const phones = createPhones(office.api);
  const rung = new Set<string>();
  return {
    ...office,
    carrier: 'sandbox',
    async addNumber(failover?: string): Promise<string> {
      await office.api.must('POST', '/v1/numbers', { body: { number, carrier: 'sandbox', failover } });
      return number;
    },
    async placeCall(to: string): Promise<StagedPhone> {
      const line = await phones.act('/calls', { from: stageCaller, to });
      return phoneOf(phones, line.id, to);
    },
    async nextRing(numbers?: readonly string[]): Promise<StagedPhone> {
      const { id, to } = await phones.ringing(numbers);
      rung.add(id);
      return phoneOf(phones, id, to);
    },
    dials: async () => rung.size,
    wire: null,
  };
}

function phoneOf(phones: Phones, id: string, to: string): StagedPhone {
  const view = () => phones.call(id);
  const act = async (what: string, body: object = {}): Promise<void> =>
    void (await phones.act(`/calls/${id}/${what}`, body));
  const until = (message: string, isSo: (line: Awaited<ReturnType<typeof view>>) => boolean): Promise<void> =>
    expect.poll(async () => isSo(await view()), { timeout: 8_000, interval: 10, message }).toBe(true);
  const waits = {
    waiting: () => until(`${to} waits`, ({ hears }) => hears.some((words: string) => /music|room/.test(words))),
    talking: () => until(`${to} talks`, ({ connectedWith }) => connectedWith !== null),
    recording: () => until(`${to} is recorded`, ({ expects }) => expects === 'speech'),
    ended: () => until(`${to} has ended`, ({ state }) => state === 'completed'),
  };
  return {
    id,
    to,
    waitFor: (moment) => waits[moment](),
    isTalking: async () => (await view()).connectedWith !== null,
    heard: async () => (await view()).hears,
    answer: () => act('answer'),
    async press(digits) {
      await until(`${to} is asked for keys`, ({ expects }) => expects === 'keys');
      await act('press', { digits });
    },
    busy: () => act('decline', { reason: 'busy' }),
    noAnswer: () => act('wait-out'),
    hangUp: () => act('hang-up'),
    async leaveMessage(seconds) {
      await waits.recording();
      await act('speak', { seconds });
      await act('hang-up');
    },
  };
}
