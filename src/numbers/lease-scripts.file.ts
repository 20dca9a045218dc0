/**
 * Reads the Lua scripts of the Redis book. Redis scripts cannot include each other, so what several have in common is
 * put before them here. How many keys a script takes stands in its file's name; `n`: it depends, and is said with them.
 */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./lua/', import.meta.url);
const before: Readonly<Record<string, readonly string[]>> = {
  'grant-leases': [
    'pool-slots',
    'write-together',
    'part-visit',
    'former-holders',
    'queue-numbers',
    'guard-grant',
    'choose-number',
    'take-number',
  ],
  'beat-leases': ['pool-slots', 'write-together'],
  'end-lease': ['pool-slots', 'write-together'],
  'load-pool': ['pool-slots', 'part-visit', 'restore-lease'],
  'read-number': ['pool-slots'],
};

export type LeaseScript = 'grant-leases' | 'beat-leases' | 'end-lease' | 'load-pool' | 'read-number';

/** Every script by its name without the count of keys. */
export function readLeaseScripts(): Readonly<Record<LeaseScript, { lua: string; numberOfKeys?: number }>> {
  const text = (name: string) => readFileSync(new URL(`${name}.lua`, folder), 'utf8');
  const scripts = readdirSync(folder).flatMap((file) => {
    const [, name = '', keys] = /^([a-z-]+)-(\d+|n)\.lua$/.exec(file) ?? [];
    if (keys === undefined) return [];
    const lua = [...(before[name] ?? []), `${name}-${keys}`].map(text).join('\n');
    return [[name, keys === 'n' ? { lua } : { lua, numberOfKeys: Number(keys) }] as const];
  });
  return Object.freeze(Object.fromEntries(scripts)) as ReturnType<typeof readLeaseScripts>;
}
