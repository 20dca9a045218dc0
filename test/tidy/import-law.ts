/**
 * The import law: downward only, never sideways. A folder may lean on folders of strictly lower rank, so what decides
 * (routing, numbers) can never know who asked (a carrier, a page). Equals meet through the ports.
 */
import { type ImportUse, readSyntax } from './syntax.ts';
import { below, type Fault, type SourceFile } from './tree.ts';

const ranks: Readonly<Record<string, number>> = {
  gateway: 7,
  api: 6,
  carriers: 6,
  telephony: 5,
  sms: 5,
  routing: 4,
  selling: 4,
  numbers: 4,
  visits: 3,
  identity: 3,
  records: 2,
  ports: 1,
};
const order =
  'gateway -> api, carriers -> telephony, sms -> routing, selling, numbers -> visits, identity -> records -> ports';

/** The composing programs, each with the fellows it may start. Nothing else may import any of them. */
const composition: Readonly<Record<string, readonly string[]>> = {
  'src/main.ts': [],
  'src/cli.ts': ['src/main.ts'],
};

const leansOnTests = /^(?:test|bench|web)\//;
const simulateMay = ['config/', 'src/ports/', 'src/api/contract/', 'src/simulate/'];
const contractMay = ['src/ports/', 'src/api/contract/'];

/** Every import that runs upward, sideways or out of its area. */
export function importFaults(files: readonly SourceFile[]): readonly Fault[] {
  return below(files, ['src', 'config', 'web'], /\.(?:[cm]?[jt]s|tsx)$/).flatMap((file) => [
    ...homeFaults(file),
    ...readSyntax(file).imports.flatMap((use) => {
      const verdict = judge(file.path, use);
      return verdict ? [{ path: file.path, line: use.line, ...verdict }] : [];
    }),
  ]);
}

type Verdict = Pick<Fault, 'wrong' | 'cure'> | undefined;

/** A file under src/ has to live in a folder the law ranks. */
function homeFaults({ path }: SourceFile): readonly Fault[] {
  if (!path.startsWith('src/') || composition[path] || path.startsWith('src/simulate/')) return [];
  if (path.split('/').length > 2 && ranks[folderOf(path)]) return [];
  const cure = `put it under one of src/{${Object.keys(ranks).join(',')},simulate}/`;
  return [{ path, line: 1, wrong: 'this place has no rank in the import law', cure }];
}

function judge(from: string, use: ImportUse): Verdict {
  if (from.startsWith('src/api/contract/')) return judgeContract(use);
  if (use.specifier === '' && from.startsWith('src/')) {
    return { wrong: 'a dynamic import computes its name', cure: 'write the path as a plain string' };
  }
  if (use.target === undefined) return undefined;
  if (from.startsWith('web/')) return judgeWeb(use.target, use.typeOnly);
  if (from.startsWith('config/')) return judgeConfig(use.target);
  if (from.startsWith('src/simulate/')) {
    return startsWithAny(use.target, simulateMay)
      ? undefined
      : {
          wrong: `the simulation imports ${use.target}`,
          cure: 'speak to a running gateway over HTTP, with src/api/contract types',
        };
  }
  return composition[from] ? judgeComposition(from, use.target) : judgeRanks(from, use.target);
}

function judgeContract({ specifier, target }: ImportUse): Verdict {
  const allowed = target === undefined ? /^zod(?:\/|$)/.test(specifier) : startsWithAny(target, contractMay);
  return allowed
    ? undefined
    : {
        wrong: `a wire type imports ${target ?? (specifier || 'a computed name')}`,
        cure: 'keep src/api/contract to zod and src/ports, and map to it from src/api',
      };
}

function judgeWeb(target: string, typeOnly: boolean): Verdict {
  if (!target.startsWith('src/')) return undefined;
  if (target.startsWith('src/api/contract/') && typeOnly) return undefined;
  return {
    wrong: `a page imports ${target}`,
    cure: 'take types only, by `import type`, and only from src/api/contract/',
  };
}

function judgeConfig(target: string): Verdict {
  if (!target.startsWith('src/') || target.startsWith('src/ports/')) return undefined;
  return {
    wrong: `config imports ${target}`,
    cure: 'config may lean on src/ports only; pass the value in from main.ts',
  };
}

function judgeComposition(from: string, target: string): Verdict {
  if (leansOnTests.test(target))
    return { wrong: `imports ${target}`, cure: 'the product never leans on its tests or pages' };
  if (!composition[target] || composition[from]?.includes(target)) return undefined;
  return { wrong: `${from} imports ${target}`, cure: 'the order is cli -> main' };
}

function judgeRanks(from: string, target: string): Verdict {
  if (target.startsWith('config/')) return undefined;
  if (leansOnTests.test(target))
    return { wrong: `imports ${target}`, cure: 'the product never leans on its tests or pages' };
  if (!target.startsWith('src/')) return undefined;
  if (composition[target])
    return { wrong: `imports ${target}`, cure: 'take what you need as an argument; main.ts wires it' };
  if (areaOf(from) === areaOf(target)) return undefined;
  if (target.startsWith('src/carriers/') && areaOf(target) === 'carriers' && folderOf(from) === 'carriers')
    return undefined;
  const [mine, theirs] = [ranks[folderOf(from)] ?? 0, ranks[folderOf(target)] ?? Number.POSITIVE_INFINITY];
  if (theirs < mine) return undefined;
  const way = theirs === mine ? 'sideways' : 'upward';
  return {
    wrong: `src/${areaOf(from)} imports ${way} from ${target}`,
    cure: `the order is ${order}; declare a port below, or meet through ports/events.ts`,
  };
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The folder, save that each carrier is an area of its own. */
function areaOf(path: string): string {
  const [, folder = '', carrier = '', rest] = path.split('/');
  return folder === 'carriers' && rest !== undefined ? `carriers/${carrier}` : folder;
}

function startsWithAny(path: string, heads: readonly string[]): boolean {
  return heads.some((head) => path.startsWith(head));
}
