/** A supplier that does as the test says, and remembers what it was asked. */
import { createSandboxNumbers } from '../../src/carriers/sandbox/numbers.ts';
import type { NotDone, NumberSupplier } from '../../src/numbers/number-supplier.ts';

type Act = 'list' | 'buy' | 'setWebhooks' | 'release';

/** Answers given one by one instead of the shop's own; `lost` does the deed and loses the answer. */
type Scripted = NotDone | 'lost';

const lost: NotDone = { kind: 'unavailable', reason: 'sandbox unreachable' };

export function stageSupplier() {
  const shop = createSandboxNumbers();
  const asked: string[] = [];
  const script: Record<Act, Scripted[]> = { list: [], buy: [], setWebhooks: [], release: [] };
  const play = async <Answer>(act: Act, deed: () => Promise<Answer>): Promise<Answer | NotDone> => {
    asked.push(act);
    const next = script[act].shift();
    if (next !== undefined && next !== 'lost') return next;
    const answer = await deed();
    return next === 'lost' ? lost : answer;
  };
  const supplier: NumberSupplier = {
    name: 'sandbox',
    search: shop.search,
    list: (e164) => play('list', () => shop.list(e164)),
    buy: (e164) => play('buy', () => shop.buy(e164)),
    setWebhooks: (number, urls) => play('setWebhooks', () => shop.setWebhooks(number, urls)),
    release: (number) => play('release', () => shop.release(number)),
  };
  return { supplier, shop, asked, script };
}
