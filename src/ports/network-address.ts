/**
 * Who a request comes from, as far as its address tells: one IPv4 address, or one IPv6 /64, which is what a household or
 * a server is given. An address of this very machine says nothing: a proxy stands there.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const thisMachine = new BlockList();
thisMachine.addSubnet('127.0.0.0', 8, 'ipv4');
thisMachine.addAddress('::1', 'ipv6');

/** The part of `address` that stands for one party; null for loopback and for what is no address. */
export function partyOf(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return thisMachine.check(plain, 'ipv4') ? null : plain;
  if (!isIPv6(plain) || thisMachine.check(plain, 'ipv6')) return null;
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
