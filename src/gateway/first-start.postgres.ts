/**
 * The demo enterprise of a first start: a website, a pool of eight sandbox numbers, two agents, a product and a webhook
 * endpoint that is off. Everything is made in one transaction, so a first start that dies half-way is a first start
 * again; a second start finds it.
 */
import { sql } from 'kysely';
import type { ApiKeys } from '../identity/api-keys.postgres.ts';
import type { Clock } from '../ports/clock.ts';
import { type E164, parseE164 } from '../ports/e164.ts';
import type { EnterpriseId, Ids, RandomBytes } from '../ports/ids.ts';
import type { Practice } from '../ports/practice-file.file.ts';
import type { Endpoints } from '../records/endpoints.postgres.ts';
import type { Tx } from '../records/schema.ts';
import type { Transact } from '../records/transact.ts';

interface World {
  readonly transact: Transact;
  readonly apiKeys: ApiKeys;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly randomBytes: RandomBytes;
  readonly origins: readonly string[];
  readonly listenerUrl: string;
  /** Called inside the transaction with what was made: when it fails, nothing was. */
  readonly keep: (practice: Practice) => Promise<void>;
}

/** Processes that start together on an empty record make one demo. */
const advisoryLock = 5_465_336;
const numbersInPool = 8;
const minuteMs = 60_000;

/** Makes the demo when the record holds no enterprise; null when it does. */
export function makeDemo(world: World): Promise<Practice | null> {
  return world.transact(async ({ tx }) => {
    await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(tx);
    const existing = await tx.selectFrom('enterprise').select('id').limit(1).executeTakeFirst();
    if (existing !== undefined) return null;
    const enterpriseId = world.ids.make('ent');
    const now = new Date(world.clock.now());
    await tx.insertInto('enterprise').values({ id: enterpriseId, name: 'Demo Shop', created_at: now }).execute();
    await makePool(world, tx, enterpriseId);
    await makeAgents(world, tx, enterpriseId);
    await tx
      .insertInto('product')
      .values({ id: world.ids.make('prod'), enterprise_id: enterpriseId, name: 'Everything' })
      .execute();
    const { endpoint, secret } = await world.endpoints.create(tx, { enterpriseId, url: world.listenerUrl });
    await world.endpoints.setEnabled(tx, { enterpriseId, endpointId: endpoint.id }, false);
    const practice: Practice = {
      publishableKey: await world.apiKeys.make(tx, enterpriseId, 'publishable'),
      secretKey: await world.apiKeys.make(tx, enterpriseId, 'secret'),
      webhookSecret: secret,
      endpointId: endpoint.id,
      twilio: newPracticeAccount(world.randomBytes),
    };
    await world.keep(practice);
    return practice;
  });
}

/** A Twilio account that exists only between this gateway and the simulator. */
function newPracticeAccount(randomBytes: RandomBytes): Practice['twilio'] {
  const hex = (bytes: number) => Buffer.from(randomBytes(bytes)).toString('hex');
  return { accountSid: `AC${hex(16)}`, authToken: hex(16) };
}

async function makePool(world: World, tx: Tx, enterpriseId: EnterpriseId): Promise<void> {
  const poolId = world.ids.make('pool');
  // The number free for longest is leased first: a millisecond apart, so that visitors get them in this order.
  const freeFrom = world.clock.now() - numbersInPool;
  const rows = Array.from({ length: numbersInPool }, (_, index) => ({
    id: world.ids.make('num'),
    enterprise_id: enterpriseId,
    pool_id: poolId,
    e164: reserved(`+1503555010${index + 1}`),
    carrier: 'sandbox',
    state: 'active' as const,
    failover: null,
    free_at: new Date(freeFrom + index),
  }));
  const shared = rows.at(-1)?.id ?? null;
  await tx
    .insertInto('pool')
    .values({
      id: poolId,
      enterprise_id: enterpriseId,
      name: 'Website',
      hold_ms: 2 * minuteMs,
      rest_ms: minuteMs,
      lease_ms: 2 * minuteMs,
      shared_number_id: shared,
    })
    .execute();
  await tx.insertInto('number').values(rows).execute();
  await tx
    .insertInto('website')
    .values({
      id: world.ids.make('site'),
      enterprise_id: enterpriseId,
      name: 'shop.example',
      origins: [...world.origins],
      pool_id: poolId,
    })
    .execute();
}

async function makeAgents(world: World, tx: Tx, enterpriseId: EnterpriseId): Promise<void> {
  const agents = [
    { name: 'Ada', phone: reserved('+12125550171') },
    { name: 'Grace', phone: reserved('+12125550172') },
  ];
  // The one who has been ready longest is rung first: a millisecond apart, so that it is Ada every time.
  const now = world.clock.now();
  const rows = agents.map(({ name, phone }, index) => ({
    id: world.ids.make('agent'),
    enterprise_id: enterpriseId,
    name,
    phone,
    presence: 'ready' as const,
    presence_since: new Date(now + index),
  }));
  await tx.insertInto('agent').values(rows).execute();
}

function reserved(text: string): E164 {
  const number = parseE164(text);
  if (number === null) throw new Error(`${text} is not E.164`);
  return number;
}
