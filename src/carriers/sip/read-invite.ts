/**
 * What becomes of an INVITE that begins a call, decided from its text and where it came from: a scanner gets no answer at
 * all, a stranger is refused or asked for a password, a trunk's call is read. Pure; whose number it is, the record says.
 */
import { limits } from '../../../config/limits.ts';
import { type E164, parseE164 } from '../../ports/e164.ts';
import type { Attestation } from '../../telephony/call.ts';
import { readAttestation } from './attestation.ts';
import { isDescription } from './sdp.ts';
import { type NameAddress, parseNameAddress, parseSipUri, type SipUri } from './sip-uri.ts';

/** What is looked at of a request. */
export interface ArrivedRequest {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  readonly header: (name: string) => string | undefined;
}

export type InviteReading =
  | { readonly kind: 'drop' }
  | { readonly kind: 'refuse'; readonly status: number }
  | {
      readonly kind: 'call';
      /** `<Call-ID>;from-tag=<tag>`, which is also how the server names the dialog. */
      readonly carrierCallId: string;
      /** What the number dialled may be in E.164, the likeliest first. */
      readonly dialled: readonly E164[];
      readonly ani: E164 | null;
      readonly attestation: Attestation | null;
      /** The caller's description; null when they leave the offer to us. */
      readonly offer: string | null;
    };

/** Tools that look for open doors; they learn nothing from silence. */
const scannerNames = /friendly-scanner|sipcli|sipvicious|sip-?scan|sundayddr|iwar|sivus|vaxsipuseragent|pplsip|smap/i;

/** Whether a request comes from a tool that scans for weak servers, by what it calls itself. */
export function isScanner(header: (name: string) => string | undefined): boolean {
  return scannerNames.test(`${header('User-Agent') ?? ''} ${header('From') ?? ''} ${header('To') ?? ''}`);
}

/** Reads an INVITE outside any dialog. `trusted`: it came from a trunk on the allow-list. */
export function readInvite(request: ArrivedRequest, trusted: boolean): InviteReading {
  if (isScanner(request.header)) return { kind: 'drop' };
  const callId = request.header('Call-ID') ?? '';
  const from = parseNameAddress(request.header('From') ?? '');
  const tag = from?.params.get('tag') ?? '';
  const to = parseNameAddress(request.header('To') ?? '');
  const contact = parseNameAddress(request.header('Contact') ?? '');
  if (!/^[\x21-\x7e]{1,200}$/.test(callId) || !/^[\x21-\x7e]{1,100}$/.test(tag)) return { kind: 'refuse', status: 400 };
  if (from === null || to === null || contact === null) return { kind: 'refuse', status: 400 };
  if (hopsLeft(request) === 0) return { kind: 'refuse', status: 483 };
  if (needsWhatWeLack(request.header('Require'))) return { kind: 'refuse', status: 420 };
  const target = parseSipUri(request.uri);
  if (target === null) return { kind: 'refuse', status: 416 };
  const offer = request.body === '' ? null : request.body;
  if (offer !== null && !isDescription(offer)) return { kind: 'refuse', status: 488 };
  return {
    kind: 'call',
    carrierCallId: `${callId};from-tag=${tag}`,
    dialled: unique([...e164Forms(target), ...e164Forms(to.uri)]),
    ani: readAni(request, from, trusted),
    attestation: trusted ? readAttestation(request.header) : null,
    offer,
  };
}

/** What an address's number may be in E.164: as it is, without an exit code, with the code of North America. */
export function e164Forms(uri: SipUri): readonly E164[] {
  const text = uri.user.replace(/[\s().-]/g, '');
  if (!/^\+?\d{3,20}$/.test(text)) return [];
  const digits = text.replace(/^\+/, '');
  if (text.startsWith('+')) return known([`+${digits}`]);
  if (digits.length === 10) return known([`+1${digits}`, `+${digits}`]);
  if (digits.startsWith('011')) return known([`+${digits.slice(3)}`]);
  if (digits.startsWith('00')) return known([`+${digits.slice(2)}`]);
  return known([`+${digits}`]);
}

/** A trunk asserts who calls; anybody else's word is their own From. Withheld is null, whatever stands beside it. */
function readAni(request: ArrivedRequest, from: NameAddress, trusted: boolean): E164 | null {
  if (/\bid\b|\buser\b/i.test(request.header('Privacy') ?? '')) return null;
  const asserted = trusted ? parseNameAddress(request.header('P-Asserted-Identity') ?? '') : null;
  return e164Forms((asserted ?? from).uri)[0] ?? null;
}

/** RFC 3261 section 8.2.2.3: an extension we must know and do not ends the request. */
function needsWhatWeLack(require: string | undefined): boolean {
  if (require === undefined) return false;
  return require
    .split(',')
    .some((word) => !['', 'replaces', 'timer', 'norefersub'].includes(word.trim().toLowerCase()));
}

function hopsLeft(request: ArrivedRequest): number {
  const text = request.header('Max-Forwards')?.trim() ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : limits.sipHopsMax;
}

function known(texts: readonly string[]): readonly E164[] {
  return texts.map(parseE164).filter((number) => number !== null);
}

function unique(numbers: readonly E164[]): readonly E164[] {
  return [...new Set(numbers)];
}
