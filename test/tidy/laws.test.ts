/** Each law bites: a sample that breaks it is told with the words expected, and its lawful twin passes in silence. */
import { describe, expect, test } from 'vitest';
import { type Chart, chartFaults, chartlessFaults } from './chart-law.ts';
import { cycleFaults } from './cycle-law.ts';
import { errorPageFaults, unusedCodeFaults } from './error-law.ts';
import { importFaults } from './import-law.ts';
import { knipFaults } from './knip-law.ts';
import { markerFaults } from './marker-law.ts';
import { nameFaults, openingFaults } from './name-law.ts';
import { secretFaults } from './secret-law.ts';
import { fileSizeFaults, functionSizeFaults } from './size-law.ts';
import { suffixFaults } from './suffix-law.ts';
import { type Fault, type SourceFile, tellFault } from './tree.ts';

type Tree = Readonly<Record<string, string>>;
type Law = (files: readonly SourceFile[]) => readonly Fault[];
/** Path and text of one file, and the words its fault must hold; no words mean it is lawful. */
type Sample = readonly [path: string, text: string, words?: string];

function filesOf(tree: Tree): readonly SourceFile[] {
  return Object.entries(tree).map(([path, text]) => ({ path, text }));
}

function told(law: Law, tree: Tree): string {
  return law(filesOf(tree)).map(tellFault).join('\n');
}

function tryEach(law: Law, samples: readonly Sample[]): void {
  const cases = samples.map(([path, text, words]) => ({ path, text, words }));
  test.each(cases)('$path: $text', ({ path, text, words }) => {
    const answer = law([{ path, text }]).map(tellFault).join('\n');
    if (words === undefined) return expect(answer).toBe('');
    expect(answer).toContain(words);
    expect(answer).toMatch(/^\S+:\d+: .+\. Cure: .+\.$/m);
  });
}

describe('imports run downward only', () =>
  tryEach(importFaults, [
    ['src/sms/a.ts', "import { b } from '../numbers/b.ts';"],
    ['src/sms/a.ts', "import { b } from '../telephony/b.ts';", 'sideways'],
    ['src/visits/a.ts', "import type { B } from '../routing/b.ts';", 'upward'],
    ['src/visits/a.ts', "export * from '../routing/b.ts';", 'upward'],
    ['src/visits/a.ts', "const b = await import('../routing/b.ts');", 'upward'],
    ['src/visits/a.ts', "type B = import('../routing/b.ts').B;", 'upward'],
    ['src/visits/a.ts', 'const b = (name: string) => import(name);', 'computes its name'],
    ['src/visits/a.ts', "// import { b } from '../routing/b.ts';\nconst c = 'import { b } from \"../api/b.ts\"';"],
    ['src/carriers/twilio/a.ts', "import { b } from '../sandbox/b.ts';", 'sideways'],
    ['src/carriers/twilio/a.ts', "import { b } from '../webhook.ts';"],
    ['src/carriers/webhook.ts', "import { b } from './twilio/b.ts';", 'sideways'],
    ['src/carriers/twilio/a.ts', "import type { B } from '../../api/contract/b.ts';", 'sideways'],
    ['src/main.ts', "import { b } from './carriers/twilio/b.ts';"],
    ['src/gateway/a.ts', "import { b } from '../main.ts';", 'main.ts wires it'],
    ['src/gateway/a.ts', "import { b } from '../api/b.ts';"],
    ['src/api/a.ts', "import { b } from '../gateway/b.ts';", 'upward'],
    ['src/api/a.ts', "import { b } from '../main.ts';", 'main.ts wires it'],
    ['src/simulate/a.ts', "import { b } from '../routing/b.ts';", 'over HTTP'],
    ['src/simulate/a.ts', "import type { B } from '../api/contract/b.ts';"],
    ['src/api/contract/a.ts', "import { z } from 'zod';\nimport type { CallId } from '../../ports/ids.ts';"],
    ['src/api/contract/a.ts', "import { b } from '../b.ts';", 'a wire type imports'],
    ['src/api/contract/a.ts', "import Fastify from 'fastify';", 'a wire type imports fastify'],
    ['src/ports/a.ts', "import { limits } from '../../config/limits.ts';"],
    ['config/a.ts', "import { b } from '../src/records/b.ts';", 'config imports'],
    ['web/desk/a.ts', "import type { B } from '../../src/api/contract/b.ts';"],
    ['web/desk/a.ts', "import { B } from '../../src/api/contract/b.ts';", 'a page imports'],
    ['src/extras/a.ts', 'const a = 1;', 'no rank'],
    ['src/sms/a.ts', "import { b } from '../../test/support/b.ts';", 'never leans on its tests'],
  ]));

