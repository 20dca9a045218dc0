import { expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/ports/errors.ts';
import { readInput } from '../../src/ports/field-faults.ts';

const schema = z.strictObject({
  name: z.string().min(1).max(5),
  presence: z.enum(['offline', 'ready']),
  count: z.number().int().min(1),
  legs: z.array(z.object({ to: z.string() })).max(2),
  code: z.string().regex(/^\d+$/, 'holds something else than digits').optional(),
});
const good = { name: 'Ada', presence: 'ready', count: 1, legs: [] };

function faultsOf(input: unknown) {
  try {
    readInput(schema, input);
    return [];
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault;
    expect(fault.code).toBe('invalid-request');
    return fault.fields.map(({ field, cure }) => [field, cure]);
  }
}

test('a check of ours may say its own cure', () => {
  const even = z.number().refine((value) => value % 2 === 0, { error: 'is odd', params: { cure: 'send an even one' } });
  expect(() => readInput(even, 3)).toThrow(
    expect.objectContaining({ fields: [{ field: 'body', problem: 'is odd', cure: 'send an even one' }] }),
  );
});

test('good input comes through as it is', () => {
  expect(readInput(schema, good)).toEqual(good);
});

test.each([
  ['a wrong type', { ...good, name: 5 }, [['name', 'send string']]],
  ['a missing field', { ...good, count: undefined }, [['count', 'send number']]],
  ['an unknown word', { ...good, presence: 'asleep' }, [['presence', 'send one of offline, ready']]],
  ['too much', { ...good, name: 'Adelaide' }, [['name', 'send at most 5']]],
  ['too little', { ...good, count: 0 }, [['count', 'send at least 1']]],
  ['too many', { ...good, legs: [{ to: 'a' }, { to: 'b' }, { to: 'c' }] }, [['legs', 'send at most 2']]],
  ['a fault inside a list', { ...good, legs: [{ to: 'a' }, { to: 5 }] }, [['legs.1.to', 'send string']]],
  ['fields nobody asked for', { ...good, a: 1, b: 2 }, [['body', 'leave out a, b']]],
  ['another form', { ...good, code: 'x' }, [['code', 'send a value of the documented form']]],
  ['no object at all', 'hello', [['body', 'send object']]],
  ['nothing', null, [['body', 'send object']]],
])('%s is named with its field and its cure', (_title, input, faults) => {
  expect(faultsOf(input)).toEqual(faults);
});

test('all faults are told at once, each with the problem', () => {
  try {
    readInput(schema, { name: '', presence: 'x', count: 'y', legs: 3, code: 'z' });
    expect.unreachable();
  } catch (fault) {
    const fields = fault instanceof AppError ? fault.fields : [];
    expect(fields.map(({ field }) => field)).toEqual(['name', 'presence', 'count', 'legs', 'code']);
    for (const { problem } of fields) expect(problem).toMatch(/\w+ \w+/);
  }
});

test('a value is never repeated in its fault: it may be a secret', () => {
  try {
    readInput(schema, { ...good, presence: 'hush-hush', code: 'hush-hush' });
    expect.unreachable();
  } catch (fault) {
    expect(JSON.stringify(fault instanceof AppError ? fault.fields : fault)).not.toContain('hush-hush');
  }
});
