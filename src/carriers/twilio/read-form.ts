/**
 * A form-encoded body as fields. An object without a prototype, because the names come from outside.
 */
import type { Fields } from './read-webhook.ts';

/** Form fields with repeated keys kept as lists, as the signature covers them. */
export function readForm(body: string): Fields {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const [key, value] of new URLSearchParams(body)) {
    const before = fields[key];
    if (before === undefined) fields[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[key] = [before, value];
  }
  return fields;
}
