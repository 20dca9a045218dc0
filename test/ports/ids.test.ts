import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIds } from '../../src/ports/ids.ts';

const kinds = ['ent', 'key', 'call', 'leg', 'offer', 'visit', 'lease', 'conv', 'msg', 'evt', 'ep', 'attr'] as const;

function setup(fill = 0) {
  const clock = { at: Date.parse('2026-05-04T10:00:00Z'), now: () => clock.at };
  return { clock, ids: createIds({ clock, randomBytes: (length) => new Uint8Array(length).fill(fill) }) };
}

test.each(kinds)('a %s id says what it is and is 26 characters of the alphabet after it', (kind) => {
  expect(setup(255).ids.make(kind)).toMatch(new RegExp(`^${kind}_[0-9a-hjkmnp-tv-z]{26}$`));
});

test('ids sort by the time they were made, whatever their random part', () => {
  const instant = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') });
  fc.assert(
    fc.property(instant, instant, fc.nat({ max: 255 }), fc.nat({ max: 255 }), (first, second, left, right) => {
      fc.pre(first !== second);
      const [earlier, later] = [Math.min(first, second), Math.max(first, second)];
      const [one, other] = [setup(left), setup(right)];
      one.clock.at = earlier;
      other.clock.at = later;
      expect(one.ids.make('call') < other.ids.make('call')).toBe(true);
    }),
  );
});

test('every bit of the random part is used: two ids of one millisecond differ with any random byte', () => {
  const { clock } = setup();
  const idOf = (bytes: readonly number[]) =>
    createIds({ clock, randomBytes: (length) => Uint8Array.from({ length }, (_, at) => bytes[at] ?? 0) }).make('visit');
  const plain = idOf([]);
  for (let place = 0; place < 13; place += 1) {
    for (const value of [1, 2, 4, 8, 16]) expect(idOf(Array(13).fill(0).with(place, value))).not.toBe(plain);
  }
});

test('each id has 13 random characters of its own, however many were drawn at once', () => {
  const { clock } = setup();
  const drawn: number[] = [];
  const randomBytes = (length: number) => {
    const bytes = Array.from({ length }, (_, at) => (drawn.length + at) % 31);
    drawn.push(...bytes);
    return Uint8Array.from(bytes);
  };
  const ids = createIds({ clock, randomBytes });
  const parts = Array.from({ length: 600 }, () => ids.make('call').slice(-13)).join('');
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  expect(parts).toBe(
    drawn
      .slice(0, parts.length)
      .map((byte) => alphabet[byte])
      .join(''),
  );
});

test('ids of one process sort in the order they were made, within a millisecond and when the clock steps back', () => {
  const { clock, ids } = setup();
  const made = Array.from({ length: 40_000 }, () => ids.make('evt'));
  clock.at -= 5_000;
  made.push(ids.make('evt'));
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(made.length);
});

test('the same instant and the same bytes give the same id: a seed replays a day', () => {
  expect(setup(7).ids.make('msg')).toBe(setup(7).ids.make('msg'));
});
