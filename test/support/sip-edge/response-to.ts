/** The answer a server or a phone gives to a request: what must be copied is copied (RFC 3261 section 8.2.6). */
import * as sip from './sip-text.ts';

export function responseTo(
  request: sip.SipText,
  status: number,
  reason: string,
  more: readonly (readonly [string, string])[],
): sip.SipText {
  const to = sip.header(request, 'to') ?? '';
  const tagged = status > 100 && sip.tagOf(to) === undefined ? `${to};tag=edge${sip.branchOf(request).slice(-12)}` : to;
  const vias = sip.headersOf(request, 'via').map((via) => ['Via', via] as const);
  const copied = ['From', 'Call-ID', 'CSeq'].map((name) => [name, sip.header(request, name) ?? ''] as const);
  return { start: `SIP/2.0 ${status} ${reason}`, headers: [...vias, ...copied, ['To', tagged], ...more], body: '' };
}
