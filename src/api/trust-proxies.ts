/**
 * Whose word on a client's address is taken. Every page view comes through the same few proxies, and to parse their
 * addresses anew for each costs more than all else that is done with an address, so what was found is remembered.
 */
import proxyAddr from '@fastify/proxy-addr';
import { limits } from '../../config/limits.ts';

/** `proxies` as in TRUST_PROXY: addresses, networks or names of ranges, with commas. */
export function trustProxies(proxies: string): (address: string) => boolean {
  const isTrusted = proxyAddr.compile(proxies.split(',').map((one) => one.trim()));
  const known = new Map<string, boolean>();
  return (address) => {
    const before = known.get(address);
    if (before !== undefined) return before;
    const found = isTrusted(address, 0);
    if (known.size >= limits.rememberedProxiesMax) known.clear();
    known.set(address, found);
    return found;
  };
}
