/**
 * Who a request comes from, as far as its address tells: one IPv4 address, or one IPv6 /64, which is what a household or
 * a server is given. An address of this machine or of a private network says nothing: a proxy stands there.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Loopback, private (RFC 1918), link-local, unique local. */
const near = new BlockList();
near.addSubnet('127.0.0.0', 8, 'ipv4');
near.addSubnet('10.0.0.0', 8, 'ipv4');
near.addSubnet('172.16.0.0', 12, 'ipv4');
near.addSubnet('192.168.0.0', 16, 'ipv4');
near.addSubnet('169.254.0.0', 16, 'ipv4');
near.addAddress('::1', 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');

/** The part of `address` that stands for one party; null for one that is near and for what is no address. */
export function partyOf(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return near.check(plain, 'ipv4') ? null : plain;
  if (!isIPv6(plain) || near.check(plain, 'ipv6')) return null;
  return `${networkHalf(plain)}/64`;
}

/** The first four groups of a valid IPv6 address, without leading zeros. */
function networkHalf(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - after.length - (tail.includes('.') ? 1 : 0);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
