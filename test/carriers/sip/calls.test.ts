/**
 * Calls over SIP from the trunk to an agent's phone and back, on the scripted edge, or on a real drachtio-server when
 * DRACHTIO_HOST names one.
 */
import { afterEach, expect, test } from 'vitest';
import { statusOf } from '../../support/sip-edge/sip-text.ts';
import { agentA, agentB, elsewhere, ours, type SipStage, type StagedSip, stageSip, until } from './staged-sip.ts';

let staged: StagedSip | null = null;
const setup = async (stage: SipStage = {}) => {
  staged = await stageSip(stage);
  return staged;
};
afterEach(async () => {
  await staged?.close();
  staged = null;
});

test('an agent who picks up talks with the caller: each phone is told of the other, and nothing of ours stands between', async () => {
  const { call, agent, record } = await setup({ agents: [agentA] });
  const phone = await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  const [rung] = phone.calls;
  expect(rung?.theirSdp).toContain(/m=audio \d+/.exec(made.ourSdp)?.[0]);
  expect(made.theirSdp).toContain(/m=audio \d+/.exec(rung?.ourSdp ?? '')?.[0]);
  expect(record.last()).toMatchObject({ state: 'bridged' });
});

test('the caller hangs up: the agent is let go and the call has ended', async () => {
  const { call, agent, record, carrier } = await setup({ agents: [agentA] });
  const phone = await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  expect(statusOf(await made.hangUp())).toBe(200);
  await until(() => phone.calls[0]?.ended === true, 'the agent is let go');
  await until(() => record.last().state === 'ended', 'the call ends');
  expect(carrier.legs()).toBe(0);
});

test('the agent hangs up: the caller is let go', async () => {
  const { call, agent, record } = await setup({ agents: [agentA] });
  const phone = await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  await phone.calls[0]?.hangUp();
  await until(() => made.ended, 'the caller is let go');
  expect(record.last()).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
});

test('a busy agent is passed over and the next one rings', async () => {
  const { call, agent, record } = await setup({ agents: [agentA, agentB] });
  const first = await agent(agentA);
  const second = await agent(agentB);
  first.onCall = (rung) => rung.reject(486);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  expect(second.calls).toHaveLength(1);
  expect(record.last().legs.map(({ ending }) => ending)).toEqual(['busy', null]);
});

test('a caller who gives up while a phone rings: the phone stops ringing', async () => {
  const { call, agent, record } = await setup({ agents: [agentA] });
  const phone = await agent(agentA);
  phone.onCall = (rung) => rung.ring();
  const made = call();
  await until(() => made.status === 180 && phone.calls.length === 1, 'it rings');
  made.cancel();
  await until(() => made.status === 487, 'the caller is told');
  await until(() => phone.calls[0]?.status === 487, 'the phone stops');
  await until(() => record.last().state === 'ended', 'the call ends');
  expect(record.last().verdict?.slug).toBe('caller-gave-up');
});

test('nobody is there: the caller goes to the failover number over the trunk', async () => {
  const { call, trunk, record } = await setup({ failover: elsewhere });
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  expect(trunk.calls.map(({ callId }) => callId)).toHaveLength(2);
  await made.hangUp();
  await until(() => trunk.calls[1]?.ended === true, 'the failover is let go');
  await until(() => record.last().state === 'ended', 'the call ends');
});

test('the trunk challenges our call and is shown the password', async () => {
  const { call, trunk } = await setup({ failover: elsewhere, trunkPassword: 'trunk secret' });
  const seen: string[] = [];
  trunk.onCall = (rung, invite) => {
    const proof = invite.headers.find(([name]) => /^authorization$/i.test(name))?.[1];
    seen.push(proof ?? 'none');
    if (proof === undefined) rung.reject(401);
    else rung.answer();
  };
  trunk.challenge = { 401: ['WWW-Authenticate', 'Digest realm="trunk", nonce="abc", algorithm=SHA-256, qop="auth"'] };
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  expect(seen).toEqual(['none', expect.stringMatching(/^Digest username="linekeeper".*algorithm=SHA-256/)]);
});

test('the record is away: the caller reaches the failover within three seconds, and 503 without one', async () => {
  const { call, record } = await setup({ failover: elsewhere });
  record.isAway = true;
  const since = Date.now();
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  expect(Date.now() - since).toBeLessThan(3_000);
  expect(record.noted).toHaveLength(1);
});

test('without record and failover the caller is told to try again', async () => {
  const { call, record } = await setup();
  record.isAway = true;
  const made = call();
  await until(() => made.status === 503, 'the caller is refused');
});

test('a number that is not ours is not found', async () => {
  const { call } = await setup();
  const made = call({}, '+15035550199');
  await until(() => made.status === 404, 'the caller is refused');
});

test('one of our numbers is known in every way a trunk may write it', async () => {
  const { call, record, agent } = await setup({ agents: [agentA] });
  await agent(agentA);
  for (const form of ['+15035550100', '15035550100', '5035550100', '01115035550100', '0015035550100']) {
    const made = call({}, form);
    await until(() => made.status === 200, form);
    expect(record.last().dnis).toBe(ours);
    await made.hangUp();
    await until(() => record.last().state === 'ended', form);
  }
});
