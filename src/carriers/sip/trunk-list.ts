/**
 * Which addresses are our trunks. Only they may bring calls without a password, say who calls and how far that is proved.
 */
import { BlockList, isIP } from 'node:net';

export interface TrunkList {
  /** Whether a request from this address came from a trunk. */
  has(address: string): boolean;
}

/** Reads addresses and networks (`203.0.113.7`, `198.51.100.0/24`, `2001:db8::/32`); null when one of them is neither. */
export function parseTrunkList(entries: readonly string[]): TrunkList | null {
  const trunks = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const length = bits === undefined ? (kind === 'ipv6' ? 128 : 32) : Number(bits);
    if (
      isIP(address) === 0 ||
      more.length > 0 ||
      !(/^\d{1,3}$/.test(bits ?? '0') && length <= (kind === 'ipv6' ? 128 : 32))
    )
      return null;
    trunks.addSubnet(address, length, kind);
  }
  return Object.freeze({
    has(address: string): boolean {
      const plain = address.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
      const version = isIP(plain);
      return version !== 0 && trunks.check(plain, version === 6 ? 'ipv6' : 'ipv4');
    },
  });
}