describe('a file touches the outside only as its suffix says', () =>
  tryEach(suffixFaults, [
    ['src/sms/a.ts', "import type { Kysely } from 'kysely';"],
    ['src/sms/a.ts', "import { sql } from 'kysely';", 'touches kysely'],
    ['src/sms/a.postgres.ts', "import { sql } from 'kysely';\nimport { readFile } from 'node:fs/promises';"],
    ['src/sms/a.bullmq.ts', "import { sql } from 'kysely';", 'a .bullmq.ts file touches kysely'],
    ['src/sms/a.ts', "import { readFile } from 'fs/promises';", 'touches node:fs'],
    ['src/sms/a.ts', 'const now = Date.now();', 'Clock'],
    ['src/sms/a.redis.ts', 'const now = Date.now();', 'Clock'],
    ['src/ports/clock.ts', 'export const now = () => Date.now();'],
    ['src/sms/a.ts', 'const day = new Date(0); // not new Date()'],
    ['src/sms/a.ts', 'const day = new Date();', 'Clock'],
    ['src/sms/a.ts', 'const key = process.env.KEY;', 'config/load.ts'],
    ['src/sms/a.ts', "import { env } from 'node:process';", 'config/load.ts'],
    ['src/sms/a.ts', 'const chance = Math.random();', 'randomness'],
    ['src/sms/a.ts', "await globalThis.fetch('https://example.com');", 'touches fetch'],
    ['src/sms/a.http.ts', "await fetch('https://example.com');"],
    ['src/sms/a.ts', 'setTimeout(ring, 5);', '.timer.ts'],
    ['src/sms/a.ts', "import { setTimeout as wait } from 'node:timers/promises';", 'touches node:timers'],
    ['src/sms/a.timer.ts', 'setTimeout(ring, 5);'],
    ['src/sms/a.ts', "import { BlockList, isIP } from 'node:net';"],
    ['src/sms/a.ts', "import { connect } from 'node:net';", 'touches node:net'],
    ['src/sms/a.ts', "import type { FastifyInstance } from 'fastify';", "outside the web's edge"],
    ['src/api/a.ts', "import Fastify from 'fastify';\nimport form from '@fastify/formbody';"],
    ['src/carriers/twilio/a.ts', "import twilio from 'twilio';\nconst now = Date.now();"],
    ['src/carriers/sandbox/a.ts', "import twilio from 'twilio';", 'only the folder of that carrier'],
    ['src/carriers/webhook.ts', "import twilio from 'twilio';", 'only the folder of that carrier'],
    ['src/carriers/twilio/a.ts', "import { Redis } from 'ioredis';", 'carriers keep no store'],
    ['src/main.ts', "import { Redis } from 'ioredis';\nprocess.env.HOME;"],
  ]));

test('no import cycles, save those of types alone', () => {
  const a = "import { b } from './b.ts';";
  const back = (word: string): Tree => ({ 'src/sms/a.ts': a, 'src/sms/b.ts': `import ${word} { A } from './a.ts';` });
  expect(told(cycleFaults, back('type'))).toBe('');
  expect(told(cycleFaults, back(''))).toContain('src/sms/a.ts -> src/sms/b.ts -> src/sms/a.ts');
});

