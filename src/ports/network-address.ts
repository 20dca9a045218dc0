/**
 * Who a request comes from, as far as its address tells: one IPv4 address, or one IPv6 /64, which is what a household or
 * a server is given. An address of this machine or of a private network says nothing: a proxy stands there.
 */
import { BlockList, isIPv6 } from 'node:net';

/** Loopback, link-local, unique local. */
const nearV6 = new BlockList();
nearV6.addAddress('::1', 'ipv6');
nearV6.addSubnet('fe80::', 10, 'ipv6');
nearV6.addSubnet('fc00::', 7, 'ipv6');

/** Four numbers of at most 255, without leading zeros. */
const octet = '(\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])';
const dotted = new RegExp(`^(?:::ffff:)?(${octet}\\.${octet}\\.${octet}\\.${octet})$`, 'i');

/** The part of `address` that stands for one party; null for one that is near and for what is no address. */
export function partyOf(address: string): string | null {
  const plain = address.replace(/%.*$/, '');
  const v4 = dotted.exec(plain);
  if (v4 !== null) return isNearV4(Number(v4[2]), Number(v4[3])) ? null : (v4[1] ?? null);
  if (!isIPv6(plain) || nearV6.check(plain, 'ipv6')) return null;
  return `${networkHalf(plain)}/64`;
}

/** Loopback, private (RFC 1918), link-local. */
function isNearV4(first: number, second: number): boolean {
  if (first === 10 || first === 127) return true;
  if (first === 172) return second >= 16 && second < 32;
  return (first === 192 && second === 168) || (first === 169 && second === 254);
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
