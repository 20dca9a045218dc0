/**
 * Calls that are held, moved on, put together and listened to, as the phones hear it: who talks with whom, who hears
 * music, and where everybody is when hang-ups cross.
 */
import { expect, test } from 'vitest';
import type { LegId } from '../../../src/ports/ids.ts';
import type { CallEvent, TransferTarget } from '../../../src/telephony/call.ts';
import { agentA, agentB, caller, elsewhere, ours, setup } from './staged-gateway.ts';

/** The caller talks with agent A. */
async function talking(more: { failover?: typeof elsewhere } = {}) {
  const staged = setup({ agents: [agentA, agentB], ...more });
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  await staged.act(`/phones/${agentA}/answer`);
  await staged.act(`/phones/${agentA}/press`, { digits: '1' });
  staged.record.fall(['proof']);
  const lastOf = (line: string) => staged.network.view(line).hears.at(-1);
  const agent = staged.network.newestOf(agentA, 'live');
  let legs = 0;
  const transfer = (mode: 'blind' | 'warm', to: TransferTarget): CallEvent => {
    legs += 1;
    return { type: 'transfer-asked', mode, to, legId: `leg_target_${legs}` as LegId };
  };
  const call = () => {
    const [one] = staged.record.calls.values();
    if (one === undefined) throw new Error('there is no call');
    return one;
  };
  return {
    ...staged,
    id,
    agent,
    lastOf,
    transfer,
    call,
    withWhom: (line: string) => staged.network.view(line).connectedWith,
  };
}

const toB = { kind: 'agent', agentId: `agent_${agentB}` as never } as const;
const outside = { kind: 'number', number: elsewhere } as const;

test('on hold the caller hears music and the agent silence, and afterwards they talk again', async () => {
  const { id, agent, command, lastOf, withWhom } = await talking();
  expect(await command({ type: 'hold-asked' })).toBe(true);
  expect([lastOf(id), lastOf(agent), withWhom(id)]).toEqual(['hold music', 'silence', null]);
  expect(await command({ type: 'hold-asked' }), 'once is enough').toBe(false);
  expect(await command({ type: 'resume-asked' })).toBe(true);
  expect([withWhom(id), withWhom(agent)]).toEqual([agentA, caller]);
});

test('an agent lost while the caller is on hold leaves the caller to the next one', async () => {
  const { id, command, act, lastOf, withWhom } = await talking();
  await command({ type: 'hold-asked' });
  await act(`/phones/${agentA}/hang-up`);
  expect(lastOf(id)).toBe('hold music');
  await act(`/phones/${agentB}/answer`);
  await act(`/phones/${agentB}/press`, { digits: '1' });
  expect(withWhom(id)).toBe(agentB);
});

test('a caller who hangs up on hold lets the agent go', async () => {
  const { id, agent, command, act, network, call } = await talking();
  await command({ type: 'hold-asked' });
  await act(`/calls/${id}/hang-up`);
  expect([network.isLive(agent), call().verdict?.slug]).toEqual([false, 'answered']);
});

test('a blind transfer frees the agent at once, and the caller hears music until the other one is there', async () => {
  const { id, agent, command, act, network, lastOf, transfer, withWhom } = await talking();
  expect(await command(transfer('blind', toB))).toBe(true);
  expect([network.isLive(agent), lastOf(id)]).toEqual([false, 'hold music']);
  await act(`/phones/${agentB}/answer`);
  await act(`/phones/${agentB}/press`, { digits: '1' });
  expect(withWhom(id)).toBe(agentB);
});

test('a blind transfer to an outside number connects whoever picks up, without a key', async () => {
  const { id, command, act, transfer, withWhom, call } = await talking();
  await command(transfer('blind', outside));
  await act(`/phones/${elsewhere}/answer`);
  expect(withWhom(id)).toBe(elsewhere);
  await act(`/calls/${id}/hang-up`);
  expect(call()).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
});

test('a blind transfer that nobody takes goes to the agents, and then to voicemail', async () => {
  const { id, command, act, network, lastOf, transfer } = await talking();
  await command(transfer('blind', outside));
  await act(`/phones/${elsewhere}/hang-up`);
  expect([lastOf(id), network.callsOf(agentB, 'ringing')]).toMatchObject(['hold music', [{}]]);
  await act(`/phones/${agentB}/hang-up`);
  expect(lastOf(id)).toBe('beep: recording');
});

test('in a warm transfer the two talk without the caller, who then has the other one', async () => {
  const { id, agent, command, act, network, lastOf, transfer, withWhom } = await talking();
  await command(transfer('warm', outside));
  expect(lastOf(id)).toBe('hold music');
  expect(lastOf(agent)).toBe('hold music');
  expect(await command({ type: 'transfer-completed' }), 'nobody is there yet').toBe(false);
  await act(`/phones/${elsewhere}/answer`);
  expect([withWhom(agent), withWhom(id)]).toEqual([elsewhere, null]);
  expect(await command({ type: 'transfer-completed' })).toBe(true);
  expect([withWhom(id), network.isLive(agent)]).toEqual([elsewhere, false]);
});

