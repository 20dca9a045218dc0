/**
 * Part of the suite of the voice port for carriers that are reached over HTTP: the music that waiting callers hear, and
 * machines on agents' phones.
 */
import { expect, test } from 'vitest';
import { theOnlyCall, type VoiceStage, wireOf } from './voice-stage.ts';

/** `setup` opens a stage anew for each test. */
export function machinesAndMusic(setup: () => Promise<{ readonly stage: VoiceStage }>): void {
  test('hold music is served to anybody in the length that is asked for', async () => {
    const { stage } = await setup();
    const music = (query: string) => fetch(`${stage.gateway.url}/carriers/${stage.carrier}/hold-music.wav${query}`);
    const lengthOf = async (query: string) => (await (await music(query)).arrayBuffer()).byteLength;
    const headerBytes = 44;
    const bytesPerSecond = 16_000;
    expect(await lengthOf('?seconds=7')).toBe(headerBytes + 8 * bytesPerSecond);
    expect(await lengthOf('')).toBe(headerBytes + 16 * bytesPerSecond);
    expect((await music('?seconds=99')).status).toBe(400);
  });

  test('a machine on an agent’s phone makes room for the next one at once, where the plan asks for it', async () => {
    const { stage } = await setup();
    const number = await stage.addNumber();
    const body = { detectMachines: true };
    // The demo's own numbers live on the sandbox, which cannot listen.
    const refused = await stage.api.send('PUT', '/v1/route-plan', { body });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'carrier-incapable', fields: [{ field: 'detectMachines' }] },
    });
    const { items } = await stage.api.must('GET', '/v1/numbers');
    const { id } = items.find((one: { number: string }) => one.number === number);
    await stage.api.must('PUT', `/v1/numbers/${id}/route-plan`, { body });
    const caller = await stage.placeCall(number);
    const first = await stage.nextRing();
    await wireOf(stage).answerByMachine(first);
    const second = await stage.nextRing();
    await first.waitFor('ended');
    await second.answer();
    await second.press('1');
    await Promise.all([second.waitFor('talking'), caller.waitFor('talking')]);
    expect(await theOnlyCall(stage)).toMatchObject({
      legs: [{ state: 'ended', ending: 'machine' }, { state: 'bridged' }],
    });
  });

  test('nobody listens for machines unless the plan asks for it', async () => {
    const { stage } = await setup();
    await stage.placeCall(await stage.addNumber());
    const agent = await stage.nextRing();
    await wireOf(stage).answerByMachine(agent);
    await wireOf(stage).settled();
    expect(await theOnlyCall(stage)).toMatchObject({ legs: [{ state: 'answered', ending: null }] });
  });
}
