/** What a test sees of a telephone and of one call on it, and the descriptions that telephones exchange. */
import type { SipPort } from './sip-network.ts';
import type { SipText } from './sip-text.ts';

export interface PhoneCall {
  readonly callId: string;
  readonly localTag: string;
  /** What the far end described last. */
  theirSdp: string;
  /** What this phone describes. */
  ourSdp: string;
  /** Final answers to what this phone sent, and requests it got, in order. */
  readonly log: SipText[];
  /** The highest status so far of an outgoing call; for an incoming one what we have answered. */
  status: number;
  ended: boolean;
  ring(): void;
  answer(sdp?: string): void;
  reject(status: number): void;
  cancel(): void;
  /** Sends a request in the dialog and waits for its final answer. */
  ask(method: string, what?: { headers?: readonly (readonly [string, string])[]; body?: string }): Promise<SipText>;
  hangUp(): Promise<SipText>;
}

export interface Phone {
  readonly port: SipPort;
  readonly address: string;
  readonly calls: PhoneCall[];
  /** Headers that go with a refusal of this status. */
  challenge: Readonly<Record<number, readonly [string, string]>>;
  /** Called with each call that comes in. */
  onCall: (call: PhoneCall, invite: SipText) => void;
  /** Calls somebody; `uri` such as `sip:+15035550100@127.0.0.1:5060`. */
  call(uri: string, plan?: CallPlan): PhoneCall;
  /** Sends a request outside any call and waits for its final answer. */
  ask(method: string, uri: string, headers?: readonly (readonly [string, string])[]): Promise<SipText>;
  close(): void;
}

export interface CallPlan {
  readonly from?: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** Null: the offer is left to the far end. */
  readonly sdp?: string | null;
  readonly password?: string;
}

/** A description of one audio stream; the port tells phones apart. */
export function sdpOf(host: string, port: number, direction = 'sendrecv'): string {
  const lines = ['v=0', `o=phone ${port} 1 IN IP4 ${host}`, 's=call', `c=IN IP4 ${host}`, 't=0 0'];
  return `${[...lines, `m=audio ${port} RTP/AVP 0 101`, 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', `a=${direction}`].join('\r\n')}\r\n`;
}

/** What a phone says to an offer: its own stream, facing the offered direction. */
export function answerTo(offer: string, own: string): string {
  const direction = /a=(sendonly|recvonly|inactive)/.exec(offer)?.[1];
  const facing = direction === 'sendonly' ? 'recvonly' : direction === 'recvonly' ? 'sendonly' : direction;
  return facing === undefined ? own : own.replace(/a=(sendrecv|sendonly|recvonly|inactive)/, `a=${facing}`);
}
