/**
 * The suffix law: a file's suffix names the outside thing it touches, and a file without one touches nothing. So each
 * decision runs in a test with no server, and each adapter is thin enough to read beside its vendor's page.
 */
import { type ImportUse, readSyntax, type WorldUse } from './syntax.ts';
import { below, type Fault, type SourceFile } from './tree.ts';

/** Modules that reach outside the process or its thread, by the name the law gives them. */
const outside: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['node:fs', /^node:fs(?:\/|$)/],
  ['node:http', /^node:https?2?$/],
  ['node:dns', /^node:dns(?:\/|$)/],
  ['node:timers', /^node:timers(?:\/|$)/],
  ['node:net', /^node:net$/],
  ['node:tls', /^node:tls$/],
  ['node:dgram', /^node:dgram$/],
  ['node:child_process', /^node:child_process$/],
  ['node:cluster', /^node:cluster$/],
  ['node:worker_threads', /^node:worker_threads$/],
  ['pg', /^pg(?:[-/]|$)/],
  ['ioredis', /^ioredis(?:\/|$)/],
  ['bullmq', /^bullmq(?:\/|$)/],
  ['kysely', /^kysely(?:\/|$)/],
  ['pglite', /^@electric-sql\//],
  ['twilio', /^twilio(?:\/|$)/],
  ['vonage', /^@vonage\//],
  ['drachtio-srf', /^drachtio-srf(?:\/|$)/],
  ['undici', /^undici(?:\/|$)/],
];

/** Names of `node:net` that only read an address and open nothing. */
const pureNetNames = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress']);

/** What each suffix may touch. Every suffix may also wait (`timer`). */
const suffixMay: Readonly<Record<string, readonly string[]>> = {
  postgres: ['kysely', 'pg', 'node:fs'],
  pglite: ['pglite', 'kysely', 'node:fs'],
  redis: ['ioredis'],
  bullmq: ['bullmq', 'ioredis'],
  file: ['node:fs'],
  http: ['fetch', 'undici', 'node:http', 'node:dns'],
  twilio: ['twilio'],
  timer: [],
  thread: ['node:worker_threads'],
};

/** The suffixes a file name may carry, for the name law. */
export const worldSuffixes: readonly string[] = Object.keys(suffixMay);

const ownSdk: Readonly<Record<string, string>> = { twilio: 'twilio', vonage: 'vonage', sip: 'drachtio-srf' };
const sdks = ['twilio', 'vonage', 'drachtio-srf'];
const stores = ['pg', 'kysely', 'bullmq', 'ioredis', 'pglite'];
const timers = new Set(['setTimeout', 'setInterval', 'node:timers']);
const exceptions: Readonly<Record<string, readonly string[]>> = { 'src/ports/clock.ts': ['Date.now()'] };
const composition = new Set(['src/main.ts', 'src/cli.ts', 'src/gateway/start-gateway.ts', 'src/gateway/metrics.ts']);

/** Every touch of the outside from a file whose name does not say so. */
export function suffixFaults(files: readonly SourceFile[]): readonly Fault[] {
  return below(files, ['src']).flatMap((file) => [
    ...fastifyFaults(file),
    ...carrierFaults(file),
    ...worldFaults(file),
  ]);
}

function worldFaults(file: SourceFile): readonly Fault[] {
  if (composition.has(file.path) || /^src\/(?:carriers|simulate)\//.test(file.path)) return [];
  const suffix = suffixOf(file.path);
  const may = new Set([...(suffixMay[suffix] ?? []), ...(exceptions[file.path] ?? [])]);
  const { imports, uses } = readSyntax(file);
  const touched = [...imports.map(touchOfImport), ...uses.map(touchOfUse)];
  return touched.flatMap((touch) => {
    if (!touch || may.has(touch.name) || (suffix !== '' && timers.has(touch.name))) return [];
    const who = suffix === '' ? 'a file without a suffix' : `a .${suffix}.ts file`;
    return [{ path: file.path, line: touch.line, wrong: `${who} touches ${touch.name}`, cure: cureFor(touch.name) }];
  });
}

interface Touch {
  readonly name: string;
  readonly line: number;
}

function touchOfImport(use: ImportUse): Touch | undefined {
  if (use.typeOnly) return undefined;
  if (use.specifier === 'node:process' && use.names.includes('env')) return { name: 'process.env', line: use.line };
  if (use.specifier === 'node:net' && use.names.length > 0 && use.names.every((name) => pureNetNames.has(name)))
    return undefined;
  const name = moduleName(use.specifier);
  return name ? { name, line: use.line } : undefined;
}

function touchOfUse({ form, name, line }: WorldUse): Touch | undefined {
  if (form === 'member') return name === 'process.env' ? { name, line } : undefined;
  if (form === 'bare-new') return name === 'Date' ? { name: 'new Date()', line } : undefined;
  if (name === 'Date.now' || name === 'Math.random') return { name: `${name}()`, line };
  return name === 'fetch' || timers.has(name) ? { name, line } : undefined;
}

function moduleName(specifier: string): string | undefined {
  return outside.find(([, pattern]) => pattern.test(specifier))?.[0];
}

function cureFor(touch: string): string {
  if (touch === 'process.env') return 'read it in config/load.ts and take the setting as an argument';
  if (touch === 'Date.now()' || touch === 'new Date()') return 'take a Clock (src/ports/clock.ts) and call now()';
  if (touch === 'Math.random()') return 'take the randomness as an argument';
  const suffixes = Object.keys(suffixMay).filter(
    (suffix) => suffixMay[suffix]?.includes(touch) || (suffix === 'timer' && timers.has(touch)),
  );
  if (suffixes.length === 0) return 'move it under its own folder in src/carriers/, or into the composition root';
  return `move it to a .${suffixes.join('.ts or .')}.ts file behind a port, or make it \`import type\` if only types are meant`;
}

function fastifyFaults(file: SourceFile): readonly Fault[] {
  if (/^src\/(?:api\/|carriers\/|gateway\/|simulate\/)/.test(file.path)) return [];
  return readSyntax(file)
    .imports.filter((use) => /^(?:fastify(?:[-/]|$)|@fastify\/)/.test(use.specifier))
    .map((use) => ({
      path: file.path,
      line: use.line,
      wrong: `imports ${use.specifier} outside the web's edge`,
      cure: 'Fastify stays in src/api, src/carriers and src/gateway; pass plain values inward',
    }));
}

function carrierFaults(file: SourceFile): readonly Fault[] {
  if (!file.path.startsWith('src/carriers/')) return [];
  const parts = file.path.split('/');
  const carrier = parts.length > 3 ? (parts[2] ?? '') : '';
  return readSyntax(file).imports.flatMap((use) => {
    const name = use.typeOnly ? undefined : moduleName(use.specifier);
    if (!name) return [];
    const at = { path: file.path, line: use.line };
    if (stores.includes(name))
      return [{ ...at, wrong: `a carrier touches ${name}`, cure: 'take a port; carriers keep no store' }];
    if (!sdks.includes(name) || ownSdk[carrier] === name) return [];
    return [
      {
        ...at,
        wrong: `src/carriers/${carrier} touches ${name}`,
        cure: `only the folder of that carrier may use its SDK`,
      },
    ];
  });
}

function suffixOf(path: string): string {
  return /\.([a-z0-9-]+)\.ts$/.exec(path)?.[1] ?? '';
}
