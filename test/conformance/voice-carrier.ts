/**
 * The suite of the voice-carrier port: the same calls, whatever the carrier. Each test names a guarantee that callers and
 * agents have; the stage plays the carrier and everybody behind it, and nothing inside the gateway is replaced.
 */
import { describe, expect, test } from 'vitest';
import { countRows, embeddedDeployment, type Place } from '../support/deployments.ts';
import { outboundSuite } from './outbound-calls.ts';
import {
  closeOffice,
  type StagedPhone,
  stageCustomer,
  stageFailover,
  theOnlyCall,
  type VoiceStage,
} from './voice-stage.ts';

/** Runs the suite; `noWire` says why a carrier is not reached over HTTP, where it is not. */
export function voiceCarrierSuite(
  carrier: string,
  open: (place: Place) => Promise<VoiceStage>,
  { noWire = null as string | null } = {},
): void {
  describe(`the voice carrier ${carrier}`, () => {
    const deployment = embeddedDeployment();
    const setup = async () => {
      const place = await deployment.open();
      return { place, stage: await open(place) };
    };
    callSuite(setup);
    outboundSuite(setup);
    describe.skipIf(noWire !== null)(noWire === null ? 'over its wire' : `over its wire [skipped: ${noWire}]`, () =>
      wireSuite(setup),
    );
  });
}

type Setup = () => Promise<{ place: Place; stage: VoiceStage }>;

function callSuite(setup: Setup): void {
  test('an incoming call is greeted and waits, and never hears silence', async () => {
    const { stage } = await setup();
    const caller = await stage.placeCall(await stage.addNumber());
    await caller.waitFor('waiting');
    const heard = await caller.heard();
    expect(heard[0]).toMatch(/Please hold/);
    expect(heard).not.toContain('silence');
  });

  test('an agent who presses 1 talks with the caller, and either one’s end ends the call', async () => {
    const { stage } = await setup();
    const { caller, agent } = await talk(stage);
    expect(await agent.heard()).toContainEqual(expect.stringMatching(/Press 1/));
    await caller.hangUp();
    await agent.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    expect(await theOnlyCall(stage)).toMatchObject({
      carrier: stage.carrier,
      carrierCallId: caller.id,
      verdict: { slug: 'answered' },
      legs: [{ ending: 'completed' }],
    });
  });

  test('an agent who hangs up lets the caller go', async () => {
    const { stage } = await setup();
    const { caller, agent } = await talk(stage);
    await agent.hangUp();
    await caller.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    expect((await theOnlyCall(stage)).verdict).toMatchObject({ slug: 'answered' });
  });

  test.each<[string, (agent: StagedPhone) => Promise<void>]>([
    ['is busy', (agent) => agent.busy()],
    ['does not answer', (agent) => agent.noAnswer()],
    [
      'presses another key',
      async (agent) => {
        await agent.answer();
        await agent.press('2');
      },
    ],
    [
      'hangs up without a key',
      async (agent) => {
        await agent.answer();
        await agent.hangUp();
      },
    ],
  ])('an agent who %s gives way to the next, while the caller waits', async (_what, decline) => {
    const { stage } = await setup();
    const caller = await stage.placeCall(await stage.addNumber());
    const first = await stage.nextRing();
    await decline(first);
    const second = await stage.nextRing();
    expect(second.to).not.toBe(first.to);
    await first.waitFor('ended');
    await second.answer();
    await second.press('1');
    await Promise.all([second.waitFor('talking'), caller.waitFor('talking')]);
  });

  test('a caller who gives up stops the agent’s phone', async () => {
    const { stage } = await setup();
    const caller = await stage.placeCall(await stage.addNumber());
    await caller.waitFor('waiting');
    const agent = await stage.nextRing();
    await caller.hangUp();
    await agent.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    const stored = await theOnlyCall(stage);
    expect(stored).toMatchObject({ verdict: { slug: 'caller-gave-up' }, legs: [{ ending: 'withdrawn' }] });
  });

  test('a caller whom nobody can take leaves a message, named by the carrier’s id', async () => {
    const { stage } = await setup();
    await closeOffice(stage);
    const caller = await stage.placeCall(await stage.addNumber());
    await caller.leaveMessage(7);
    await stage.receiver.waitFor('call.voicemail');
    await stage.receiver.waitFor('call.ended');
    const { voicemail, verdict } = await theOnlyCall(stage);
    expect(voicemail).toMatchObject({ seconds: 7, recordingId: expect.stringMatching(/.{5}/) });
    expect(verdict.slug).toBe('voicemail-left');
    const prompts = (await caller.heard()).filter((words) => /leave a message/.test(words));
    expect(prompts, 'the prompt is heard once').toHaveLength(1);
  });

  test('a caller whom nobody can take is put through to the failover number', async () => {
    const { stage } = await setup();
    await closeOffice(stage);
    const caller = await stage.placeCall(await stage.addNumber(stageFailover));
    const elsewhere = await stage.nextRing([stageFailover]);
    await elsewhere.answer();
    await caller.waitFor('talking');
    await elsewhere.hangUp();
    await caller.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    expect((await theOnlyCall(stage)).verdict.slug).toBe('failover-answered');
  });

  test('a failover that does not answer leads to a message', async () => {
    const { stage } = await setup();
    await closeOffice(stage);
    const caller = await stage.placeCall(await stage.addNumber(stageFailover));
    await (await stage.nextRing([stageFailover])).noAnswer();
    await caller.leaveMessage(3);
    await stage.receiver.waitFor('call.voicemail');
    expect(await theOnlyCall(stage)).toMatchObject({ verdict: { slug: 'voicemail-left' } });
  });

  test('a number that is not ours is told so and stores nothing', async () => {
    const { stage } = await setup();
    const caller = await stage.placeCall('+15035550199').catch(() => null);
    await caller?.waitFor('ended');
    expect((await stage.api.must('GET', '/v1/calls')).items).toEqual([]);
  });
}

