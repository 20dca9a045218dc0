/**
 * What a trunk says of the caller's number: the `verstat` parameter of P-Asserted-Identity or From (3GPP TS 24.229 section
 * 7.2A.20), or Twilio's header of its own. Exact words only, and only a trunk on the allow-list is listened to. An Identity
 * header by itself proves nothing until its certificate was checked, which takes a request to a stranger's server in the
 * middle of a call, so it is left to the trunk, whose verdict `verstat` is.
 */
import type { Attestation } from '../../telephony/call.ts';
import { parseNameAddress } from './sip-uri.ts';

/** Telnyx writes level A without a suffix (contracts section 3). A diverted or passed-through verdict is nobody's A. */
const words: ReadonlyMap<string, Attestation> = new Map<string, Attestation>([
  ['TN-Validation-Passed', 'A'],
  ['TN-Validation-Passed-A', 'A'],
  ['TN-Validation-Passed-B', 'B'],
  ['TN-Validation-Passed-C', 'C'],
  ['TN-Validation-Failed', 'failed'],
  ['TN-Validation-Failed-A', 'failed'],
  ['TN-Validation-Failed-B', 'failed'],
  ['TN-Validation-Failed-C', 'failed'],
  ['No-TN-Validation', 'none'],
]);

/** The attestation of an INVITE from a trusted trunk; null when it says nothing that we know. */
export function readAttestation(header: (name: string) => string | undefined): Attestation | null {
  const own = header('X-Twilio-VerStat');
  if (own !== undefined) return words.get(own.trim()) ?? null;
  for (const name of ['P-Asserted-Identity', 'From']) {
    const address = parseNameAddress(header(name) ?? '');
    const word = address?.params.get('verstat') ?? address?.uri.params.get('verstat');
    if (word !== undefined) return words.get(word) ?? null;
  }
  return null;
}
