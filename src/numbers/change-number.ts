/**
 * Changes a number's state: by the table, with a line of history, an event for the contact centre and, where the carrier
 * has something to do, an effect in the outbox, all in the caller's transaction. Everybody who changes a number (an
 * operator, the carrier's answer, the watch) comes through here.
 */
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import { advanceNumber, type NumberEvent, type NumberState, type NumberTask, toldAs } from './number-machine.ts';
import type { ChangedBy, NewStock, Stock, StockNumber } from './stock.postgres.ts';

/** How something the carrier was asked ended badly. Kept at the number until it ends well. */
export interface NumberVerdict {
  readonly task: 'buy' | 'provision' | 'release';
  readonly slug: 'refused' | 'carrier-unavailable' | 'webhooks-refused';
  readonly fault: 'carrier' | 'us';
  readonly retry: boolean;
  readonly detail: string;
}

export interface NumberWish {
  readonly event: NumberEvent;
  readonly reason: string | null;
  readonly by: ChangedBy;
  readonly verdict?: NumberVerdict;
  /** Further columns that change with it. */
  readonly set?: Partial<NewStock>;
}

export type NumberChanged =
  | { readonly kind: 'changed'; readonly state: NumberState }
  | { readonly kind: 'refused'; readonly reason: string };

export type ChangeNumber = ReturnType<typeof createChangeNumber>;

export function createChangeNumber(world: { stock: Stock; outbox: Outbox; clock: { now(): number } }) {
  const { stock, outbox, clock } = world;

  async function tell(
    work: Work,
    number: StockNumber,
    type: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { id, enterprise_id: enterpriseId, e164, carrier, pool_id: poolId } = number;
    const about = { numberId: id, number: e164, carrier, poolId };
    await outbox.appendEvent(work, { enterpriseId, subject: id, type, data: { ...about, ...data } });
  }

  /** Orders an effect in the number's lane. */
  async function order(work: Work, number: StockNumber, task: NumberTask | 'provision'): Promise<void> {
    await outbox.addEffect(work, {
      enterpriseId: number.enterprise_id,
      lane: `number:${number.id}`,
      kind: `number.${task}`,
      payload: { numberId: number.id },
    });
  }

  return Object.freeze({
    order,

    /** Applies an event to a number that the caller has locked. */
    async apply(work: Work, number: StockNumber, wish: NumberWish): Promise<NumberChanged> {
      const advanced = advanceNumber(number.state, wish.event);
      if (advanced.kind === 'refused') return advanced;
      const { state, task } = advanced;
      const { event, reason, by, verdict = null } = wish;
      await stock.update(work.tx, number.id, {
        state,
        state_since: new Date(clock.now()),
        task,
        verdict: verdict === null ? null : JSON.stringify(verdict),
        ...wish.set,
      });
      await stock.noteChanges(work.tx, [{ number, from: number.state, to: state, event, reason, by }]);
      if (task !== null) await order(work, number, task);
      await tell(work, { ...number, ...poolOf(wish) }, toldAs[state], { from: number.state, reason, verdict });
      return { kind: 'changed', state };
    },

    /** Something the carrier was asked has ended badly, and the number stays as it is. */
    async note(work: Work, number: StockNumber, verdict: NumberVerdict): Promise<void> {
      await stock.update(work.tx, number.id, { task: null, verdict: JSON.stringify(verdict) });
      await tell(work, number, 'number.refused', { state: number.state, verdict });
    },

    /** A number that has just been added. */
    async begin(work: Work, number: StockNumber, event: 'order'): Promise<void> {
      const change = { number, from: null, to: number.state, event, reason: null, by: 'operator' as const };
      await stock.noteChanges(work.tx, [change]);
      await order(work, number, 'buy');
      await tell(work, number, toldAs[number.state], { from: null, reason: null, verdict: null });
    },
  });
}

function poolOf({ set }: NumberWish): Partial<StockNumber> {
  return set?.pool_id === undefined ? {} : { pool_id: set.pool_id };
}
