/**
 * kill -9 at any moment: what the gateway has answered 2xx is never lost, nothing happens twice, and no call stays
 * open because the carrier spoke while nobody listened. A real process is killed again and again, in two shops at once;
 * `LINEKEEPER_SHOP_KILLS=10` kills each ten times.
 */
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { auditRecord } from './audit-record.ts';
import { openShop, prepareFolder } from './busy-shop.ts';
import { type Phase, planRound, playRound } from './play-round.ts';

const shops = 2;
const roundsPerShop = Number(process.env.LINEKEEPER_SHOP_KILLS ?? 3);

test('nothing acknowledged is lost or doubled by kills, and every call ends', {
  timeout: 60_000 + roundsPerShop * 20_000,
}, async () => {
  const base = inject('stores').folder;
  const prepared = join(base, 'kill-nine');
  await prepareFolder(join(base, 'template'), prepared);
  const results = await Promise.all(
    Array.from({ length: shops }, (_, index) => playShop(prepared, join(base, `kill-nine-${index}`), 900 + index)),
  );
  const kills = Object.groupBy(
    results.flatMap(({ killed }) => killed),
    (phase) => phase,
  );
  const byPhase = Object.entries(kills).map(([phase, all]) => `${phase} ${all.length}`);
  const sum = (count: (one: (typeof results)[number]) => number) =>
    results.reduce((total, one) => total + count(one), 0);
  const faults = results.flatMap((result) => result.faults);
  process.stdout.write(
    `kill -9: ${shops * roundsPerShop} rounds (${byPhase.join(', ')}); acknowledged: ` +
      `${sum(({ acknowledged }) => acknowledged.webhooks)} webhooks, ${sum(({ acknowledged }) => acknowledged.leases)} leases, ` +
      `${sum(({ acknowledged }) => acknowledged.replies)} replies; lost or doubled: ${faults.length}\n`,
  );
  expect(faults).toEqual([]);
});

async function playShop(prepared: string, folder: string, seed: number) {
  const shop = await openShop(prepared, folder, seed);
  try {
    const killed: Phase[] = [];
    for (let round = 0; round < roundsPerShop; round += 1) {
      killed.push(await playRound(shop, planRound(shop.random, round)));
    }
    return { killed, ...(await auditRecord(shop)) };
  } finally {
    await shop.close();
  }
}
