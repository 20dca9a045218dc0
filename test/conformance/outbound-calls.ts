/**
 * The part of the voice carrier's suite about calls that we make: whatever the carrier, an agent and a customer meet, a
 * customer who is not reached has a name for it, and nobody hears silence.
 */
import { expect, test } from 'vitest';
import { type StagedPhone, stageCustomer, theOnlyCall, type VoiceStage } from './voice-stage.ts';

export function outboundSuite(setup: () => Promise<{ stage: VoiceStage }>): void {
  test('an agent takes a call that we make, then the customer is rung; they talk until either one hangs up', async () => {
    const { stage } = await setup();
    const from = await stage.addNumber();
    for (const [index, who] of (['customer', 'agent'] as const).entries()) {
      const { agent, customer, id } = await callAgentFirst(stage, from);
      expect(await agent.heard()).not.toContain('silence');
      await customer.answer();
      await Promise.all([customer.waitFor('talking'), agent.waitFor('talking')]);
      await { customer, agent }[who].hangUp();
      await { customer: agent, agent: customer }[who].waitFor('ended');
      await stage.receiver.waitFor('call.ended', id);
      expect(await stage.api.must('GET', `/v1/calls/${id}`)).toMatchObject({
        direction: 'outbound',
        from,
        to: stageCustomer,
        carrierCallId: customer.id,
        verdict: { slug: 'answered' },
        legs: [{ ending: 'completed' }],
      });
      expect(await stage.dials()).toBe(2 * (index + 1));
    }
  });

  test('a customer who is not reached ends the call by that name, and the agent is let go', async () => {
    const { stage } = await setup();
    const from = await stage.addNumber();
    const turns: [string, (phones: { agent: StagedPhone; customer: StagedPhone }) => Promise<void>][] = [
      ['customer-busy', ({ customer }) => customer.busy()],
      ['customer-unanswered', ({ customer }) => customer.noAnswer()],
      ['agent-left', ({ agent }) => agent.hangUp()],
    ];
    for (const [slug, turnDown] of turns) {
      const { agent, customer, id } = await callAgentFirst(stage, from);
      await turnDown({ agent, customer });
      await Promise.all([agent.waitFor('ended'), customer.waitFor('ended')]);
      await stage.receiver.waitFor('call.ended', id);
      expect(await stage.api.must('GET', `/v1/calls/${id}`)).toMatchObject({ verdict: { slug }, talkMs: 0 });
    }
  });

  test('a customer who is called first is never left in silence: an agent is rung for them, or the order is refused', async () => {
    const { stage } = await setup();
    const from = await stage.addNumber();
    const order = { to: stageCustomer, from, first: 'customer', purpose: 'service' };
    const placed = await stage.api.send('POST', '/v1/calls', { body: order });
    if (stage.lacks?.includes('hold-music')) {
      expect(placed).toMatchObject({ status: 422, body: { code: 'carrier-incapable', fields: [{ field: 'first' }] } });
      return;
    }
    const customer = await stage.nextRing([stageCustomer]);
    await customer.answer();
    await customer.waitFor('waiting');
    expect(await customer.heard()).not.toContain('silence');
    const agent = await stage.nextRing();
    await agent.answer();
    await agent.press('1');
    await Promise.all([customer.waitFor('talking'), agent.waitFor('talking')]);
    await agent.hangUp();
    await customer.waitFor('ended');
    await stage.receiver.waitFor('call.ended', placed.body.id);
    expect((await theOnlyCall(stage)).verdict).toMatchObject({ slug: 'answered' });
  });
}

async function callAgentFirst(stage: VoiceStage, from: string) {
  const order = { to: stageCustomer, from, first: 'agent', purpose: 'service' };
  const { id } = await stage.api.must('POST', '/v1/calls', { body: order });
  const agent = await stage.nextRing();
  await agent.answer();
  await agent.press('1');
  return { agent, customer: await stage.nextRing([stageCustomer]), id: id as string };
}
