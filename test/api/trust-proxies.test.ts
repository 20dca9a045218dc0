import { expect, test } from 'vitest';
import { trustProxies } from '../../src/api/trust-proxies.ts';

test.each([
  ['loopback', '127.0.0.1', true],
  ['loopback', '203.0.113.9', false],
  ['10.0.0.0/8, 203.0.113.9', '10.1.2.3', true],
  ['10.0.0.0/8, 203.0.113.9', '203.0.113.9', true],
  ['10.0.0.0/8, 203.0.113.9', '203.0.113.8', false],
])('proxies %s: the word of %s counts: %s, the second time too', (proxies, address, isTrusted) => {
  const trusts = trustProxies(proxies);
  expect([trusts(address), trusts(address)]).toEqual([isTrusted, isTrusted]);
});