function wireSuite(setup: Setup): void {
  test('the call’s webhook sent again gets the same answer and makes no second call', async () => {
    const { stage } = await setup();
    const caller = await stage.placeCall(await stage.addNumber());
    await caller.waitFor('waiting');
    const { first, again } = await wireOf(stage).repeatFirst();
    expect(again).toBe(first);
    await theOnlyCall(stage);
  });

  test('every webhook of a call sent again changes nothing', async () => {
    const { stage } = await setup();
    const { caller, agent } = await talk(stage);
    await caller.hangUp();
    await agent.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    await wireOf(stage).settled();
    const before = await theOnlyCall(stage);
    const statuses = await wireOf(stage).repeatAll();
    expect(statuses.length).toBeGreaterThan(5);
    expect(statuses.every((status) => status >= 200 && status < 300)).toBe(true);
    expect(await theOnlyCall(stage)).toEqual(before);
  });

  test('tripled events change nothing', async () => {
    const { stage } = await setup();
    wireOf(stage).tripleEvents();
    const { caller, agent } = await talk(stage);
    await caller.hangUp();
    await agent.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    await wireOf(stage).settled();
    const stored = await theOnlyCall(stage);
    expect(stored).toMatchObject({ verdict: { slug: 'answered' }, legs: [{ ending: 'completed' }] });
    const told = stage.receiver.received().filter(({ subject }) => subject === stored.id);
    const types = told.map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
  });

  test('events that come after the call, the last one first, change nothing', async () => {
    const { stage } = await setup();
    const release = wireOf(stage).holdEvents();
    const { caller, agent } = await talk(stage);
    await agent.hangUp();
    await caller.hangUp();
    await stage.receiver.waitFor('call.answered');
    await release();
    await wireOf(stage).settled();
    await stage.receiver.waitFor('call.ended');
    expect(await theOnlyCall(stage)).toMatchObject({ state: 'ended', verdict: { slug: 'answered' } });
    expect(await stage.dials()).toBe(1);
  });

  test('an unsigned and a forged webhook are refused, and nothing is stored', async () => {
    const { place, stage } = await setup();
    const caller = await stage.placeCall(await stage.addNumber());
    await caller.waitFor('waiting');
    await caller.hangUp();
    await stage.receiver.waitFor('call.ended');
    await wireOf(stage).settled();
    const before = await theOnlyCall(stage);
    const { unsigned, forged } = await wireOf(stage).forge();
    expect([unsigned, forged].every((status) => status >= 400)).toBe(true);
    expect(forged).toBe(403);
    expect(await theOnlyCall(stage)).toEqual(before);
    await stage.gateway.close();
    const rows = await place.record(countRows);
    expect(rows.call).toBe(1);
  });

  test('a dial whose answer was lost rings the agent once, and a customer whom we call', async () => {
    const { stage } = await setup();
    wireOf(stage).loseDialAnswer();
    const caller = await stage.placeCall(await stage.addNumber());
    const agent = await stage.nextRing();
    await agent.answer();
    await agent.press('1');
    await Promise.all([agent.waitFor('talking'), caller.waitFor('talking')]);
    await caller.hangUp();
    await agent.waitFor('ended');
    await stage.receiver.waitFor('call.ended');
    await wireOf(stage).settled();
    expect(await stage.dials()).toBe(1);
    wireOf(stage).loseDialAnswer();
    const order = { to: stageCustomer, from: caller.to, first: 'customer', purpose: 'service' };
    const { id } = await stage.api.must('POST', '/v1/calls', { body: order });
    const customer = await stage.nextRing([stageCustomer]);
    await customer.answer();
    await (await stage.nextRing()).answer();
    await customer.hangUp();
    await stage.receiver.waitFor('call.ended', id);
    await wireOf(stage).settled();
    expect(await stage.dials()).toBe(3);
  });

  test('a REST API that is away is asked again, and the caller waits with music meanwhile', async () => {
    const { stage } = await setup();
    wireOf(stage).restAway(2);
    const caller = await stage.placeCall(await stage.addNumber());
    await caller.waitFor('waiting');
    const agent = await stage.nextRing();
    expect(await caller.heard()).not.toContain('silence');
    await agent.answer();
    await agent.press('1');
    await caller.waitFor('talking');
    expect(await stage.dials()).toBe(1);
  });
}

async function talk(stage: VoiceStage): Promise<{ caller: StagedPhone; agent: StagedPhone }> {
  const caller = await stage.placeCall(await stage.addNumber());
  const agent = await stage.nextRing();
  await agent.answer();
  await agent.press('1');
  await Promise.all([agent.waitFor('talking'), caller.waitFor('talking')]);
  return { caller, agent };
}

function wireOf({ wire }: VoiceStage) {
  if (wire === null) throw new Error('this carrier has no wire');
  return wire;
}
