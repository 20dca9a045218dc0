/**
 * What every supplier of numbers promises, whatever carrier stands behind it: run on Twilio's and Vonage's adapters over
 * a played REST API, and on the sandbox. `open` gives an adapter whose account is empty and whose shop sells `onSale`.
 */
import { expect, test } from 'vitest';
import { type NumberSupplier, type SearchWish, webhookUrls } from '../../src/numbers/number-supplier.ts';
import type { E164 } from '../../src/ports/e164.ts';

/** For sale at the beginning of each test. */
export const onSale = '+15035550121' as E164;
/** Toll-free, for sale. */
export const tollFreeOnSale = '+18005550121' as E164;
/** Nobody sells this one. */
const notForSale = '+447700900123' as E164;

const urls = webhookUrls('carrier', 'https://lines.example', 'https://fallback.example/voice');
const wish: SearchWish = { country: 'US', kind: 'did', areaCode: '503', contains: null, limit: 100 };

export function numberSupplierSuite(open: () => NumberSupplier): void {
  const buy = async (supplier: NumberSupplier) => {
    const bought = await supplier.buy(onSale);
    if (bought.kind !== 'bought') throw new Error(JSON.stringify(bought));
    return bought.number;
  };

  test('a search finds numbers of the wanted kind and area, and says what they can do', async () => {
    const found = await open().search(wish);
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    expect(found.numbers.map(({ e164 }) => e164)).toContain(onSale);
    for (const { e164, kind, capabilities } of found.numbers) {
      expect(e164).toMatch(/^\+1503/);
      expect(kind).toBe('did');
      expect(capabilities).toContain('voice');
    }
  });

  test('a search for toll-free numbers finds only such', async () => {
    const found = await open().search({ ...wish, kind: 'tfn', areaCode: null });
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    expect(found.numbers.map(({ e164 }) => e164)).toContain(tollFreeOnSale);
    expect(new Set(found.numbers.map(({ kind }) => kind))).toEqual(new Set(['tfn']));
  });

  test('a search keeps to its limit', async () => {
    const found = await open().search({ ...wish, limit: 1 });
    expect(found.kind === 'found' ? found.numbers : []).toHaveLength(1);
  });

  test('what was bought is in the account, under the id it was bought by', async () => {
    const supplier = open();
    expect(await supplier.list(onSale)).toEqual({ kind: 'listed', numbers: [] });
    const bought = await buy(supplier);
    expect(bought).toMatchObject({ e164: onSale, capabilities: expect.arrayContaining(['voice']) });
    for (const listed of [await supplier.list(onSale), await supplier.list()]) {
      expect(listed).toMatchObject({
        kind: 'listed',
        numbers: [{ e164: onSale, carrierNumberId: bought.carrierNumberId }],
      });
    }
  });

  test('a number that was bought cannot be bought again', async () => {
    const supplier = open();
    await buy(supplier);
    expect(await supplier.buy(onSale)).toMatchObject({ kind: 'refused', reason: expect.any(String) });
    expect(await supplier.list()).toMatchObject({ numbers: [{ e164: onSale }] });
  });

  test('a number nobody sells is refused', async () => {
    expect(await open().buy(notForSale)).toMatchObject({ kind: 'refused', reason: expect.any(String) });
  });

  test('a number is pointed at us as often as it is asked for', async () => {
    const supplier = open();
    const bought = await buy(supplier);
    expect(await supplier.setWebhooks(bought, urls)).toEqual({ kind: 'done' });
    expect(await supplier.setWebhooks(bought, urls)).toEqual({ kind: 'done' });
  });

  test('a number is given back once; afterwards it is gone', async () => {
    const supplier = open();
    const bought = await buy(supplier);
    expect(await supplier.release(bought)).toEqual({ kind: 'done' });
    expect(await supplier.release(bought)).toEqual({ kind: 'gone' });
    expect(await supplier.setWebhooks(bought, urls)).toEqual({ kind: 'gone' });
    expect(await supplier.list()).toEqual({ kind: 'listed', numbers: [] });
  });
}
