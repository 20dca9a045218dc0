/** Orders that come twice, answers that come late, a record that is away: what the lines still do. */
import { expect, test } from 'vitest';
import { limits } from '../../../config/limits.ts';
import { endLostCalls } from '../../../src/carriers/sandbox/end-lost-calls.ts';
import { createNetwork } from '../../../src/carriers/sandbox/network.ts';
import type { CallId } from '../../../src/ports/ids.ts';
import { instructionsFor } from '../../../src/telephony/answer-call.ts';
import type { CallEvent } from '../../../src/telephony/call.ts';
import { orderOf } from '../../support/staged-record.ts';
import { agentA, agentB, caller, elsewhere, ours, setup } from './staged-gateway.ts';

test('a repeated order for the same leg answers with the call already made', async () => {
  const { voice, network } = setup();
  const order = orderOf({ id: 'call_1' as CallId, dnis: ours }, 'leg_1' as never, agentA);
  const first = await voice.dial(order);
  expect(await voice.dial({ ...order, repeated: true })).toEqual(first);
  expect(network.callsOf(agentA, 'any')).toHaveLength(1);
});

test('an agent who answers and accepts before the dial is recorded gets the caller', async () => {
  const staged = setup({ agents: [agentA] });
  const { id } = (await staged.send('POST', '/calls', { from: caller, to: ours })).body;
  const [call] = staged.record.calls.values();
  const leg = call?.legs[0];
  if (call === undefined || leg === undefined) throw new Error('no agent was chosen');
  await staged.voice.dial(orderOf(call, leg.id, leg.to));
  await staged.send('POST', `/phones/${agentA}/answer`);
  await staged.send('POST', `/phones/${agentA}/press`, { digits: '1' });
  expect(staged.network.view(id).connectedWith).toBe(agentA);
  await staged.settle();
  expect(staged.network.view(id)).toMatchObject({ state: 'in-progress', connectedWith: agentA });
});

test('the same instructions once more change nothing for a caller on hold', async () => {
  const staged = setup({ agents: [agentA] });
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  const [waiting] = staged.record.calls.values();
  if (waiting === undefined) throw new Error('no call');
  const before = staged.network.view(id);
  expect(await staged.voice.instruct(id, instructionsFor(waiting, null))).toEqual({ kind: 'done' });
  expect(staged.network.view(id)).toEqual(before);
});

test('an order for a call that has ended or was never known is gone', async () => {
  const staged = setup();
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  await staged.act(`/calls/${id}/hang-up`);
  for (const lost of [id, 'SBnone']) {
    expect(await staged.voice.hangUp(lost)).toEqual({ kind: 'gone' });
    expect(await staged.voice.instruct(lost, [{ verb: 'hang-up' }])).toEqual({ kind: 'gone' });
  }
});

test('instructions that overtake the first answer are not undone by it', async () => {
  const network = createNetwork({ randomBytes: (length) => new Uint8Array(length).fill(7) });
  const { id } = network.placeCall(caller, ours);
  network.instruct(id, [{ verb: 'say', text: 'newer' }, join]);
  expect(network.reply({ lineId: id, sequence: 0 }, [{ verb: 'say', text: 'older' }])).toEqual([]);
  expect(network.view(id)).toMatchObject({ state: 'in-progress', hears: ['say: newer', 'hold music'] });
});

const join = {
  verb: 'join',
  room: 'call_1',
  role: 'caller',
  hears: 'talk',
  coaches: null,
  endsRoom: true,
  next: null,
} as const;

test('a caller who hangs up while the gateway is still taking the call is reported after it was taken', async () => {
  const taken = Promise.withResolvers<void>();
  const staged = setup({
    takeCall: async (incoming) => {
      await taken.promise;
      return staged.record.take(incoming);
    },
  });
  const placing = staged.send('POST', '/calls', { from: caller, to: ours });
  while (staged.network.callsOf(caller, 'live').length === 0) await new Promise((resolve) => setImmediate(resolve));
  const hangingUp = staged.send('POST', `/phones/${caller}/hang-up`);
  while (staged.network.callsOf(caller, 'live').length > 0) await new Promise((resolve) => setImmediate(resolve));
  taken.resolve();
  expect((await placing).body.state).toBe('completed');
  await hangingUp;
  await staged.settle();
  expect([...staged.record.calls.values()][0]?.state).toBe('ended');
});

test('a call answered from memory reaches the failover phone and asks nothing of the record', async () => {
  const staged = setup({ takeCall: async () => ({ kind: 'failover', to: elsewhere }) });
  staged.record.outage.isOn = true;
  const { body } = await staged.act('/calls', { from: caller, to: ours });
  expect(body.hears).toEqual([`ringing ${elsewhere}`]);
  await staged.act(`/phones/${elsewhere}/answer`);
  expect(staged.network.view(body.id).connectedWith).toBe(elsewhere);
  await staged.act(`/phones/${elsewhere}/hang-up`);
  expect(staged.network.view(body.id).state).toBe('completed');
  expect(staged.record.heard).toEqual([]);
});

