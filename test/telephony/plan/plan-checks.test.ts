/** What a plan may not name, and what it may not ask of a carrier. */
import { expect, test } from 'vitest';
import { checkDestination, type DestinationRules } from '../../../src/telephony/allowed-destination.ts';
import type { Dialable } from '../../../src/telephony/instructions.ts';
import { destinationFaults } from '../../../src/telephony/plan/plan-destinations.ts';
import { capabilityFaults } from '../../../src/telephony/plan/plan-needs.ts';
import { routePlanSchema } from '../../../src/telephony/plan/route-plan.ts';
import type { Capability } from '../../../src/telephony/voice-carrier.ts';

const own: DestinationRules = { countries: ['US'], areNamed: false, sipHosts: ['centre.example'] };
const named = (...countries: string[]): DestinationRules => ({ ...own, countries, areNamed: true });
/** Built here, so that no number that may ring stands in the code. */
const na = (code: string, exchange = '555') => `+1${code}${exchange}0123`;
const islands = '242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876'.split(' ');

function verdict(to: string, rules: DestinationRules = own) {
  return checkDestination(to as Dialable, rules).kind;
}

test.each<[string, string, DestinationRules, 'allowed' | 'refused']>([
  ['a number of an own country', na('503'), own, 'allowed'],
  ['a neighbour that is not named', na('416'), own, 'refused'],
  ['a neighbour that is named', na('416'), named('CA'), 'allowed'],
  ['an own country that is no longer named', na('503'), named('CA'), 'refused'],
  ['another continent', '+442079460123', own, 'refused'],
  ['another continent that is named', '+442079460123', named('US', 'GB'), 'allowed'],
  ['toll-free of the same calling code', na('800'), named('CA'), 'allowed'],
  ['toll-free of another one', na('800'), named('GB'), 'refused'],
  ['pay-per-call as an area code', na('900'), named('US'), 'refused'],
  ['pay-per-call as an exchange', na('503', '976'), named('US'), 'refused'],
  ['a premium number abroad', `+4490${'98790000'}`, named('GB'), 'refused'],
  ['a satellite', `+88${'11234567'}`, named('US'), 'refused'],
  ['an own SIP host', 'sip:calls@centre.example:5060', own, 'allowed'],
  ['a strange SIP host', 'sip:calls@centre.example.evil.example', own, 'refused'],
])('%s', (_what, to, rules, expected) => {
  expect(verdict(to, rules)).toBe(expected);
});

test.each(islands)('the island code %s is refused though it looks like home, unless its country is named', (code) => {
  expect(verdict(na(code))).toBe('refused');
  expect(verdict(na(code), { ...own, countries: ['US', 'JM', 'BS', 'DO'] })).toBe('refused');
});

test('an island’s code is dialled once its country is named', () => {
  expect(verdict(na('876'), named('US', 'JM'))).toBe('allowed');
});

test('each field that names a forbidden number is told', () => {
  const far = '+442079460123';
  const menu = {
    prompt: 'Press.',
    keys: {
      1: { to: 'number', number: far },
      2: { to: 'menu', menu: { prompt: 'Press.', keys: { '#': { to: 'number', number: far } } } },
    },
    otherwise: { to: 'number', number: far },
  };
  const plan = routePlanSchema.parse({ failover: far, closed: { failover: far }, menu });
  expect(destinationFaults(plan, own).map(({ field }) => field)).toEqual([
    'failover',
    'closed.failover',
    'menu.keys.1.number',
    'menu.keys.2.menu.keys.#.number',
    'menu.otherwise.number',
  ]);
  const away = routePlanSchema.parse({ handOver: { to: 'sip:a@evil.example' } });
  expect(destinationFaults(away, own)).toMatchObject([{ field: 'handOver.to', problem: /evil\.example/ }]);
});

const all: Capability[] = ['announce', 'keys', 'voicemail', 'record-conversation', 'hand-over-number', 'hand-over-sip'];
const without = (...lacking: Capability[]) => [
  { carrier: 'sip', capabilities: new Set(all.filter((one) => !lacking.includes(one))) },
];
const menu = { prompt: 'Press.', keys: { 1: { to: 'agents' } } };

test.each<[string, object, Capability[], string[]]>([
  ['a carrier that can do all', { menu, record: true, callbackAfterMs: 9_000 }, [], []],
  ['a greeting nobody can say', {}, ['announce'], ['greeting']],
  ['nothing to say', { greeting: null }, ['announce', 'voicemail', 'keys'], []],
  ['a menu without keys', { menu }, ['keys'], ['menu']],
  ['a callback without keys', { callbackAfterMs: 9_000 }, ['keys'], ['callbackAfterMs']],
  ['a recording', { record: true }, ['record-conversation'], ['record']],
  ['a recording that cannot be announced', { record: true, greeting: null }, ['announce'], ['record']],
  ['voicemail', { overflow: 'voicemail' }, ['voicemail'], ['overflow']],
  ['voicemail by key', { menu: { ...menu, keys: { 1: { to: 'voicemail' } } } }, ['voicemail'], ['menu']],
  ['hours that close', { hours: { timeZone: 'UTC', weekly: {} } }, ['voicemail'], ['closed.action']],
  ['a hand-over by SIP', { handOver: { to: 'sip:a@centre.example' } }, ['hand-over-sip', 'announce'], ['handOver']],
  ['a hand-over to a number', { handOver: { to: na('503') } }, ['hand-over-number'], ['handOver']],
])('%s', (_what, plan, lacking, fields) => {
  const faults = capabilityFaults(routePlanSchema.parse(plan), without(...lacking));
  expect(faults.map(({ field }) => field)).toEqual(fields);
  for (const { problem } of faults) expect(problem).toMatch(/^sip lacks the capability [a-z-]+/);
});

const inner = { prompt: 'More.', keys: { 1: { to: 'agents' } }, otherwise: { to: 'agents' } };
const tree = { prompt: 'Press.', keys: { 1: { to: 'menu', menu: inner } }, otherwise: { to: 'agents' } };

test.each<[string, object, string[]]>([
  ['its greeting', { greeting: 'Hello.' }, ['greeting']],
  ['what callers are told of a recording', { record: true, greeting: null }, ['record']],
  ['its own word on a recording', { record: true, consent: 'We record.', greeting: null }, ['consent']],
  ['menus within menus', { menu: tree, greeting: null }, ['menu', 'menu']],
  ['nothing while it says nothing', { greeting: null }, []],
  ['no greeting when the call is handed over', { handOver: { to: na('503') }, announcement: 'Hi.' }, ['announcement']],
])('a carrier that says recorded words only names the recording that lacks: %s', (_what, plan, fields) => {
  const missingPrompt = (text: string) => `/prompts/${text}.wav`;
  const speaking = without().map((carrier) => ({ ...carrier, missingPrompt }));
  const faults = capabilityFaults(routePlanSchema.parse(plan), speaking);
  expect(faults.map(({ field }) => field)).toEqual(fields);
  for (const { problem, cure } of faults)
    expect([problem, cure]).toEqual([
      expect.stringMatching(/^sip speaks no text/),
      expect.stringMatching(/\/prompts\//),
    ]);
  const recorded = without().map((carrier) => ({ ...carrier, missingPrompt: () => null }));
  expect(capabilityFaults(routePlanSchema.parse(plan), recorded)).toEqual([]);
});
