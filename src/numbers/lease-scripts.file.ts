/**
 * Reads the Lua scripts of the Redis book. Redis scripts cannot include each other, so what several have in common is
 * put before them here. How many keys a script takes stands in its file's name.
 */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./lua/', import.meta.url);
const before: Readonly<Record<string, readonly string[]>> = {
  'grant-lease': [
    'pool-slots',
    'part-visit',
    'former-holders',
    'queue-numbers',
    'guard-grant',
    'choose-number',
    'take-number',
  ],
  'beat-lease': ['pool-slots'],
  'end-lease': ['pool-slots'],
  'load-pool': ['pool-slots', 'part-visit', 'restore-lease'],
  'read-number': ['pool-slots'],
};

export type LeaseScript = 'grant-lease' | 'beat-lease' | 'end-lease' | 'load-pool' | 'read-number';

/** Every script by its name without the count of keys. */
export function readLeaseScripts(): Readonly<Record<LeaseScript, { lua: string; numberOfKeys: number }>> {
  const text = (name: string) => readFileSync(new URL(`${name}.lua`, folder), 'utf8');
  const scripts = readdirSync(folder).flatMap((file) => {
    const [, name = '', keys] = /^([a-z-]+)-(\d+)\.lua$/.exec(file) ?? [];
    if (keys === undefined) return [];
    const lua = [...(before[name] ?? []), `${name}-${keys}`].map(text).join('\n');
    return [[name, { lua, numberOfKeys: Number(keys) }] as const];
  });
  return Object.freeze(Object.fromEntries(scripts)) as ReturnType<typeof readLeaseScripts>;
}
