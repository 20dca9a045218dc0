/** The attribution benchmark: its worlds are read strictly, play the same again, and tell a gateway nothing it cannot see. */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { playLastHolder } from '../../bench/attribution/last-holder.ts';
import { playLinekeeper } from '../../bench/attribution/linekeeper.ts';
import { makeTraffic } from '../../bench/attribution/traffic.ts';
import { readWorld, type World } from '../../bench/attribution/world.ts';

const folder = new URL('../../bench/worlds/', import.meta.url);
const reference = readWorld(await readFile(new URL('reference.json', folder), 'utf8'));
const ours = { policy: 'linekeeper', oracle: null, choice: 'ranked', ask: false } as const;

function play(world: World) {
  const traffic = makeTraffic(world);
  return playLinekeeper(world, traffic, { ...ours, numbers: world.numbers }).score;
}

describe('a world file', () => {
  test('of ours is read', async () => {
    const names = await readdir(folder);
    const worlds = await Promise.all(
      names.map(async (name) => readWorld(await readFile(new URL(name, folder), 'utf8'))),
    );
    expect(worlds.length).toBeGreaterThanOrEqual(3);
  });

  test('with an unknown key is refused by its name, as is one with a missing or an odd value', () => {
    const told = (change: object) => () => readWorld(JSON.stringify({ ...reference, ...change }));
    expect(told({ weather: 'rain' })).toThrow('weather');
    expect(told({ numbers: undefined })).toThrow('numbers');
    expect(told({ arrivalsPerHour: [1, 2] })).toThrow('arrivalsPerHour');
    expect(told({ tapShare: 1.2 })).toThrow('tapShare');
    expect(told({ delays: [{ share: 0.5, during: true }] })).toThrow('delays');
    expect(told({ warmupDays: 14 })).toThrow('warmupDays');
  });

  test('makes the same traffic each time, and other traffic from another seed', () => {
    const short = { ...reference, days: 0.5, warmupDays: 0 };
    expect(makeTraffic(short)).toEqual(makeTraffic(short));
    expect(makeTraffic({ ...short, seed: 8 }).calls).not.toEqual(makeTraffic(short).calls);
  });
});

describe('the replay', () => {
  const short = { ...reference, days: 2, warmupDays: 0.5 };

  test('credits more calls than the conventions from the same numbers', () => {
    const traffic = makeTraffic(short);
    const last = playLastHolder(short, traffic, { policy: 'hold2-last', holdMs: 120_000, numbers: short.numbers });
    expect(play(short).correct).toBeGreaterThan(last.correct);
  });

  test('of a world without calls, without visits, with one number or one region gives figures, not NaN', () => {
    const odd: Partial<World>[] = [
      { arrivalsPerHour: Array<number>(24).fill(0) },
      {
        segments: [{ name: 'mute', share: 1, engagedSecondsMean: 30, pagesMean: 1, callProbability: 0 }],
        strayCallsPerDay: 0,
      },
      { numbers: 1, regions: 1 },
      { withheldShare: 1, tapShare: 0, aniRegionMatch: 1 },
      {
        delays: [{ share: 1, medianSeconds: 600, sigma: 0 }],
        repeatCallShare: 0,
        returningShare: 1,
        cookieLossShare: 1,
      },
    ];
    for (const change of odd) {
      const score = play({ ...short, days: 0.5, warmupDays: 0, ...change });
      expect(Object.values(score).filter((value) => typeof value === 'number' && !Number.isFinite(value))).toEqual([]);
    }
  });
});
