/**
 * Which addresses a webhook may never be sent to. An endpoint's URL is a stranger's text, and our own network must not
 * be reachable by it (server-side request forgery): no loopback, no private or link-local range (cloud metadata lives
 * at 169.254.169.254), nothing that only carries another address inside it. The table is contracts section 4; rows
 * marked "ours" close IPv6 ranges of the same nature from the IANA special-purpose registry (RFC 6890 and its heirs).
 */
import { BlockList, isIP } from 'node:net';

/** Why an address is denied: the range it lies in and what that range is. */
export interface Denial {
  readonly range: string;
  readonly why: string;
}

const ipv4Ranges: readonly (readonly [range: string, why: string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by a carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relay'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved, with broadcast'],
];

const ipv6Ranges: readonly (readonly [range: string, why: string])[] = [
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'IPv4-mapped'],
  ['::/96', 'IPv4-compatible (ours)'],
  ['64:ff9b::/96', 'NAT64: an IPv4 address inside'],
  ['64:ff9b:1::/48', 'NAT64 for local use (ours)'],
  ['100::/64', 'discard only (ours)'],
  ['2001::/32', 'Teredo: an IPv4 address inside'],
  ['2001::/23', 'protocol assignments (ours)'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4: an IPv4 address inside'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing (ours)'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local of old (ours)'],
  ['ff00::/8', 'multicast'],
];

// One list a family: Node matches IPv4 addresses against IPv4-mapped IPv6 ranges, which would deny every IPv4 address.
const denied4 = ipv4Ranges.map(([range, why]) => ({ range, why, list: listOf(range, 'ipv4') }));
const denied6 = ipv6Ranges.map(([range, why]) => ({ range, why, list: listOf(range, 'ipv6') }));
const loopback4 = listOf('127.0.0.0/8', 'ipv4');

/**
 * Why `address` may not be connected to, or null when it may. `allowLoopback` (development) opens 127/8 and ::1 in
 * those two spellings and nothing else. What is not a plain IP address, a zone id included, is denied.
 */
export function denyAddress(address: string, rules: { readonly allowLoopback: boolean }): Denial | null {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0) return { range: 'none', why: 'not an IP address' };
  if (rules.allowLoopback && isLoopback(address)) return null;
  const name = family === 4 ? 'ipv4' : 'ipv6';
  const found = (family === 4 ? denied4 : denied6).find(({ list }) => list.check(address, name));
  return found === undefined ? null : { range: found.range, why: found.why };
}

/** Whether an address is this machine's own: 127/8 or ::1, however ::1 is written; mapped forms are not. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return loopback4.check(address, 'ipv4');
  return family === 6 && denied6.some(({ range, list }) => range === '::1/128' && list.check(address, 'ipv6'));
}

function listOf(range: string, family: 'ipv4' | 'ipv6'): BlockList {
  const slash = range.indexOf('/');
  const list = new BlockList();
  list.addSubnet(range.slice(0, slash), Number(range.slice(slash + 1)), family);
  return list;
}
