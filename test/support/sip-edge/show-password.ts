/** How a telephone of a test answers a challenge, and how it registers. */
import { randomUUID } from 'node:crypto';
import { answerChallenge } from '../../../src/carriers/sip/digest.ts';
import type { Phone } from './phone-call.ts';
import { headersOf, type SipText, statusOf } from './sip-text.ts';

interface Account {
  readonly user: string;
  readonly password: string;
}

type Header = readonly [string, string];

/** The header that answers a 401 or a 407. */
export function proofFor(challenge: SipText, request: { method: string; uri: string }, account: Account): Header {
  const isProxy = statusOf(challenge) === 407;
  const challenges = headersOf(challenge, isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate').join(', ');
  const name = isProxy ? 'Proxy-Authorization' : 'Authorization';
  return [name, answerChallenge(challenges, request, account, randomUUID()) ?? ''];
}

/** Registers a telephone: once without a password, and again when it is asked for one. */
export async function register(
  phone: Phone,
  domain: string,
  account: Account,
  headers: readonly Header[] = [],
): Promise<SipText> {
  const uri = `sip:${domain}`;
  const callId = randomUUID();
  const about = (cseq: number): Header[] => [
    ['To', `<sip:${account.user}@${domain}>`],
    ['From', `<sip:${account.user}@${domain}>;tag=${callId}`],
    ['Call-ID', callId],
    ['CSeq', `${cseq} REGISTER`],
  ];
  const first = await phone.ask('REGISTER', uri, [...about(1), ...headers]);
  if (statusOf(first) !== 401) return first;
  return phone.ask('REGISTER', uri, [...about(2), ...headers, proofFor(first, { method: 'REGISTER', uri }, account)]);
}
