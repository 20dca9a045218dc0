import { expect, test } from 'vitest';
import { denyAddress, isLoopback } from '../../src/records/deny-address.ts';

const production = { allowLoopback: false };
const development = { allowLoopback: true };

/** The first and last address of every range of contracts section 4, and what is close by and free. */
test.each([
  ['0.0.0.0', '0.255.255.255', '1.0.0.0'],
  ['10.0.0.0', '10.255.255.255', '11.0.0.0'],
  ['100.64.0.0', '100.127.255.255', '100.128.0.0'],
  ['127.0.0.0', '127.255.255.255', '128.0.0.0'],
  ['169.254.0.0', '169.254.255.255', '169.255.0.0'],
  ['172.16.0.0', '172.31.255.255', '172.32.0.0'],
  ['192.0.0.0', '192.0.0.255', '192.0.1.0'],
  ['192.0.2.0', '192.0.2.255', '192.0.3.0'],
  ['192.88.99.0', '192.88.99.255', '192.88.100.0'],
  ['192.168.0.0', '192.168.255.255', '192.169.0.0'],
  ['198.18.0.0', '198.19.255.255', '198.20.0.0'],
  ['198.51.100.0', '198.51.100.255', '198.51.101.0'],
  ['203.0.113.0', '203.0.113.255', '203.0.114.0'],
  ['224.0.0.0', '239.255.255.255', '223.255.255.255'],
  ['240.0.0.0', '255.255.255.255', '8.8.8.8'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db9::'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff:1000::'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2003::'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:200::'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2a00:1450::1'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2606:4700::1'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2400:cb00::1'],
])('%s to %s is denied, %s is not', (first, last, outside) => {
  expect(denyAddress(first, production)).not.toBeNull();
  expect(denyAddress(last, production)).not.toBeNull();
  expect(denyAddress(outside, production)).toBeNull();
});

test.each([
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::FFFF:7f00:1',
  '0:0:0:0:0:ffff:a00:1',
  '::127.0.0.1',
  '64:ff9b::8.8.8.8',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '2002:7f00:1::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  'fe80::1%eth0',
  'fec0::1',
  '100::1',
])('%s carries or hides another address, or is nobody’s', (address) => {
  expect(denyAddress(address, production)).not.toBeNull();
});

test.each([
  '',
  'localhost',
  'example.com',
  '2130706433',
  '0x7f.1',
  '127.1',
  '0177.0.0.1',
  '8.8.8.8 ',
  '[::1]',
  '8.8.8',
])('what is no plain IP address is denied: "%s"', (text) =>
  expect(denyAddress(text, development)).toEqual({ range: 'none', why: 'not an IP address' }),
);

test('a denial says which range and what it is', () => {
  expect(denyAddress('169.254.169.254', production)).toEqual({ range: '169.254.0.0/16', why: 'link-local' });
});

test('the development switch opens loopback in its own two spellings and nothing else', () => {
  for (const address of ['127.0.0.1', '127.9.8.7', '::1', '0:0:0:0:0:0:0:1'])
    expect(denyAddress(address, development)).toBeNull();
  for (const address of ['::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '0.0.0.0', '::', '10.0.0.1', '::2'])
    expect(denyAddress(address, development)).not.toBeNull();
  expect(isLoopback('::ffff:127.0.0.1')).toBe(false);
});
