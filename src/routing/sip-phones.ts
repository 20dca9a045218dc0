/**
 * Agents' SIP phones as the record knows them: a user with a hashed password, and where that user can be reached. The SIP
 * carrier asks; `sip-phones.postgres.ts` answers.
 */
import type { E164 } from '../ports/e164.ts';

/** A password as it is kept: hashed with user and realm, once for each algorithm of digest authentication. Hex. */
export interface Ha1 {
  readonly sha256: string;
  readonly md5: string;
}

export interface SipAccount {
  readonly user: string;
  readonly ha1: Ha1;
}

/** One phone of a user. */
export interface Binding {
  /** The address it gave itself. */
  readonly contact: string;
  /** Where its request came from: behind a router that is the only way back to it. */
  readonly via: string;
  readonly callId: string;
  readonly cseq: number;
  /** Unix ms. */
  readonly expiresAt: number;
}

export interface SipPhones {
  /** The account of this user name; null when there is none. */
  findAccount(user: string): Promise<SipAccount | null>;
  /** All phones that are registered for a user and have not expired by `now` (Unix ms). */
  bindings(user: string, now: number): Promise<readonly Binding[]>;
  /**
   * The same for the agent who has this telephone number, of the enterprise that `from` is a number of: another
   * enterprise may have an agent with the same number, whose phones are none of its business.
   */
  agentBindings(agent: { readonly phone: E164; readonly from: E164 }, now: number): Promise<readonly Binding[]>;
  /** Replaces a user's list by what `change` makes of it, under a lock, so that two phones at once lose nothing. */
  changeBindings<Answer extends { readonly bindings: readonly Binding[] | null }>(
    user: string,
    change: (before: readonly Binding[]) => Answer,
  ): Promise<Answer>;
}