test('a warm transfer to a colleague asks them first', async () => {
  const { id, agent, command, act, network, transfer, withWhom } = await talking();
  await command(transfer('warm', toB));
  await act(`/phones/${agentB}/answer`);
  const colleague = network.newestOf(agentB, 'live');
  expect(network.view(colleague).hears.at(-1)).toContain('colleague');
  await act(`/phones/${agentB}/press`, { digits: '1' });
  expect([withWhom(agent), withWhom(id)]).toEqual([agentB, null]);
  await command({ type: 'transfer-completed' });
  expect([withWhom(id), network.isLive(agent)]).toEqual([agentB, false]);
});

test.each(['cancelled', 'declined', 'hung up'])(
  'when the other side of a warm transfer is %s the agent has the caller again',
  async (how) => {
    const { id, command, act, network, transfer, withWhom } = await talking();
    await command(transfer('warm', outside));
    if (how !== 'declined') await act(`/phones/${elsewhere}/answer`);
    if (how === 'cancelled') expect(await command({ type: 'transfer-cancelled' })).toBe(true);
    else await act(`/phones/${elsewhere}/hang-up`);
    expect(withWhom(id)).toBe(agentA);
    expect(network.callsOf(elsewhere, 'live')).toEqual([]);
  },
);

test('an agent who hangs up while they talk with the other side has handed the call over', async () => {
  const { id, command, act, transfer, withWhom } = await talking();
  await command(transfer('warm', outside));
  await act(`/phones/${elsewhere}/answer`);
  await act(`/phones/${agentA}/hang-up`);
  expect(withWhom(id)).toBe(elsewhere);
});

test('an agent who hangs up while the other phone still rings leaves it ringing for the caller', async () => {
  const { id, command, act, lastOf, transfer, withWhom } = await talking();
  await command(transfer('warm', outside));
  await act(`/phones/${agentA}/hang-up`);
  expect(lastOf(id)).toBe('hold music');
  await act(`/phones/${elsewhere}/answer`);
  expect(withWhom(id)).toBe(elsewhere);
});

test('a caller who hangs up meanwhile ends it for both', async () => {
  const { id, agent, command, act, network, transfer } = await talking();
  await command(transfer('warm', outside));
  await act(`/phones/${elsewhere}/answer`);
  await act(`/calls/${id}/hang-up`);
  expect([network.isLive(agent), network.callsOf(elsewhere, 'live')]).toEqual([false, []]);
});

test('three talk together until the caller or the last of the others goes', async () => {
  const { id, agent, command, act, network, transfer, withWhom } = await talking();
  await command(transfer('warm', outside));
  await act(`/phones/${elsewhere}/answer`);
  expect(await command({ type: 'merge-asked' })).toBe(true);
  const third = network.newestOf(elsewhere, 'live');
  for (const line of [agent, third]) expect(withWhom(line)).toBe(caller);
  await act(`/phones/${agentA}/hang-up`);
  expect([withWhom(id), network.isLive(third)]).toEqual([elsewhere, true]);
  await act(`/phones/${elsewhere}/hang-up`);
  expect(network.isLive(id)).toBe(false);
});

test('a supervisor joins by a key, changes how, waits when the caller is on hold, and may leave', async () => {
  const { id, command, act, network, lastOf, withWhom } = await talking();
  const legId = 'leg_supervisor' as LegId;
  await command({ type: 'supervision-asked', legId, agentId: null, to: elsewhere, hears: 'listen' });
  await act(`/phones/${elsewhere}/answer`);
  await act(`/phones/${elsewhere}/press`, { digits: '1' });
  const listener = network.newestOf(elsewhere, 'live');
  expect(lastOf(listener)).toMatch(/listen$/);
  expect(lastOf(id), 'nobody hears them come').toBe(
    `room ${callRoom(network.view(id).hears)}: connected with ${agentA}`,
  );
  await command({ type: 'supervision-changed', legId, hears: 'talk' });
  expect(network.view(listener).hears).toContainEqual(expect.stringMatching(/: talk$/));
  await command({ type: 'hold-asked' });
  expect(lastOf(listener)).toBe('silence');
  await command({ type: 'resume-asked' });
  expect(await command({ type: 'supervision-ended', legId })).toBe(true);
  expect([network.isLive(listener), withWhom(id)]).toEqual([false, agentA]);
});

function callRoom(hears: readonly string[]): string {
  const joined = hears.findLast((line) => line.startsWith('room '));
  return /^room (\S+):/.exec(joined ?? '')?.[1] ?? '';
}
