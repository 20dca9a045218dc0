/**
 * Performs what was promised about a number at its carrier, one outbox entry at a time: buy it, point it at us, give it
 * back. Each entry may run twice, so each looks first whether it is still wanted and whether the carrier has done it
 * already: a purchase whose answer was lost is found in the account and not made again. What cannot be done ends as a
 * verdict on the number.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { NumberId, PoolId } from '../ports/ids.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import type { EntryHandler } from '../records/run-lane.ts';
import type { Db } from '../records/schema.ts';
import type { Transact, Work } from '../records/transact.ts';
import type { ChangeNumber, NumberVerdict } from './change-number.ts';
import type { HeldNumber, NotDone, NumberSupplier, WebhookUrls } from './number-supplier.ts';
import type { Stock, StockNumber } from './stock.postgres.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly stock: Stock;
  readonly change: ChangeNumber;
  readonly suppliers: ReadonlyMap<string, NumberSupplier>;
  readonly urls: (carrier: string) => WebhookUrls;
  readonly clock: Clock;
  /** Told of the pool whose numbers have changed. */
  readonly poolChanged: (poolId: PoolId) => Promise<void>;
}

type Task = NumberVerdict['task'];

const done: Settlement = { kind: 'done' };

/** Outbox handlers by entry kind. */
export function createNumberEffects(world: World): Readonly<Record<string, EntryHandler>> {
  return Object.freeze({
    'number.buy': (claimed: Claimed) =>
      wanted(world, claimed, 'buy', (number, supplier) => buy(world, claimed, number, supplier)),
    'number.provision': (claimed: Claimed) =>
      wanted(world, claimed, 'provision', (number, supplier) => provision(world, claimed, number, supplier)),
    'number.release': (claimed: Claimed) =>
      wanted(world, claimed, 'release', (number, supplier) => release(world, claimed, number, supplier)),
  });
}

/** Runs `act` while the number still waits for this task; what was overtaken is done. */
async function wanted(
  world: World,
  claimed: Claimed,
  task: Task,
  act: (number: StockNumber, supplier: NumberSupplier) => Promise<Settlement>,
): Promise<Settlement> {
  const { numberId } = claimed.payload as unknown as { numberId: NumberId };
  const number = await world.stock.read(world.db, claimed.enterprise_id, numberId);
  if (number?.task !== task) return done;
  const supplier = world.suppliers.get(number.carrier);
  if (supplier !== undefined) return act(number, supplier);
  return failed(world, claimed, number, task, { kind: 'unavailable', reason: `no account with ${number.carrier}` });
}

async function buy(world: World, claimed: Claimed, number: StockNumber, supplier: NumberSupplier): Promise<Settlement> {
  const held = await supplier.list(number.e164);
  if (held.kind !== 'listed') return failed(world, claimed, number, 'buy', held);
  const before = held.numbers.find(({ e164 }) => e164 === number.e164);
  const bought = before === undefined ? await supplier.buy(number.e164) : { kind: 'bought' as const, number: before };
  if (bought.kind !== 'bought') return failed(world, claimed, number, 'buy', bought);
  const { carrierNumberId, capabilities } = bought.number;
  await whileStill(world, number, 'buy', async (work, locked) => {
    const set = { carrier_number_id: carrierNumberId, capabilities: [...capabilities], managed: true };
    await world.stock.update(work.tx, number.id, { ...set, task: 'provision' });
    await world.change.order(work, locked, 'provision');
  });
  return done;
}

async function provision(
  world: World,
  claimed: Claimed,
  number: StockNumber,
  supplier: NumberSupplier,
): Promise<Settlement> {
  const found = await heldOf(supplier, number);
  if (found.kind !== 'held') return failed(world, claimed, number, 'provision', found);
  const answer = await supplier.setWebhooks(found.number, world.urls(number.carrier));
  if (answer.kind !== 'done') {
    const notDone = answer.kind === 'gone' ? { kind: 'refused' as const, reason: notInAccount } : answer;
    return failed(world, claimed, number, 'provision', notDone);
  }
  const set = { carrier_number_id: found.number.carrierNumberId };
  await whileStill(world, number, 'provision', async (work, locked) => {
    if (locked.state === 'ordered') {
      await world.change.apply(work, locked, { event: 'bought', reason: null, by: 'carrier', set });
    } else await world.stock.update(work.tx, number.id, { ...set, task: null, verdict: null });
  });
  return done;
}

