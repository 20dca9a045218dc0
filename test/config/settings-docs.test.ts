/**
 * Holds `docs/settings.md` to the schema: every setting with its default and its meaning, in the schema's order. When
 * they differ, the failure prints the table as it should stand.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settingsSchema } from '../../config/settings.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/settings.md'), 'utf8');

function settingsTable(): string {
  const rows = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const unset = schema.safeParse(undefined);
    const shown = unset.data === undefined ? 'unset' : `\`${unset.data}\``;
    return `| \`${name}\` | ${shown} | ${(schema.description ?? '').replaceAll('|', '\\|')} |`;
  });
  return ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

test('every setting says what it is for', () => {
  const silent = Object.entries(settingsSchema.shape).filter(([, schema]) => !schema.description);
  expect(silent.map(([name]) => name)).toEqual([]);
});

test('docs/settings.md lists every setting with its default and its meaning, and no other', () => {
  const written = page.match(/^\| setting \|.*(?:\n\|.*)*/m)?.[0] ?? '(no table)';
  if (written !== settingsTable()) expect.fail(`docs/settings.md should hold this table:\n\n${settingsTable()}\n`);
});