describe('sizes', () => {
  const lines = (count: number, line: string): string => `${line}\n`.repeat(count);
  const noted = `const f = () => {\n${lines(58, 'g();')}${lines(20, '// why')}\n\n};\n`;
  tryEach(fileSizeFaults, [
    ['web/a.ts', lines(300, 'g();')],
    ['test/a.ts', lines(301, 'g();'), '301 lines'],
  ]);
  tryEach(functionSizeFaults, [
    ['src/sms/a.ts', noted],
    ['src/sms/a.ts', noted.replace('};', 'g();\n};'), 'f has 61 lines'],
    ['config/a.ts', `class A {\n  run() {\n${lines(60, 'g();')}}\n}`, 'run has 62 lines'],
    [
      'src/sms/a.ts',
      `function make() {\n  return {\n    one() {\n${lines(50, 'g();')}},\n    two() {\n${lines(50, 'g();')}},\n  };\n}`,
    ],
    ['src/sms/a.ts', `function make() {\n  return {\n    one() {\n${lines(60, 'g();')}},\n  };\n}`, 'one has 62 lines'],
  ]);
});

describe('names and openings', () => {
  tryEach(nameFaults, [
    ['src/sms/send-text.postgres.ts', ''],
    ['test/sms/send-text.redis.test.ts', ''],
    ['src/numbers/lease-number-4.lua', ''],
    ['src/sms/sendText.ts', '', 'not kebab-case'],
    ['src/helpers/send.ts', '', 'retired word'],
    ['src/sms/utils.ts', '', 'retired word'],
    ['src/sms/index.ts', '', 'barrel'],
    ['src/sms/send.mongo.ts', '', 'unknown suffix'],
    ['src/sms/send.redis.bullmq.ts', '', 'two outside things'],
  ]);
  tryEach(openingFaults, [
    ['src/sms/a.ts', '/** Why this file exists. */\nconst a = 1;'],
    ['src/cli.ts', '#!/usr/bin/env node\n/** Why this file exists. */'],
    ['src/main.ts', '#!/usr/bin/env node\n/** Why this file exists. */', 'does not open'],
    ['config/a.ts', "import { b } from './b.ts';\n/** Why this file exists. */", 'does not open'],
  ]);
});

test('the error catalogue, its page and its uses', () => {
  const errors = "const catalogue = {\n  gone: { status: 410, title: 'x', retry: false },\n} as const satisfies X;";
  const tree = (page: string): Tree => ({ 'src/ports/errors.ts': errors, 'docs/errors.md': page });
  expect(told(errorPageFaults, {})).toBe('');
  expect(told(errorPageFaults, { 'src/ports/errors.ts': errors })).toContain('no page explains');
  expect(told(errorPageFaults, { 'docs/errors.md': '' })).toContain('not there');
  expect(told(errorPageFaults, tree('| `gone` | 410 | x |'))).toBe('');
  expect(told(errorPageFaults, tree('| `gone` | 404 | x |'))).toContain("errors.ts:2: 'gone' is 410 here and 404");
  expect(told(errorPageFaults, tree('| `lost` | 404 | x |'))).toMatch(/'gone' is not explained[\s\S]+'lost' is not in/);
  expect(told(unusedCodeFaults, tree(''))).toContain("nothing in src answers with 'gone'");
  expect(told(unusedCodeFaults, { ...tree(''), 'src/sms/a.ts': "throw new AppError('gone');" })).toBe('');
});

