/** The record's part in agents' phones, kept in memory: one password for everybody, and where each phone is. */
import { makeHa1 } from '../../../src/routing/sip-password.ts';
import type { Binding, SipPhones } from '../../../src/routing/sip-phones.ts';

export const domain = 'lines.example';
export const password = 'correct horse battery';

export function createPhoneBook() {
  const bindings = new Map<string, readonly Binding[]>();
  const phones: SipPhones & {
    keep(user: string, binding: Pick<Binding, 'contact' | 'via'>): void;
    /** The user's one phone; null: none. */
    keepOne(user: string, binding: Pick<Binding, 'contact' | 'via'> | null): void;
  } = {
    findAccount: async (user) => (user.startsWith('nobody') ? null : { user, ha1: makeHa1(user, domain, password) }),
    bindings: async (user, now) => (bindings.get(user) ?? []).filter(({ expiresAt }) => expiresAt > now),
    agentBindings: ({ phone }, now) => phones.bindings(phone, now),
    async changeBindings(user, change) {
      const answer = change(bindings.get(user) ?? []);
      if (answer.bindings !== null) bindings.set(user, answer.bindings);
      return answer;
    },
    keepOne(user, binding) {
      bindings.delete(user);
      if (binding !== null) phones.keep(user, binding);
    },
    keep(user, binding) {
      const kept = { ...binding, callId: 'staged', cseq: 1, expiresAt: Date.now() + 3_600_000 };
      bindings.set(user, [...(bindings.get(user) ?? []), kept]);
    },
  };
  return phones;
}
