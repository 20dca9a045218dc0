/**
 * A thousand races of agents for one caller, each drawn from its seed: who picks up, who accepts at the same moment, whose
 * phone drops before the two are joined. Exactly one has the caller in the end, everybody else is told, and whenever one
 * looks the caller is in a room, with music or with an agent.
 */
import { expect, test } from 'vitest';
import type { E164 } from '../../../src/ports/e164.ts';
import { createRandom } from '../../../src/simulate/random.ts';
import { agentA, agentB, caller, ours, setup } from './staged-gateway.ts';

const agents = [agentA, agentB, '+15035550143' as E164, '+15035550144' as E164];
const races = 1_000;
const parts = [0, 200, 400, 600, 800];
const taken = 'say: This call is no longer waiting. Thank you.';

async function runRace(seed: number) {
  const random = createRandom(seed);
  const size = random.integer(2, 4);
  const staged = setup({ agents: agents.slice(0, size), race: size });
  const { network, head, record } = staged;
  const { id } = (await staged.act('/calls', { from: caller, to: ours })).body;
  const looks: string[] = [];
  /** What the caller's phone is doing: `room` is music or an agent. */
  const look = () => {
    const { state, hears } = network.view(id);
    const last = hears.findLast((line) => !line.startsWith('say:')) ?? '';
    looks.push(state === 'in-progress' && /^(hold music|room .*(connected|left))/.test(last) ? 'company' : last);
  };
  const lines = random
    .shuffle(agents.slice(0, size))
    .map((phone) => ({ phone, id: network.newestOf(phone, 'ringing') }));
  const rivals = lines.slice(0, random.integer(2, size));
  for (const line of rivals) await head.tell(network.answer(line.id));
  look();
  // All press in the same millisecond: nothing is told before the last has pressed.
  const pressed = rivals.map((line) => network.press(line.id, '1'));
  const drops = random.integer(0, 2) === 0 ? 0 : random.integer(1, rivals.length - 1);
  // A phone that drops while its key is on the way never reaches the room.
  const dropped = rivals.slice(0, drops).map((line) => network.hangUp(line.id));
  await Promise.all([...pressed, ...dropped].map((reports) => head.tell(reports)));
  look();
  for (let round = 0; round <= drops; round += 1) {
    await staged.settle();
    look();
    record.fall(['lost']);
  }
  await staged.settle();
  record.fall(['proof']);
  await staged.settle();
  look();
  return { staged, id, size, lines, rivals, drops, looks };
}

test.each(parts)(
  'of all who accept exactly one has the caller, the others are told, nobody hears silence (from seed %i)',
  async (from) => {
    const outcomes = new Map<string, number>();
    for (let seed = from; seed < from + races / parts.length; seed += 1) {
      const { staged, id, lines, rivals, drops, looks } = await runRace(seed);
      const { network, record } = staged;
      const bridged = lines.filter((line) => network.view(line.id).connectedWith === caller);
      const [call] = record.calls.values();
      expect(bridged, `seed ${seed}`).toHaveLength(1);
      expect(network.view(id).connectedWith, `seed ${seed}`).toBe(bridged[0]?.phone);
      expect(rivals.slice(drops), `seed ${seed}`).toContainEqual(bridged[0]);
      expect(
        call?.legs.filter(({ state }) => state === 'bridged'),
        `seed ${seed}`,
      ).toHaveLength(1);
      for (const line of rivals.slice(drops)) {
        const { state, hears } = network.view(line.id);
        if (line !== bridged[0]) expect([state, hears.includes(taken)], `seed ${seed}`).toEqual(['completed', true]);
      }
      expect(new Set(looks), `seed ${seed}`).toEqual(new Set(['company']));
      expect(
        lines.filter((line) => network.isLive(line.id)),
        `seed ${seed}`,
      ).toHaveLength(1);
      outcomes.set(`${drops} dropped`, (outcomes.get(`${drops} dropped`) ?? 0) + 1);
    }
    expect([...outcomes.keys()].toSorted()).toEqual(['0 dropped', '1 dropped', '2 dropped', '3 dropped']);
  },
);
