/** The connection to drachtio breaks, is never there, or the server starts anew: calls that talk go on, dead ones are found. */
import { afterEach, describe, expect, test } from 'vitest';
import { isServed } from './real-server.ts';
import { agentA, agentB, onlyOnEdge, type SipStage, type StagedSip, stageSip, until } from './staged-sip.ts';

let staged: StagedSip | null = null;
const setup = async (stage: SipStage = {}) => {
  staged = await stageSip(stage);
  return staged;
};
afterEach(async () => {
  await staged?.close();
  staged = null;
});

/** What the phones say while the connection is broken nobody hears. */
async function breakLink({ link, trunk, network }: StagedSip, meanwhile: () => void = () => undefined): Promise<void> {
  link.breakConnections();
  meanwhile();
  await until(() => link.links() === 1, 'the gateway is back');
  await isServed(trunk, network.server);
}

test('a call that talks goes on when the connection breaks, and new ones are taken when it is back', async () => {
  const world = await setup({ agents: [agentA] });
  const { agent, call, carrier } = world;
  const phone = await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  await breakLink(world);
  expect([made.ended, phone.calls[0]?.ended, carrier.legs()]).toEqual([false, false, 2]);
  const later = call({}, '+15035550199');
  await until(() => later.status === 404, 'a new call is answered');
});

test('a phone that hung up while the connection was broken is found gone, and the other one let go', async () => {
  const world = await setup({ agents: [agentA] });
  const { agent, call, carrier, record } = world;
  const phone = await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  await breakLink(world, () => void made.hangUp());
  await until(() => phone.calls[0]?.ended === true, 'the agent is let go');
  await until(() => record.last().state === 'ended', 'the call ends');
  expect(carrier.legs()).toBe(0);
});

test('a phone that rings when the connection breaks is given up, and the caller who waits is not', async () => {
  const world = await setup({ agents: [agentA] });
  const { agent, call, record } = world;
  const phone = await agent(agentA);
  phone.onCall = (rung) => rung.ring();
  const made = call();
  await until(() => made.status === 180 && phone.calls.length === 1, 'it rings');
  await breakLink(world);
  await until(() => record.last().legs[0]?.ending === 'failed', 'the phone is given up');
  await until(() => made.ended, 'nobody else is there, and the caller is told over the new connection');
  expect(made.status).toBe(480);
});

test('a caller who gave up while the connection was broken is found gone: no agent is rung for them', async () => {
  const world = await setup({ agents: [agentA, agentB] });
  const { agent, call, carrier, record } = world;
  const phones = [await agent(agentA), await agent(agentB)];
  for (const phone of phones) phone.onCall = (rung) => rung.ring();
  const made = call();
  await until(() => made.status === 180 && phones[0]?.calls.length === 1, 'it rings');
  await breakLink(world, made.cancel);
  await until(() => record.last().state === 'ended', 'the call ends');
  expect(record.last().verdict?.slug).toBe('caller-gave-up');
  await until(() => carrier.legs() === 0, 'no leg is left');
  expect(phones[1]?.calls).toHaveLength(0);
});

test('a process that stops refuses who waits unanswered, so that their trunk tries elsewhere, and its phones stop ringing', async () => {
  const { agent, call, carrier, record } = await setup({ agents: [agentA] });
  const phone = await agent(agentA);
  phone.onCall = (rung) => rung.ring();
  const made = call();
  await until(() => made.status === 180 && phone.calls.length === 1, 'it rings');
  await carrier.close();
  await until(() => made.ended && phone.calls[0]?.ended === true, 'both are let go');
  expect([made.status, phone.calls[0]?.status]).toEqual([503, 487]);
  // What became of it the next process finds out, as of everything this one began.
  expect(record.facts()).not.toContain('caller ended');
});

test('a leg of an earlier process is hung up by its name, and looked for at its phone', async () => {
  const { agent, call, carrier, record, laterProcess } = await setup({ agents: [agentA] });
  const phone = await agent(agentA);
  const made = call();
  await until(() => made.status === 200, 'the caller is answered');
  const { carrierCallId: dialog, legs } = record.last();
  const carrierCallId = dialog ?? '';
  const later = await laterProcess();
  expect(await later.voice.look(carrierCallId)).toBe('live');
  expect(await later.voice.instruct(carrierCallId, [{ verb: 'wait', seconds: 1 }])).toMatchObject({
    kind: 'refused',
  });
  expect(await later.voice.hangUp(legs[0]?.carrierCallId ?? '')).toEqual({ kind: 'done' });
  expect(phone.calls[0]?.ended).toBe(true);
  expect(await later.voice.look('nobody;from-tag=x')).toBe('gone');
  await later.close();
  expect(carrier.legs()).toBeGreaterThan(0);
});

describe.skipIf(!onlyOnEdge)(
  `on the scripted edge${onlyOnEdge ? '' : ' [skipped: a real server is not restarted]'}`,
  () => {
    test('a server that forgot its dialogs: their legs are found gone and the call ends', async () => {
      const { agent, call, edge, link, carrier, record } = await setup({ agents: [agentA] });
      await agent(agentA);
      const made = call();
      await until(() => made.status === 200, 'the caller is answered');
      edge?.forgetDialogs();
      link.breakConnections();
      await until(() => carrier.legs() === 0, 'the legs are found gone');
      expect(record.last().state).toBe('ended');
    });
  },
);
