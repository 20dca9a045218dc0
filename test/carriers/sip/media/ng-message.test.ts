/** rtpengine's control protocol: what is written is read back, and nothing from outside makes reading fail. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNg, writeNg } from '../../../../src/carriers/sip/media/ng-message.ts';

test('a message as rtpengine writes it is read, and what follows it is left', () => {
  const text = 'b85b d6:notify6:onDTMF4:datad6:callid4:leg15:eventi5eee';
  const read = readNg(Buffer.from(`${text}7c01 d6:notify`));
  expect(read).toEqual({
    message: { cookie: 'b85b', fields: { notify: 'onDTMF', data: { callid: 'leg1', event: 5 } } },
    length: text.length,
  });
});

test('whatever is written is read back, and no part of it is', () => {
  const leaf = fc.oneof(fc.string({ maxLength: 40 }), fc.integer({ min: 0, max: 1_000_000 }));
  const fields = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z-]{0,12}$/),
    fc.oneof(leaf, fc.array(leaf, { minLength: 1, maxLength: 4 })),
    { minKeys: 1, maxKeys: 6 },
  );
  fc.assert(
    fc.property(fields, fc.nat(), (given, cut) => {
      const bytes = writeNg({ cookie: 'c1', fields: given });
      expect(readNg(bytes)?.message.fields).toEqual({ ...given });
      expect(readNg(bytes.subarray(0, cut % bytes.length))).toBeNull();
    }),
  );
});

test('rubbish is no message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => readNg(bytes)).not.toThrow();
    }),
  );
});
