/** What an agent is shown tells one caller nothing of another. */
import { expect, test } from 'vitest';
import { type Glimpse, maskChoices } from '../../../src/numbers/attribution/masked-question.ts';
import type { VisitId } from '../../../src/ports/ids.ts';
import { sha256Hex } from '../../../src/ports/secrets.ts';

const now = Date.parse('2026-05-04T10:00:00Z');
const minuteMs = 60_000;
const masking = { at: now, choicesMax: 3, pageVisitorsMin: 5, seal: sha256Hex };

function glimpse(name: string, minutesAgo: number, more: Partial<Glimpse> = {}): Glimpse {
  const page = 'https://shop.example/gas-boilers/x200?campaign=may';
  return { visitId: name as VisitId, visitor: name, page, pages: 3, lastSeenAt: now - minutesAgo * minuteMs, ...more };
}

const beliefIn = (...names: string[]) => ({
  candidates: names.map((name) => ({ visitId: name as VisitId, probability: 1 / names.length })),
  nobody: 0,
  others: 0,
});
const others = Array.from({ length: 5 }, (_, index) => glimpse(`other-${index}`, 90));

test('a choice says when, how much and, where enough share it, about what', () => {
  const choices = maskChoices(
    beliefIn('ada', 'bob', 'cy'),
    [
      glimpse('ada', 1),
      glimpse('bob', 20, { pages: 1 }),
      glimpse('cy', 3_000, { pages: 9, page: 'https://shop.example/heat-pumps' }),
      ...others,
    ],
    masking,
  );
  expect(Object.fromEntries(choices.map(({ visits, says }) => [visits.join(), says]))).toEqual({
    ada: 'is on the website right now and looked at a few pages, among them one about gas boilers',
    bob: 'was on the website within the last hour and looked at one page about gas boilers',
    cy: 'was on the website one to three days ago and looked at many pages',
  });
});

test.each([
  ['https://shop.example/invite/8f3a', 'invite'],
  ['https://shop.example/orders%2F1001', null],
  ['https://shop.example/j.smith@mail.example', null],
  ['https://shop.example/550-0142', null],
  ['https://shop.example/?q=secret', null],
  ['https://shop.example', null],
  ['Heat pumps', 'heat pumps'],
  ['/Heizung/öl', 'heizung'],
])('of the page %s no more is said than %s', (page, topic) => {
  const glimpses = ['a', 'b', 'c', 'd', 'e'].map((name) => glimpse(name, 5, { page }));
  const [choice] = maskChoices(beliefIn('a'), glimpses, masking);
  expect(choice?.says.split(' about ')[1] ?? null).toBe(topic);
});

test('one visitor with many visits does not make a page a common one', () => {
  const own = Array.from({ length: 9 }, (_, index) => glimpse(`visit-${index}`, 5, { visitor: 'ada' }));
  expect(maskChoices(beliefIn('visit-0'), own, masking)[0]?.says).not.toMatch(/about/);
});

test('visits that look alike are one choice; three are offered, in an order that says nothing', () => {
  const names = ['ada', 'bob', 'cy', 'dee', 'eve'];
  const glimpses = names.map((name, index) => glimpse(name, [1, 1, 30, 200, 2_000][index] ?? 0));
  const choices = maskChoices(beliefIn(...names), glimpses, masking);
  expect(choices.map(({ visits }) => visits.join()).toSorted()).toEqual(['ada,bob', 'cy', 'dee']);
  expect(choices.map(({ id }) => id)).toEqual(choices.map(({ id }) => id).toSorted());
  expect(choices).toEqual(maskChoices(beliefIn(...names), glimpses.toReversed(), masking));
  expect(choices.every(({ id }) => /^[0-9a-f]{24}$/.test(id))).toBe(true);
});

test('a visit the record knows nothing of is not offered', () => {
  expect(maskChoices(beliefIn('ada'), [], masking)).toEqual([]);
});
