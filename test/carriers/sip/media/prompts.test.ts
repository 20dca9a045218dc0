/** Which file is heard for which words, and which is named when it is not there. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openPrompts, promptName } from '../../../../src/carriers/sip/media/prompts.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'linekeeper-prompts-'));
  folders.push(folder);
  const prompts = await openPrompts(folder);
  const record = (name: string) => writeFile(join(folder, 'prompts', `${name}.wav`), 'RIFF');
  return { folder, prompts, record };
}

test.each([
  ['Please hold.', 'please-hold'],
  ['  We’re closed — call 9 to 5! ', 'we-re-closed-call-9-to-5'],
  ['Grüß Gott, wählen Sie 1', 'grüß-gott-wählen-sie-1'],
  ['お待ちください。', 'お待ちください'],
  ['../../etc/passwd', 'etc-passwd'],
  ['…', 'nothing'],
  ['a'.repeat(200), 'a'.repeat(80)],
])('the recording of “%s” is %s', (text, name) => {
  expect(promptName(text)).toBe(name);
});

test('words that were recorded are heard, others are a chime; which file is lacking is said', async () => {
  const { folder, prompts, record } = await setup();
  expect(prompts.fileFor('Please hold.')).toBe(join(folder, 'tones', 'chime.wav'));
  expect(prompts.missing('Please hold.')).toBe(join(folder, 'prompts', 'please-hold.wav'));
  await record('please-hold');
  expect(prompts.fileFor('Please hold.')).toBe(join(folder, 'prompts', 'please-hold.wav'));
  expect(prompts.missing('Please hold.')).toBeNull();
});

test('tones are made at the start, and give way to the operator’s own', async () => {
  const { folder, prompts, record } = await setup();
  for (const tone of ['chime', 'beep', 'ringing', 'hold-music'] as const) {
    const file = await readFile(prompts.tone(tone));
    expect(file.toString('latin1', 0, 4), tone).toBe('RIFF');
    expect(file.length, tone).toBe(44 + file.readUInt32LE(40));
  }
  await record('hold-music');
  expect(prompts.tone('hold-music')).toBe(join(folder, 'prompts', 'hold-music.wav'));
});

test('several processes may start on one folder, and leave nothing but the tones', async () => {
  const { folder } = await setup();
  await Promise.all(Array.from({ length: 8 }, () => openPrompts(folder)));
  expect((await readdir(join(folder, 'tones'))).sort()).toEqual([
    'beep.wav',
    'chime.wav',
    'hold-music.wav',
    'ringing.wav',
  ]);
});
