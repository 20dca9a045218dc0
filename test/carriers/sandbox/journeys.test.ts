/** Whole calls over the sandbox's HTTP, with the real call machine behind it. */
import { expect, test } from 'vitest';
import { agentA, agentB, caller, elsewhere, ours, setup } from './staged-gateway.ts';

type Staged = ReturnType<typeof setup>;

async function placeCall(staged: Staged): Promise<string> {
  const placed = await staged.act('/calls', { from: caller, to: ours });
  expect(placed.code).toBe(201);
  return placed.body.id;
}

const look = async (staged: Staged, id: string) => (await staged.send('GET', `/calls/${id}`)).body;
const verdict = (staged: Staged) => [...staged.record.calls.values()].at(-1)?.verdict?.slug;

test('a caller waits with music, an agent takes the call with 1, and the agent’s hang-up ends both lines', async () => {
  const staged = setup({ agents: [agentA] });
  const placed = await staged.act('/calls', { from: caller, to: ours, attestation: 'A' });
  expect(placed.body).toMatchObject({
    state: 'in-progress',
    hears: ['say: Please hold.', 'hold music'],
    expects: null,
  });

  const ringing = await staged.send('GET', `/phones/${agentA}`);
  expect(ringing.body.ringing).toMatchObject([{ from: ours, to: agentA, direction: 'outbound', state: 'ringing' }]);

  const answered = await staged.act(`/phones/${agentA}/answer`);
  expect(answered.body).toMatchObject({ state: 'in-progress', expects: 'keys', connectedWith: null });
  expect(answered.body.hears[0]).toContain('Press 1');
  expect((await look(staged, placed.body.id)).connectedWith).toBeNull();

  const pressed = await staged.act(`/phones/${agentA}/press`, { digits: '1' });
  expect(pressed.body).toMatchObject({ connectedWith: caller, expects: null });
  const room = [...staged.record.calls.keys()][0];
  const talking = await look(staged, placed.body.id);
  expect(talking.connectedWith).toBe(agentA);
  expect(talking.hears.at(-1)).toBe(`room ${room}: connected with ${agentA}`);

  await staged.act(`/phones/${agentA}/hang-up`);
  expect(await look(staged, placed.body.id)).toMatchObject({ state: 'completed', connectedWith: null });
  expect(verdict(staged)).toBe('answered');
  const keys = staged.record.heard.map(({ dedupKey }) => dedupKey);
  expect(new Set(keys).size).toBe(keys.length);
  expect(staged.record.heard.map(({ fact }) => fact.what)).toContain('left-room');
});

test('the caller’s hang-up ends the agent’s line as completed', async () => {
  const staged = setup({ agents: [agentA] });
  const id = await placeCall(staged);
  await staged.act(`/phones/${agentA}/answer`);
  await staged.act(`/phones/${agentA}/press`, { digits: '1' });
  await staged.act(`/calls/${id}/hang-up`);
  expect((await staged.send('GET', `/phones/${agentA}`)).body.calls[0].state).toBe('completed');
  expect(staged.record.heard.at(-1)?.fact).toEqual({ what: 'ended', reason: 'completed' });
  expect(verdict(staged)).toBe('answered');
});

test.each([
  ['declines', 'decline', undefined, 'declined'],
  ['is busy', 'decline', { reason: 'busy' }, 'busy'],
  ['does not come', 'wait-out', undefined, 'no-answer'],
])('when an agent %s the next agent rings', async (_what, act, body, ending) => {
  const staged = setup({ agents: [agentA, agentB] });
  await placeCall(staged);
  const [ringing] = (await staged.send('GET', `/phones/${agentA}`)).body.ringing;
  await staged.act(`/calls/${ringing.id}/${act}`, body);
  expect([...staged.record.calls.values()][0]?.legs[0]?.ending).toBe(ending);
  expect((await staged.send('GET', `/phones/${agentA}`)).body.ringing).toEqual([]);
  expect((await staged.send('GET', `/phones/${agentB}`)).body.ringing).toHaveLength(1);
});