test('a call answered from memory stays recorded as such when its end is told later', async () => {
  const answers = { fromMemory: true };
  const staged = setup({
    failover: elsewhere,
    takeCall: async (incoming) => {
      if (!answers.fromMemory) return staged.record.take(incoming);
      return { kind: 'failover', to: elsewhere };
    },
  });
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  await staged.act(`/phones/${elsewhere}/answer`);
  await staged.act(`/calls/${id}/hang-up`);
  const raw = {};
  const late = { carrier: 'sandbox', carrierCallId: id, dnis: ours, ani: caller, attestation: null, raw };
  const taken = await staged.record.take(late);
  if (taken.kind !== 'taken') throw new Error('not taken');
  staged.record.apply(taken.call.id, { type: 'failed-over' });
  answers.fromMemory = false;
  const next = (await staged.act('/calls', { from: caller, to: ours })).body;
  await staged.act(`/calls/${next.id}/hang-up`);
  expect(staged.record.calls.get(taken.call.id)?.verdict?.slug).toBe('failover-unrecorded');
});

test('a call answered from memory that nobody takes hears an apology', async () => {
  const staged = setup({ takeCall: async () => ({ kind: 'failover', to: elsewhere }) });
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  const { body } = await staged.act(`/calls/${id}/wait-out`);
  expect(body).toMatchObject({ state: 'completed' });
  expect(body.hears.at(-1)).toContain('Sorry');
});

test('without a record and without a failover number the call ends as unavailable', async () => {
  const staged = setup({ takeCall: async () => ({ kind: 'unavailable' }) });
  expect(await staged.act('/calls', { from: caller, to: ours })).toMatchObject({ code: 503 });
  expect(staged.network.callsOf(caller, 'live')).toEqual([]);
});

test('an end that the record could not take is told again when it is back, under the same key', async () => {
  const staged = setup({ agents: [agentA, agentB] });
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  staged.record.outage.isOn = true;
  await staged.act(`/calls/${id}/hang-up`);
  expect([...staged.record.calls.values()][0]?.state).toBe('waiting');
  staged.record.outage.isOn = false;
  await staged.act('/calls', { from: caller, to: ours });
  await staged.act(`/phones/${agentA}/answer`);
  expect([...staged.record.calls.values()][0]?.verdict?.slug).toBe('caller-gave-up');
});

test('a key that the record could not take lets the agent go and is never told later', async () => {
  const staged = setup({ agents: [agentA] });
  await staged.act('/calls', { from: caller, to: ours });
  await staged.act(`/phones/${agentA}/answer`);
  staged.record.outage.isOn = true;
  const pressed = await staged.act(`/phones/${agentA}/press`, { digits: '1' });
  expect(pressed.body).toMatchObject({ state: 'completed', connectedWith: null });
  expect(pressed.body.hears).toContain('the gateway did not answer');
  staged.record.outage.isOn = false;
  await staged.act('/calls', { from: caller, to: ours });
  await staged.act(`/phones/${agentA}/answer`);
  expect(staged.record.heard.map(({ fact }) => fact.what)).not.toContain('keys');
});

test('after a restart every live sandbox call of the record ends as lost', async () => {
  const told: [string, CallEvent][] = [];
  const asked: string[] = [];
  const ended = await endLostCalls({
    db: {} as never,
    calls: {
      async live(_db, carrier) {
        asked.push(carrier);
        return [
          { id: 'call_1' as CallId, enterpriseId: 'ent_1' as never, carrierCallId: 'SB1' },
          { id: 'call_2' as CallId, enterpriseId: 'ent_1' as never, carrierCallId: 'SB2' },
        ];
      },
    },
    runner: {
      async run(callId, event) {
        told.push([callId, event]);
        return { kind: 'unknown' };
      },
    },
  });
  expect([ended, asked]).toEqual([2, ['sandbox']]);
  expect(told).toEqual([
    ['call_1', { type: 'carrier-lost' }],
    ['call_2', { type: 'carrier-lost' }],
  ]);
});

test('ended calls leave memory oldest first, live ones never, and a network full of live calls takes no more', () => {
  let seed = 0;
  const network = createNetwork({
    randomBytes: (length) => {
      seed += 1;
      return Uint8Array.from({ length }, (_, at) => (seed >> (8 * (at % 4))) & 255);
    },
  });
  const live = network.placeCall(caller, ours).id;
  const gone = network.placeCall(caller, ours).id;
  network.hangUp(gone);
  for (let placed = 2; placed < limits.sandboxCallsMax; placed += 1) network.placeCall(null, ours);
  expect(network.view(gone).state).toBe('completed');
  network.placeCall(null, ours);
  expect(() => network.view(gone)).toThrow('There is no call');
  expect(network.view(live).state).toBe('ringing');
  expect(() => network.placeCall(null, ours)).toThrow('hang some up');
  expect(network.dial(orderOf({ id: 'call_9' as CallId, dnis: ours }, 'leg_9' as never, agentA))).toBeNull();
});
