/** The sandbox carrier's pretend phones, over HTTP as anybody with curl has them. */
import { expect } from 'vitest';
import type { ApiClient } from './api-client.ts';

const agentPhones = ['+12125550171', '+12125550172'];
const prefix = '/carriers/sandbox';

export type Phones = ReturnType<typeof createPhones>;

export function createPhones(api: ApiClient) {
  const look = (number: string) => api.must('GET', `${prefix}/phones/${number}`, { as: 'nobody' });
  const act = (path: string, body: object = {}) => api.must('POST', `${prefix}${path}`, { as: 'nobody', body });
  const ringingOnes = async (phones: readonly string[]) => {
    const seen = await Promise.all(phones.map(look));
    return seen.flatMap(({ ringing }) => ringing as { id: string; to: string; from: string }[]);
  };
  return Object.freeze({
    look,
    act,
    call: (id: string) => api.must('GET', `${prefix}/calls/${id}`, { as: 'nobody' }),
    dial: (from: string, to: string) => act('/calls', { from, to, attestation: 'A' }),
    /** The first call that rings one of these phones; the demo's two agents when none is named. */
    async ringing(phones: readonly string[] = agentPhones): Promise<{ id: string; to: string; from: string }> {
      let first: { id: string; to: string; from: string } | undefined;
      await expect
        .poll(
          async () => {
            [first] = await ringingOnes(phones);
            return first;
          },
          { timeout: 8_000, interval: 10, message: `one of ${phones.join(', ')} rings` },
        )
        .toBeDefined();
      if (first === undefined) throw new Error('nothing rings');
      return first;
    },
  });
}