async function release(
  world: World,
  claimed: Claimed,
  number: StockNumber,
  supplier: NumberSupplier,
): Promise<Settlement> {
  const found = await heldOf(supplier, number);
  if (found.kind === 'unavailable') return failed(world, claimed, number, 'release', found);
  const answer = found.kind === 'held' ? await supplier.release(found.number) : { kind: 'gone' as const };
  if (answer.kind !== 'done' && answer.kind !== 'gone') return failed(world, claimed, number, 'release', answer);
  await world.transact(async (work) => {
    const locked = await world.stock.lock(work.tx, number.enterprise_id, number.id);
    const reason = answer.kind === 'done' ? 'given back to the carrier' : notInAccount;
    if (locked !== null) await world.change.apply(work, locked, { event: 'gone', reason, by: 'carrier' });
  });
  return done;
}

const notInAccount = 'the carrier’s account does not hold the number';

/** The number as the carrier holds it; asked for when its id there is not known. */
async function heldOf(
  supplier: NumberSupplier,
  number: StockNumber,
): Promise<{ kind: 'held'; number: HeldNumber } | NotDone> {
  const { e164, carrier_number_id: carrierNumberId } = number;
  if (carrierNumberId !== null) return { kind: 'held', number: { e164, carrierNumberId, capabilities: [] } };
  const listed = await supplier.list(e164);
  if (listed.kind !== 'listed') return listed;
  const found = listed.numbers.find((one) => one.e164 === e164);
  return found === undefined ? { kind: 'refused', reason: notInAccount } : { kind: 'held', number: found };
}

/** Tries again by the table, or ends with a verdict on the number. */
async function failed(
  world: World,
  claimed: Claimed,
  number: StockNumber,
  task: Task,
  notDone: NotDone,
): Promise<Settlement> {
  const settlement = judge(world.clock, claimed, notDone);
  if (settlement.kind === 'retry') return settlement;
  await whileStill(world, number, task, async (work, locked) => {
    const verdict = verdictOf(task, notDone);
    if (locked.state !== 'ordered') return world.change.note(work, locked, verdict);
    const event = task === 'buy' ? 'order-refused' : 'webhooks-refused';
    await world.change.apply(work, locked, { event, reason: notDone.reason, by: 'carrier', verdict });
  });
  return settlement;
}

function judge(clock: Clock, claimed: Claimed, notDone: NotDone): Settlement {
  const pauseMs = notDone.kind === 'refused' ? undefined : limits.provisionRetryPausesMs[claimed.attempts - 1];
  if (pauseMs === undefined) return { kind: 'dead', error: notDone.reason };
  return { kind: 'retry', dueAt: clock.now() + pauseMs, error: notDone.reason };
}

function verdictOf(task: Task, notDone: NotDone): NumberVerdict {
  const retry = notDone.kind === 'unavailable';
  const unsure = task === 'buy' && retry ? '; it may have been bought: order it again, which looks first' : '';
  const slug = retry ? 'carrier-unavailable' : task === 'provision' ? 'webhooks-refused' : 'refused';
  return { task, slug, fault: 'carrier', retry, detail: `${notDone.reason}${unsure}` };
}

async function whileStill(
  world: World,
  number: StockNumber,
  task: Task,
  act: (work: Work, locked: StockNumber) => Promise<void>,
): Promise<void> {
  await world.transact(async (work) => {
    const locked = await world.stock.lock(work.tx, number.enterprise_id, number.id);
    if (locked?.task === task) await act(work, locked);
  });
  if (number.pool_id !== null) await world.poolChanged(number.pool_id);
}
