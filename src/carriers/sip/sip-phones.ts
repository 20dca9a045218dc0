/**
 * What the carrier needs of the record about agents' SIP phones: their hashed passwords, and where each can be reached.
 */
import type { SipAccount } from './authenticate.ts';
import type { Binding } from './registrar.ts';

export interface SipPhones {
  /** The account of this user name; null when there is none. */
  findAccount(user: string): Promise<SipAccount | null>;
  /** All phones that are registered for a user and have not expired by `now` (Unix ms). */
  bindings(user: string, now: number): Promise<readonly Binding[]>;
  /** Replaces a user's list by what `change` makes of it, under a lock, so that two phones at once lose nothing. */
  changeBindings<Answer extends { readonly bindings: readonly Binding[] | null }>(
    user: string,
    change: (before: readonly Binding[]) => Answer,
  ): Promise<Answer>;
}
