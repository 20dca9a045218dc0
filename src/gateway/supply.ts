/**
 * Numbers and pools, wired: their stores, what operators do with them, what carriers are asked for them and the watch
 * over them. A part of `core.ts`, which gives it what it shares with the rest.
 */
import { createChangeNumber } from '../numbers/change-number.ts';
import { createImportNumbers } from '../numbers/import-numbers.ts';
import { createNumberDesk } from '../numbers/number-desk.ts';
import { createNumberPlaces } from '../numbers/number-place.file.ts';
import { type NumberSupplier, webhookUrls } from '../numbers/number-supplier.ts';
import { numberTraffic } from '../numbers/number-traffic.postgres.ts';
import { createNumbers } from '../numbers/numbers.postgres.ts';
import { createPoolNews } from '../numbers/pool-news.ts';
import { pools } from '../numbers/pools.postgres.ts';
import { createNumberEffects } from '../numbers/provision-numbers.ts';
import { createStock } from '../numbers/stock.postgres.ts';
import { createNumberWatch } from '../numbers/watch-numbers.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';
import { websites } from '../visits/websites.postgres.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly suppliers: ReadonlyMap<string, NumberSupplier>;
  readonly publicUrl: () => string;
  readonly carrierFallbackUrl: string | null;
}

export function createSupply(world: World) {
  const { outbox, clock, publicUrl, carrierFallbackUrl } = world;
  const stock = createStock({ clock });
  const places = createNumberPlaces();
  const poolNews = createPoolNews(world);
  const change = createChangeNumber({ stock, outbox, clock });
  const inner = { ...world, stock, pools, places, change, traffic: numberTraffic };
  return Object.freeze({
    numbers: createNumbers({ places }),
    stock,
    places,
    pools,
    poolNews,
    websites,
    numberDesk: createNumberDesk(inner),
    importNumbers: createImportNumbers(inner),
    numberWatch: createNumberWatch({ ...inner, poolChanged: (poolId) => poolNews.tell([poolId]) }),
    numberEffects: createNumberEffects({
      ...inner,
      poolChanged: (poolId) => poolNews.tell([poolId]),
      urls: (carrier) => webhookUrls(carrier, publicUrl(), carrierFallbackUrl),
    }),
  });
}