test('the state charts and their page', () => {
  const transitions = [['idle', 'ring', 'ringing']];
  const chart: Chart = {
    path: 'src/a-machine.ts',
    exportName: 'callChart',
    line: 3,
    states: ['idle', 'ringing'],
    transitions,
  };
  const page = (arrow: string): string =>
    `## call\n\`\`\`mermaid\nstateDiagram-v2\n  [*] --> idle\n  ${arrow}\n\`\`\`\n`;
  const judge = (charts: readonly Chart[], text: string): string =>
    told((files) => chartFaults(charts, files), { 'docs/states.md': text });
  expect(judge([], '')).toBe('');
  expect(judge([chart], page('idle --> ringing: ring'))).toBe('');
  expect(judge([chart], page('idle --> ringing: dial'))).toMatch(
    /lacks[\s\S]+states.md:5: "call" draws idle --> ringing: dial/,
  );
  const born: Chart = { ...chart, transitions: [['[*]', 'received', 'idle']] };
  expect(judge([born], page('[*] --> idle: received'))).toBe('');
  expect(judge([born], page(''))).toContain('lacks the transition [*] --> idle: received');
  expect(judge([chart], '')).toContain('callChart is not drawn');
  expect(judge([], page('idle --> ringing: ring'))).toContain('no machine exports callChart');
  expect(judge([{ ...chart, states: ['idle'] }], page('idle --> ringing: ring'))).toContain('none of its states');
  expect(chartlessFaults([chart], ['src/a-machine.ts', 'src/b-machine.ts']).map(tellFault).join()).toContain(
    'b-machine',
  );
});

test('what knip finds is told, whole only once the product is wired', () => {
  const rows = [
    { file: 'src/a.ts', files: [{ name: 'src/a.ts' }], exports: [], unresolved: [{ name: './b.ts', line: 2 }] },
    { file: 'src/c-machine.ts', exports: [{ name: 'callChart' }, { name: 'spare', line: 9 }], unresolved: [] },
  ];
  const wired = knipFaults(rows, true).map(tellFault).join('\n');
  expect(wired).toMatch(
    /src\/a.ts:1: nothing reaches[\s\S]+src\/a.ts:2: [\s\S]+src\/c-machine.ts:9: knip finds exports: spare/,
  );
  expect(wired).not.toContain('callChart');
  expect(knipFaults(rows, false).map(tellFault).join('\n')).toBe(wired.split('\n')[1]);
});

describe('no leftovers', () =>
  tryEach(markerFaults, [
    ['test/a.test.ts', "test.skipIf(!url)('rings', () => {});"],
    ['test/a.test.ts', "test.skip('rings', () => {});", 'switched off'],
    ['test/a.test.ts', "test.only('rings', () => {});", 'shuts out'],
    ['src/sms/a.ts', '// TODO later', 'note to self'],
    ['src/sms/a.ts', '// @ts-ignore', 'silenced'],
    ['src/sms/a.ts', '// @ts-expect-error', 'without a reason'],
    ['src/sms/a.ts', '// @ts-expect-error the SDK types lack this field'],
    ['src/sms/a.ts', '// biome-ignore lint/suspicious/noConsole: <explanation>', 'without a reason'],
    ['src/sms/a.ts', '// biome-ignore lint/suspicious/noConsole: the operator reads this'],
    ['src/sms/a.ts', "console.log('hello');", 'console.log'],
    ['src/cli.ts', "console.log('hello');"],
    ['src/sms/a.ts', "const folder = '/tmp/calls';", "somebody's machine"],
    ['src/sms/a.ts', "const route = '/v1/root/calls';"],
  ]));

describe('no secrets, no telephone that may ring', () => {
  const account = `AC${'0f3a9c71d2b84e56'}${'a1c9e07b35d2f846'}`;
  tryEach(secretFaults, [
    ['test/a.ts', `const account = 'AC${'0'.repeat(32)}';`],
    ['src/sms/a.ts', `const account = 'AC${'0'.repeat(32)}';`, 'belong to test/'],
    ['test/a.ts', `const account = '${account}';`, 'plainly false'],
    ['docs/a.md', `-----${'BEGIN'} PRIVATE KEY-----`, 'a key'],
    ['docs/a.md', `call +1${'4152345678'}`, 'telephone'],
    ['docs/a.md', `call (${'415'}) 234-5678, not 415-555-0123`, 'telephone'],
    ['test/a.ts', `const to = '1${'4152345678'}';`, 'telephone'],
    ['docs/a.md', 'call +14155550123, +447700900123, +15005550006, +12349013030, (212) 555-0199'],
    ['docs/a.md', 'rates 256 512 1024; 2026-11-22; +1NXX55501XX; +12135550100'],
  ]);
});
