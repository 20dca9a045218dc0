/**
 * What a REGISTER does to the list of phones an agent may be reached at (RFC 3261 section 10.3), decided from the request
 * and the list as it stands. Pure. The list is kept in the record, because a phone registers once an hour: from memory a
 * restart would leave every agent unreachable until their phone happened to speak again.
 */
import { limits } from '../../../config/limits.ts';
import type { Binding } from '../../routing/sip-phones.ts';
import type { ArrivedRequest } from './read-invite.ts';
import { hostPort, type NameAddress, parseNameAddress, parseNameAddresses, parseSipUri } from './sip-uri.ts';

export type Registration =
  | {
      readonly kind: 'registered';
      readonly bindings: readonly Binding[];
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'refused'; readonly status: number; readonly headers?: Readonly<Record<string, string>> };

export interface Arrival extends ArrivedRequest {
  readonly source: { readonly address: string; readonly port: number; readonly protocol: string };
}

/** The user a REGISTER speaks for; null when it is not one of this domain. */
export function registeredUser(request: ArrivedRequest, domain: string): string | null {
  const to = parseNameAddress(request.header('To') ?? '');
  if (to === null || to.uri.host !== domain.toLowerCase() || !/^[\w.+-]{1,64}$/.test(to.uri.user)) return null;
  return to.uri.user;
}

/** Applies a REGISTER that was proved to be the user's own. `now` in Unix ms. */
export function applyRegister(request: Arrival, before: readonly Binding[], now: number): Registration {
  const callId = request.header('Call-ID') ?? '';
  const cseq = Number(/^\s*(\d{1,10})\s/.exec(request.header('CSeq') ?? '')?.[1] ?? Number.NaN);
  if (callId === '' || callId.length > 200 || !Number.isInteger(cseq)) return { kind: 'refused', status: 400 };
  const live = before.filter((binding) => binding.expiresAt > now);
  const header = request.header('Contact');
  if (header === undefined) return registered(live, now);
  if (header.trim() === '*') {
    if (Number(request.header('Expires')) !== 0) return { kind: 'refused', status: 400 };
    const isOld = live.some((binding) => binding.callId === callId && cseq <= binding.cseq);
    return isOld ? { kind: 'refused', status: 500 } : registered([], now);
  }
  const contacts = parseNameAddresses(header);
  if (contacts === null) return { kind: 'refused', status: 400 };
  let bindings: readonly Binding[] = live;
  for (const contact of contacts) {
    const seconds = secondsOf(contact, request);
    if (seconds === null) return { kind: 'refused', status: 400 };
    if (seconds !== 0 && seconds < limits.sipRegisterSecondsMin)
      return { kind: 'refused', status: 423, headers: { 'Min-Expires': String(limits.sipRegisterSecondsMin) } };
    const known = bindings.find((binding) => isSame(binding.contact, contact.text));
    if (known !== undefined && known.callId === callId && cseq <= known.cseq) return { kind: 'refused', status: 500 };
    const others = bindings.filter((binding) => binding !== known);
    const expiresAt = now + Math.min(seconds, limits.sipRegisterSecondsMax) * 1_000;
    const binding = { contact: contact.text, via: viaOf(request), callId, cseq, expiresAt };
    bindings = seconds === 0 ? others : [...others, binding];
  }
  if (bindings.length > limits.sipContactsPerUserMax) return { kind: 'refused', status: 403 };
  return registered(bindings, now);
}

function registered(bindings: readonly Binding[], now: number): Registration {
  const list = bindings.map(
    (binding) => `<${binding.contact}>;expires=${Math.ceil((binding.expiresAt - now) / 1_000)}`,
  );
  return { kind: 'registered', bindings, headers: list.length === 0 ? {} : { Contact: list.join(', ') } };
}

/** The contact's own expiry, else the request's, else the longest; null for a contact that is no SIP address. */
function secondsOf(contact: NameAddress, request: ArrivedRequest): number | null {
  if (contact.uri.scheme === 'tel' || contact.text.length > limits.sipContactLengthMax) return null;
  const text = (contact.params.get('expires') ?? request.header('Expires') ?? '').trim();
  return /^\d{1,10}$/.test(text) ? Number(text) : limits.sipRegisterSecondsMax;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [parseSipUri(one), parseSipUri(other)];
  return a !== null && b !== null && a.user === b.user && a.host === b.host && (a.port ?? 5060) === (b.port ?? 5060);
}

function viaOf({ source }: Arrival): string {
  const protocol = source.protocol.toLowerCase();
  const transport = protocol === 'udp' ? '' : `;transport=${protocol}`;
  return `sip:${hostPort(source.address, source.port)}${transport}`;
}
