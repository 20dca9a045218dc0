/** Calls that we make over SIP: an agent's phone, then a customer behind the trunk, and sound straight between the two. */
import { afterEach, expect, test } from 'vitest';
import { sampleOutbound } from '../../telephony/sample-call.ts';
import { agentA, type StagedSip, stageSip, until } from './staged-sip.ts';

let staged: StagedSip | null = null;
const setup = async () => {
  staged = await stageSip({ agents: [agentA] });
  return staged;
};
afterEach(async () => {
  await staged?.close();
  staged = null;
});

const audioOf = (sdp: string) => /m=audio \d+/.exec(sdp)?.[0] ?? 'none';

test('an agent picks up, the customer is rung through the trunk, and each is told of the other', async () => {
  const { agent, trunk, record, carrier } = await setup();
  const phone = await agent(agentA);
  record.place(sampleOutbound);
  await until(() => record.last().state === 'bridged', 'the two talk');
  const [rung] = phone.calls;
  const [called] = trunk.calls;
  await until(() => audioOf(rung?.theirSdp ?? '') === audioOf(called?.ourSdp ?? ''), 'the agent hears the customer');
  await until(() => audioOf(called?.theirSdp ?? '') === audioOf(rung?.ourSdp ?? ''), 'the customer hears the agent');
  await called?.hangUp();
  await until(() => rung?.ended === true, 'the agent is let go');
  expect(record.last()).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
  expect(carrier.legs()).toBe(0);
});

test.each<[number, string]>([
  [486, 'customer-busy'],
  [603, 'customer-declined'],
  [404, 'customer-unreachable'],
])('a customer whose network answers %i ends the call as %s, and the agent is let go', async (status, slug) => {
  const { agent, trunk, record, carrier } = await setup();
  const phone = await agent(agentA);
  trunk.onCall = (rung) => rung.reject(status);
  record.place(sampleOutbound);
  await until(() => record.last().state === 'ended', 'the call ends');
  expect(record.last().verdict).toMatchObject({ outcome: 'unreached', slug });
  await until(() => phone.calls[0]?.ended === true, 'the agent is let go');
  await until(() => carrier.legs() === 0, 'no leg is left');
});

test('an agent who hangs up meanwhile stops the customer’s phone', async () => {
  const { agent, trunk, record } = await setup();
  const phone = await agent(agentA);
  trunk.onCall = (rung) => rung.ring();
  record.place(sampleOutbound);
  await until(() => trunk.calls.length === 1, 'the customer is rung');
  await phone.calls[0]?.hangUp();
  await until(() => trunk.calls[0]?.status === 487, 'the customer’s phone stops');
  expect(record.last().verdict?.slug).toBe('agent-left');
});
