/**
 * Whether a request proves who sent it, decided from its Authorization header, the nonces we gave out and the hashed
 * passwords we keep. A wrong user name and a wrong password are answered alike.
 */
import type { Ha1, SipAccount } from '../../routing/sip-phones.ts';
import { type Credentials, challengeHeader, isRightAnswer, readCredentials } from './digest.ts';
import type { Nonces } from './nonces.ts';
import type { ArrivedRequest } from './read-invite.ts';
import { parseSipUri } from './sip-uri.ts';

export type Proof =
  | { readonly kind: 'proved'; readonly account: SipAccount }
  | { readonly kind: 'challenge'; readonly status: 401 | 407; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly status: 400 | 403 };

interface World {
  readonly realm: string;
  readonly nonces: Nonces;
  readonly findAccount: (user: string) => Promise<SipAccount | null>;
}

export type Authenticate = (request: ArrivedRequest, as: 'server' | 'proxy') => Promise<Proof>;

export function createAuthenticate(world: World): Authenticate {
  return async (request, as) => {
    const header = request.header(as === 'proxy' ? 'Proxy-Authorization' : 'Authorization');
    if (header === undefined) return challenge(world, as, false);
    const credentials = readCredentials(header);
    if (credentials === null) return { kind: 'refused', status: 400 };
    if (credentials.realm !== world.realm || !isForThis(credentials, request)) return challenge(world, as, false);
    const freshness = world.nonces.look(credentials.nonce);
    if (freshness === 'unknown') return challenge(world, as, false);
    const account = await world.findAccount(credentials.username);
    // A stranger's answer is hashed too, so that time does not tell which users there are.
    const isRight = isRightAnswer(credentials, request.method, account?.ha1 ?? nobody);
    if (account === null || !isRight) return { kind: 'refused', status: 403 };
    if (freshness === 'stale' || !world.nonces.use(credentials.nonce, credentials.qop === null ? null : credentials.nc))
      return challenge(world, as, true);
    return { kind: 'proved', account };
  };
}

const nobody: Ha1 = { sha256: '0'.repeat(64), md5: '0'.repeat(32) };

function challenge(world: World, as: 'server' | 'proxy', stale: boolean): Proof {
  const name = as === 'proxy' ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  const value = challengeHeader(name, world.realm, world.nonces.make(), stale);
  return { kind: 'challenge', status: as === 'proxy' ? 407 : 401, headers: { [name]: value } };
}

/** An answer made for another address does not open this one (RFC 7616 section 3.4.6); spelling may differ. */
function isForThis(credentials: Credentials, request: ArrivedRequest): boolean {
  if (credentials.uri === request.uri) return true;
  const [meant, asked] = [parseSipUri(credentials.uri), parseSipUri(request.uri)];
  return meant !== null && asked !== null && meant.user === asked.user && meant.host === asked.host;
}