test.each([
  ['keys that are not 1', async (staged: Staged) => staged.act(`/phones/${agentA}/press`, { digits: '7#' })],
  ['a prompt that runs out', waitOutWhisper],
])('%s let the agent go and ring the next', async (_what, act) => {
  const staged = setup({ agents: [agentA, agentB] });
  const id = await placeCall(staged);
  await staged.act(`/phones/${agentA}/answer`);
  expect((await act(staged)).body.state).toBe('completed');
  expect((await staged.send('GET', `/phones/${agentB}`)).body.ringing).toHaveLength(1);
  expect((await look(staged, id)).hears.at(-1)).toBe('hold music');
});

async function waitOutWhisper(staged: Staged) {
  const [whisper] = (await staged.send('GET', `/phones/${agentA}`)).body.calls;
  return staged.act(`/calls/${whisper.id}/wait-out`);
}

test.each([
  ['hangs up', 'hang-up', undefined],
  ['presses #', 'press', { digits: '#' }],
])('with nobody free a caller who speaks and %s leaves a voicemail', async (_what, act, body) => {
  const staged = setup();
  const id = await placeCall(staged);
  expect(await look(staged, id)).toMatchObject({ expects: 'speech', state: 'in-progress' });
  expect((await look(staged, id)).hears).toEqual([expect.stringContaining('leave a message'), 'beep: recording']);
  await staged.act(`/calls/${id}/speak`, { seconds: 5 });
  await staged.act(`/calls/${id}/speak`, { seconds: 2 });
  expect((await staged.act(`/calls/${id}/${act}`, body)).body.state).toBe('completed');
  const [call] = staged.record.calls.values();
  expect(call?.voicemail).toEqual({ seconds: 7, recordingId: expect.stringMatching(/^SR[0-9a-f]{32}$/) });
  expect(verdict(staged)).toBe('voicemail-left');
});

test('silence after the tone is an empty voicemail', async () => {
  const staged = setup();
  const id = await placeCall(staged);
  await staged.act(`/calls/${id}/hang-up`);
  expect(verdict(staged)).toBe('voicemail-empty');
});

test('with nobody free the failover phone rings, is connected, and its end ends the call', async () => {
  const staged = setup({ failover: elsewhere });
  const id = await placeCall(staged);
  expect((await look(staged, id)).hears).toEqual([`ringing ${elsewhere}`]);
  await staged.act(`/phones/${elsewhere}/answer`);
  expect((await look(staged, id)).connectedWith).toBe(elsewhere);
  expect((await staged.send('GET', `/phones/${elsewhere}`)).body.calls[0].connectedWith).toBe(caller);
  await staged.act(`/phones/${elsewhere}/hang-up`);
  expect((await look(staged, id)).state).toBe('completed');
  expect(verdict(staged)).toBe('failover-answered');
});

test('a caller who leaves the failover phone after talking was answered there', async () => {
  const staged = setup({ failover: elsewhere });
  const id = await placeCall(staged);
  await staged.act(`/phones/${elsewhere}/answer`);
  await staged.act(`/calls/${id}/hang-up`);
  expect((await staged.send('GET', `/phones/${elsewhere}`)).body.calls[0].state).toBe('completed');
  expect(verdict(staged)).toBe('failover-answered');
});

test('when the failover phone does not answer the caller may leave a voicemail', async () => {
  const staged = setup({ failover: elsewhere });
  const id = await placeCall(staged);
  const waited = await staged.act(`/calls/${id}/wait-out`);
  expect(waited.body).toMatchObject({ expects: 'speech', connectedWith: null });
  expect((await staged.send('GET', `/phones/${elsewhere}`)).body.ringing).toEqual([]);
});

test('a caller who gives up while an agent’s phone rings stops the ringing', async () => {
  const staged = setup({ agents: [agentA] });
  const id = await placeCall(staged);
  await staged.act(`/calls/${id}/hang-up`);
  expect((await staged.send('GET', `/phones/${agentA}`)).body.calls[0].state).toBe('completed');
  expect(verdict(staged)).toBe('caller-gave-up');
});

test('a phone that is switched off fails the agent’s leg and the next agent rings', async () => {
  const staged = setup({ agents: [agentA, agentB] });
  await staged.act(`/phones/${agentA}/reachable`, { reachable: false });
  await placeCall(staged);
  expect([...staged.record.calls.values()][0]?.legs[0]?.ending).toBe('failed');
  expect((await staged.send('GET', `/phones/${agentB}`)).body.ringing).toHaveLength(1);
});
