/** What a log keeps of a fault: enough to find it, nothing of what it was about. */
import pino from 'pino';
import { expect, test } from 'vitest';
import { faultFacts } from '../../src/ports/log.ts';

function logged(fault: unknown): string {
  const lines: string[] = [];
  const sink = { write: (text: string) => void lines.push(text) };
  pino({ serializers: { fault: faultFacts } }, sink).error({ fault }, 'call-answered-without-record');
  return lines.join('');
}

test('a fault is logged with its message, code, stack and cause', () => {
  const cause = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
  const { fault } = JSON.parse(logged(new TypeError('the record is away', { cause })));
  expect(fault).toMatchObject({
    name: 'TypeError',
    message: 'the record is away',
    cause: { message: 'connection refused', code: 'ECONNREFUSED' },
  });
  expect(fault.stack).toContain('log.test.ts');
});

test('the row that a database fault quotes and the headers of a request are not logged', () => {
  const fault = Object.assign(new Error('duplicate key value'), {
    code: '23505',
    detail: 'Key (e164)=(+15035550101) already exists.',
    config: { headers: { authorization: 'Basic c2VjcmV0' } },
  });
  expect(logged(fault)).not.toMatch(/5035550101|c2VjcmV0/);
  expect(logged('+15035550101 said no')).not.toContain('5035550101');
});
