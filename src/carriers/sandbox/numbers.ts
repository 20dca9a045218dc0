/**
 * A shop of pretend numbers: it sells those set aside for fiction (area code, 555-0100 to 555-0199), so that ordering,
 * pointing and giving back can be tried with nothing spent. The account is in memory and empty after a restart.
 */
import type { HeldNumber, NotDone, NumberSupplier, OfferedNumber, SearchWish } from '../../numbers/number-supplier.ts';
import { type E164, parseE164 } from '../../ports/e164.ts';

const price = { monthlyCost: '1.00', currency: 'USD' } as const;
const capabilities = ['voice', 'sms'] as const;
const perAreaCode = 100;

export function createSandboxNumbers(): NumberSupplier {
  const account = new Map<E164, HeldNumber>();
  const refused = (reason: string): NotDone => ({ kind: 'refused', reason: `sandbox: ${reason}` });

  return Object.freeze({
    name: 'sandbox',

    async search(wish: SearchWish) {
      if (wish.country !== 'US') return refused('only US numbers are sold here');
      const offered = numbersLike(wish).filter(({ e164 }) => !account.has(e164));
      return { kind: 'found' as const, numbers: offered.slice(0, wish.limit) };
    },

    async buy(e164: E164) {
      if (!/^\+1[2-9]\d{2}55501\d{2}$/.test(e164)) return refused('not a number set aside for fiction');
      if (account.has(e164)) return refused('the number is sold');
      const held = { e164, carrierNumberId: `SN${e164.slice(1)}`, capabilities };
      account.set(e164, held);
      return { kind: 'bought' as const, number: held };
    },

    /** Pretend phones reach every number of the record without being told where it points. */
    async setWebhooks({ e164 }: HeldNumber) {
      return { kind: account.has(e164) ? ('done' as const) : ('gone' as const) };
    },

    async release({ e164 }: HeldNumber) {
      return { kind: account.delete(e164) ? ('done' as const) : ('gone' as const) };
    },

    async list(e164?: E164) {
      const numbers = [...account.values()];
      return { kind: 'listed' as const, numbers: numbers.filter((held) => e164 === undefined || held.e164 === e164) };
    },
  });
}

function numbersLike({ kind, areaCode, contains }: SearchWish): OfferedNumber[] {
  const code = kind === 'tfn' ? '800' : (areaCode ?? '503');
  return Array.from({ length: perAreaCode }, (_, line) => `+1${code}55501${String(line).padStart(2, '0')}`).flatMap(
    (text) => {
      const e164 = parseE164(text);
      if (e164 === null || (contains !== null && !text.includes(contains))) return [];
      return [{ e164, kind, capabilities, place: null, ...price }];
    },
  );
}
