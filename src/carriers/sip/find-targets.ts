/**
 * Where something that can be rung is rung: the phones registered for it, the trunk for a telephone number, or the address
 * itself when it belongs to somebody else's domain. A telephone number that is itself a user of ours is that user's phones.
 */
import type { Clock } from '../../ports/clock.ts';
import { type Dialable, isPhone } from '../../telephony/instructions.ts';
import type { Binding } from './registrar.ts';
import type { Target } from './ring-phones.ts';
import type { SipPhones } from './sip-phones.ts';
import { hostPort, parseSipUri } from './sip-uri.ts';

export interface TrunkAccount {
  /** Where outside calls go, such as `sip:trunk.example:5060;transport=udp`. */
  readonly uri: string;
  readonly user: string | null;
  readonly password: string | null;
}

export interface Found {
  readonly kind: 'phone' | 'outside';
  readonly targets: readonly Target[];
}

export type FindTargets = (to: Dialable) => Promise<Found>;

export function createFindTargets(world: {
  readonly phones: SipPhones;
  readonly domain: string;
  readonly trunk: TrunkAccount | null;
  readonly clock: Clock;
}): FindTargets {
  const registered = async (user: string): Promise<readonly Target[]> => {
    const bindings = await world.phones.bindings(user, world.clock.now());
    return bindings.map(targetOf);
  };
  return async (to) => {
    if (isPhone(to)) {
      const phones = await registered(to);
      if (phones.length > 0) return { kind: 'phone', targets: phones };
      return { kind: 'outside', targets: world.trunk === null ? [] : [throughTrunk(world.trunk, to)] };
    }
    const uri = parseSipUri(to);
    if (uri === null) return { kind: 'outside', targets: [] };
    if (uri.host === world.domain) return { kind: 'phone', targets: await registered(uri.user) };
    return { kind: 'outside', targets: [{ uri: to }] };
  };
}

function targetOf({ contact, via }: Binding): Target {
  return { uri: contact, proxy: via };
}

function throughTrunk(trunk: TrunkAccount, number: string): Target {
  const uri = parseSipUri(trunk.uri);
  const account =
    trunk.user === null || trunk.password === null ? null : { user: trunk.user, password: trunk.password };
  const transport = uri?.params.get('transport');
  const place = `${hostPort(uri?.host ?? '', uri?.port ?? null)}${transport === undefined ? '' : `;transport=${transport}`}`;
  return { uri: `sip:${number}@${place}`, ...(account === null ? {} : { account }) };
}
