/**
 * Where something that can be rung is rung: the phones registered for it, the trunk for a telephone number, or the address
 * itself when it belongs to somebody else's domain. An agent's telephone number stands for their SIP phones, if they have any.
 */

import type { Clock } from '../../ports/clock.ts';
import type { E164 } from '../../ports/e164.ts';
import type { Binding, SipPhones } from '../../routing/sip-phones.ts';
import { type Dialable, isPhone } from '../../telephony/instructions.ts';
import type { Target } from './ring-phones.ts';
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

/** `from`: the number of ours that an agent is rung for; null when it is no agent who is rung. */
export type FindTargets = (to: Dialable, from: E164 | null) => Promise<Found>;

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
  return async (to, from) => {
    if (isPhone(to)) {
      const agent = { phone: to, from: from ?? to };
      const phones = from === null ? [] : await world.phones.agentBindings(agent, world.clock.now());
      if (phones.length > 0) return { kind: 'phone', targets: phones.map(targetOf) };
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
