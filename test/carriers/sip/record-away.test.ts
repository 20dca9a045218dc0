/** The record does not answer in the middle of SIP calls: nobody is left in silence, and nothing true is lost. */
import { afterEach, expect, test } from 'vitest';
import { agentA, elsewhere, type SipStage, type StagedSip, stageSip, until } from './staged-sip.ts';

let staged: StagedSip | null = null;
afterEach(async () => {
  await staged?.close();
  staged = null;
});

async function setup(stage: SipStage = {}): Promise<StagedSip> {
  staged = await stageSip(stage);
  return staged;
}

test('an end that the record does not take is told once it is back', async () => {
  const { call, agent, record, untold } = await setup({ agents: [agentA] });
  await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  record.isAway = true;
  await made.hangUp();
  await new Promise((resolve) => setImmediate(resolve));
  expect(record.last().state).toBe('bridged');
  record.isAway = false;
  await until(() => {
    void untold.tellLater();
    return record.last().state === 'ended';
  }, 'the end is told');
});

test('a caller whom nobody says what comes next stays on the line and goes on when the record is back', async () => {
  const { call, record, trunk } = await setup({ agents: [agentA] });
  trunk.onCall = (ringing) => ringing.ring();
  const made = call();
  await until(() => trunk.calls.length === 2, 'the agent’s phone rings');
  const { id, carrierCallId } = record.last();
  record.isAway = true;
  const next = { step: 'keys', callId: id, legId: null, turn: 1 } as const;
  const ask = { verb: 'gather', prompt: 'Press 1.', digits: 1, finishKey: null, timeoutMs: 1, next } as const;
  await staged?.carrier.voice.instruct(carrierCallId ?? '', [ask]);
  await until(() => record.refused > 0, 'the record is asked in vain');
  record.isAway = false;
  await until(() => record.facts().includes('caller noted'), 'the caller asks again');
  expect(made.ended).toBe(false);
});

test('200 calls begin while the record is away: every caller is put through to the failover within 3 s', async () => {
  const { call, record, trunk } = await setup({ failover: elsewhere });
  trunk.onCall = (ringing) => ringing.answer();
  record.isHanging = true;
  const calls: { readonly made: ReturnType<typeof call>; readonly since: number; tookMs: number | null }[] = [];
  const look = () => {
    for (const one of calls) if (one.made.status === 200) one.tookMs ??= Date.now() - one.since;
    return calls.every(({ tookMs }) => tookMs !== null);
  };
  // Spread over a second, because what a real server's socket has no room for is lost for half of one.
  while (calls.length < 200) {
    calls.push({ made: call(), since: Date.now(), tookMs: null });
    await new Promise((resolve) => setTimeout(resolve, 5));
    look();
  }
  await until(look, 'every caller is answered');
  expect(Math.max(...calls.map(({ tookMs }) => tookMs ?? Number.POSITIVE_INFINITY))).toBeLessThan(3_000);
  expect(record.noted).toHaveLength(200);
});
