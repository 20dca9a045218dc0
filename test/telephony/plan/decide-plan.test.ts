/** What happens with a call, by plan, facts and instant. */
import { expect, test } from 'vitest';
import { limits } from '../../../config/limits.ts';
import type { E164 } from '../../../src/ports/e164.ts';
import type { CallId, VisitId } from '../../../src/ports/ids.ts';
import { assuranceOf, decidePlan, type PlanFacts } from '../../../src/telephony/plan/decide-plan.ts';
import { routePlanSchema, usualConsent, usualGreeting } from '../../../src/telephony/plan/route-plan.ts';

const at = Date.parse('2026-05-04T10:00:00Z');
const elsewhere = '+15035550177' as E164;
const other = '+15035550178' as E164;
const facts: PlanFacts = {
  source: 'number',
  version: 3,
  callId: 'call_1' as CallId,
  numberFailover: elsewhere,
  assurance: 'L1',
  attribution: { decision: 'credited', visitId: 'visit_1' as VisitId, probability: 0.91234 },
  hook: null,
};
const closedNow = { hours: { timeZone: 'UTC', weekly: {} } };
const decide = (plan: object, more: Partial<PlanFacts> = {}) =>
  decidePlan(routePlanSchema.parse(plan), { ...facts, ...more }, at);

test('without a plan, or with one that says nothing, a call goes as it always did', () => {
  const usual = {
    opening: [],
    greeting: usualGreeting,
    waitUntil: at + limits.callWaitMs,
    offersMax: limits.offersPerCallMax,
    failover: elsewhere,
    overflow: 'failover',
    dispatch: 'must',
    raceSize: 1,
    closed: null,
    handOver: null,
  };
  expect(decidePlan(null, { ...facts, source: 'default', version: null }, at)).toMatchObject(usual);
  expect(decide({})).toMatchObject({ ...usual, source: 'number', version: 3 });
});

test.each<[string, object, object]>([
  ['limits are the plan’s', { waitMs: 9_000, offersMax: 2, wrapUpMs: 4_000 }, { waitUntil: at + 9_000, offersMax: 2 }],
  ['its own failover comes first', { failover: other }, { failover: other }],
  ['announcement, then consent', { announcement: 'One.', consent: 'Two.' }, { opening: ['One.', 'Two.'] }],
  ['no recording without a word', { record: true, announcement: 'One.' }, { opening: ['One.', usualConsent] }],
  ['nor twice the word', { record: true, consent: 'We record.' }, { opening: ['We record.'] }],
  ['a race has its size', { dispatch: 'race', raceSize: 4 }, { dispatch: 'race', raceSize: 4 }],
  ['one after another is a race of one', { raceSize: 4 }, { dispatch: 'must', raceSize: 1 }],
  ['no greeting is silence', { greeting: null }, { greeting: '' }],
  ['voicemail rather than the number', { overflow: 'voicemail' }, { overflow: 'voicemail', failover: elsewhere }],
])('%s', (_what, plan, expected) => {
  expect(decide(plan)).toMatchObject(expected);
});

test.each<[string, object, object]>([
  ['voicemail after a line', {}, { closed: { announcement: 'We are closed just now.', action: 'voicemail' } }],
  ['the plan’s failover', { closed: { action: 'failover' }, failover: other }, { failover: other }],
  ['a number of its own', { closed: { action: 'failover', failover: other } }, { failover: other }],
  [
    'the end',
    { closed: { action: 'hang-up', announcement: null } },
    { closed: { announcement: null, action: 'hang-up' } },
  ],
  ['no hand-over', { handOver: { to: other } }, { handOver: null }],
  [
    'no menu and no announcement',
    { announcement: 'Hello.', menu: { prompt: 'P', keys: { 1: { to: 'agents' } } } },
    { menu: null, opening: [] },
  ],
])('outside hours: %s', (_what, plan, expected) => {
  expect(decide({ ...closedNow, ...plan })).toMatchObject(expected);
});

test('a hand-over by SIP carries who is calling, one to a number cannot', () => {
  expect(decide({ handOver: { to: 'sip:calls@centre.example' } }).handOver).toEqual({
    to: 'sip:calls@centre.example',
    headers: {
      'X-Linekeeper-Call': 'call_1',
      'X-Linekeeper-Attribution': 'credited',
      'X-Linekeeper-Visit': 'visit_1',
      'X-Linekeeper-Probability': '0.9123',
      'X-Linekeeper-Assurance': 'L1',
    },
  });
  expect(decide({ handOver: { to: other } }).handOver).toEqual({ to: other, headers: {} });
  const unknown = { attribution: null, assurance: 'L0' as const, callId: null };
  expect(decide({ handOver: { to: 'sip:a@b.example' } }, unknown).handOver?.headers).toEqual({
    'X-Linekeeper-Assurance': 'L0',
  });
});

test.each([
  ['A', elsewhere, 'L1'],
  ['A', null, 'L0'],
  ['B', elsewhere, 'L0'],
  ['failed', elsewhere, 'L0'],
  ['none', elsewhere, 'L0'],
  [null, elsewhere, 'L0'],
] as const)('attestation %s of %s is %s', (attestation, ani, level) => {
  expect(assuranceOf(ani, attestation)).toBe(level);
});
