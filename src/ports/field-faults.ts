/**
 * Turns a failed zod parse into what a person can act on: the field, the problem with its value, and the cure.
 */
import type { z } from 'zod';
import { AppError, type FieldFault } from './errors.ts';

/** The faults of a failed parse, in the order of the fields. */
export function fieldFaults(issues: readonly z.core.$ZodIssue[]): FieldFault[] {
  return issues.map((issue) => ({
    field: issue.path.length === 0 ? 'body' : issue.path.map(String).join('.'),
    problem: issue.message,
    cure: cureOf(issue),
  }));
}

/**
 * Reads untrusted input by a schema.
 * @throws AppError `invalid-request` naming every field at fault.
 */
export function readInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid-request', { fields: fieldFaults(parsed.error.issues) });
}

function cureOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `send ${issue.expected}`;
    case 'unrecognized_keys':
      return `leave out ${issue.keys.join(', ')}`;
    case 'invalid_value':
      return `send one of ${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return `send at most ${issue.maximum}`;
    case 'too_small':
      return `send at least ${issue.minimum}`;
    case 'custom':
      return typeof issue.params?.cure === 'string' ? issue.params.cure : documentedForm;
    default:
      return documentedForm;
  }
}

const documentedForm = 'send a value of the documented form';
