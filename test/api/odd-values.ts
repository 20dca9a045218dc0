/** Values that stand where something else is meant: signs, words of every object, too much of a thing, other kinds. */
import fc from 'fast-check';
import type { Ask } from '../support/api-client.ts';

export interface Post {
  readonly path: string;
  readonly ask: Ask;
  /** The body is a form that Twilio signs. */
  readonly signed?: boolean;
}

export const oddText = fc.oneof(
  { weight: 60, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 30,
    arbitrary: fc.constantFrom(
      '',
      'constructor',
      '__proto__',
      '\0',
      '\u202e',
      '{{1}}',
      '-1',
      '1e309',
      'NaN',
      '[object Object]',
      '%00',
      '\r\n',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 50_000 }).map((length) => 'é€x'.repeat(length / 3)) },
);
/** Names that a program may mean something by. */
export const someName = fc.oneof(
  fc.constantFrom('note', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'length'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Any JSON. */
export const someJson = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oddText,
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom(true, false, null),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(someName, tie('node'), { maxKeys: 4 }),
  ),
})).node;
