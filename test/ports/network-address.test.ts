import { expect, test } from 'vitest';
import { partyOf } from '../../src/ports/network-address.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9%eth0', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2/64'],
  ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2/64'],
  ['2001:db8::1', '2001:db8:0:0/64'],
  ['2001:db8:1::', '2001:db8:1:0/64'],
  ['::2', '0:0:0:0/64'],
  ['64:ff9b::203.0.113.9', '64:ff9b:0:0/64'],
])('%s stands for %s', (address, party) => {
  expect(partyOf(address)).toBe(party);
});

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '::1',
  '::ffff:127.0.0.1',
  '10.1.2.3',
  '172.17.0.1',
  '192.168.1.9',
  'fe80::1%eth0',
  'fd00::1',
  '',
  'unix',
  '999.1.1.1',
])('%s says nothing', (address) => {
  expect(partyOf(address)).toBeNull();
});
