/**
 * Nothing secret and nobody's telephone stands in the tree. Keys belong in the environment; numbers in samples are
 * those set aside for fiction, because a test that escapes, or a reader who tries, would ring a stranger.
 */
import type { Fault, SourceFile } from './tree.ts';

const sandboxes = ['test/', 'src/simulate/', 'src/carriers/sandbox/'];

/** Numbers that may be written, each with why nobody is rung by it. */
const reserved: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^\+1[2-9]\d{2}55501\d{2}$/, 'NANPA sets aside 555-0100 to 555-0199 for fiction'],
  [/^\+1(?:[01]\d{9}|\d{3}[01]\d{6})$/, 'no NANP area or exchange code begins with 0 or 1'],
  [/^\+1(?!\d{10}$)/, 'a NANP number has ten digits after the country code'],
  [/^\+150055500(?:0\d|10)$/, "Twilio's magic test numbers"],
  [/^\+447700900\d{3}$/, 'Ofcom sets aside 07700 900000-900999 for drama'],
  [/^\+442079460\d{3}$/, 'Ofcom sets aside 020 7946 0000-0999 for drama'],
  [/^\+12349013030$/, "the caller in Twilio's published signature vector"],
  [/^\+18005551212$/, "the callee in Twilio's published signature vector"],
  [/^\+(?:14158675310|14158675309)$/, "the two ends of carriers' published samples"],
  [
    /^\+(?:266696687|7378742833|86282452253)$/,
    'keypad spellings of ANONYMOUS, RESTRICTED, UNAVAILABLE for a withheld caller',
  ],
];

const e164 = /(?<![\w.])\+[1-9]\d{7,14}(?![\d\\xX])/g;
const nanpDigits = /(?<=['"`])1[2-9]\d{2}[2-9]\d{6}(?=['"`])/g;
const nanpSpaced =
  /(?<![\w.+-])(?:\+?1[-. ]\(?[2-9]\d{2}\)?[-. ]|\([2-9]\d{2}\)[-. ]?|[2-9]\d{2}[-.])[2-9]\d{2}[-. ]\d{4}(?![-.]?\d)/g;

/** Keys, account ids and telephone numbers that must not stand in the tree. */
export function secretFaults(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, at) => [
        ...keyFaults(file.path, line, at + 1),
        ...accountFaults(file.path, line, at + 1),
        ...phoneFaults(file.path, line, at + 1),
      ]),
  );
}

function keyFaults(path: string, text: string, line: number): readonly Fault[] {
  if (!/-{5}BEGIN/.test(text)) return [];
  return [
    {
      path,
      line,
      wrong: 'a key or certificate stands in the tree',
      cure: 'make one when it is needed (node:crypto), or read it from the environment',
    },
  ];
}

function accountFaults(path: string, text: string, line: number): readonly Fault[] {
  const isSandbox = sandboxes.some((head) => path.startsWith(head));
  return [...text.matchAll(/\b(AC|SK)([0-9a-fA-F]{32})\b/g)].flatMap(([, kind = '', hex = '']) => {
    if (isSandbox && isObviouslyFake(hex)) return [];
    const wrong = `a carrier account id (${kind}${hex.slice(0, 4)}…) stands in the tree`;
    const cure = isSandbox
      ? 'make it plainly false, as AC and one digit 32 times'
      : 'take it from Settings; plainly false ones belong to test/';
    return [{ path, line, wrong, cure }];
  });
}

/** At most four different digits, or a stretch of up to sixteen that repeats. */
function isObviouslyFake(hex: string): boolean {
  if (new Set(hex).size <= 4) return true;
  return [1, 2, 4, 8, 10, 16].some((period) => hex.slice(0, period).repeat(32).slice(0, 32) === hex);
}

function phoneFaults(path: string, text: string, line: number): readonly Fault[] {
  const written = [...text.matchAll(e164), ...text.matchAll(nanpDigits), ...text.matchAll(nanpSpaced)].map(([number]) =>
    toE164(number),
  );
  return [...new Set(written)]
    .filter((number) => !reserved.some(([pattern]) => pattern.test(number)))
    .map((number) => ({
      path,
      line,
      wrong: `${number} may be somebody's telephone`,
      cure: 'write +1NXX55501XX (as +14155550123) or +447700900123, or add it to test/tidy/secret-law.ts with its source',
    }));
}

function toE164(written: string): string {
  const digits = written.replace(/\D/g, '');
  return written.startsWith('+') || digits.length > 10 ? `+${digits}` : `+1${digits}`;
}
