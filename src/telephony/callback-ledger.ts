/**
 * What happens to callbacks inside transactions that others began: one is asked for on a call, ends with the call that was
 * made for it, is cancelled. Each change is told the contact centre, and what waits is looked at again by an outbox entry of its
 * own, so that neither a restart nor a crash forgets anybody.
 */
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import type { CallbackId, EnterpriseId, Ids } from '../ports/ids.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { Call } from './call.ts';
import { outcomeOf } from './callback-outcome.ts';
import type { Callback, Callbacks } from './callbacks.postgres.ts';

/** The outbox entry that looks whether it is a callback's turn. */
export const lookAtCallbackKind = 'callback.look';

export type CallbackLedger = ReturnType<typeof createCallbackLedger>;

export function createCallbackLedger(world: {
  readonly callbacks: Callbacks;
  readonly outbox: Pick<Outbox, 'appendEvent' | 'addEffect'>;
  readonly clock: Clock;
  readonly ids: Ids;
}) {
  const lookAt = (work: Work, enterpriseId: EnterpriseId, id: CallbackId, dueAt: number) =>
    world.outbox.addEffect(work, {
      enterpriseId,
      lane: `callback:${id}`,
      kind: lookAtCallbackKind,
      payload: { callbackId: id },
      dueAt,
    });

  const tell = async (work: Work, callback: Callback, what: string, more: Record<string, unknown> = {}) => {
    const { id, customer, queue, product, visit_id: visitId, call_id: askedOn } = callback;
    const data = { callbackId: id, askedOn, customer, queue, product, visitId, ...more };
    const { enterprise_id: enterpriseId } = callback;
    await world.outbox.appendEvent(work, { enterpriseId, subject: id, type: `callback.${what}`, data });
  };

  const end = async (
    work: Work,
    callback: Callback,
    state: 'completed' | 'failed' | 'cancelled',
    { why, attempts = callback.attempts }: { why: string; attempts?: number },
  ) => {
    const at = new Date(world.clock.now());
    if (!(await world.callbacks.change(work.tx, callback, { state, why, attempts, ended_at: at }))) return;
    await tell(work, callback, state, { why, attempts, callId: callback.last_call_id });
  };

  return Object.freeze({
    tell,
    end,

    /** The caller of this call has asked for one. */
    async request(work: Work, call: Call): Promise<void> {
      if (call.ani === null) return;
      const now = world.clock.now();
      const row = {
        id: world.ids.make('cb'),
        enterprise_id: call.enterpriseId,
        call_id: call.id,
        number_id: call.numberId,
        customer: call.ani,
        queue: call.queue,
        product: call.plan.product,
        visit_id: call.visitId,
        state: 'waiting' as const,
        queued_at: new Date(call.startedAt),
        asked_at: new Date(now),
        next_at: new Date(now),
      };
      if (!(await world.callbacks.add(work.tx, row))) return;
      await tell(work, { ...row, attempts: 0, last_call_id: null, ended_at: null, why: null }, 'requested');
      await lookAt(work, call.enterpriseId, row.id, now);
    },

    /** The call that was made for it is over. */
    async settle(work: Work, id: CallbackId, call: Call): Promise<void> {
      const callback = await world.callbacks.lock(work.tx, id);
      if (callback?.state !== 'calling' || call.verdict === null) return;
      const outcome = outcomeOf(call.verdict, callback.attempts, world.clock.now());
      const { state, why, attempts } = outcome;
      if (state !== 'waiting') return end(work, callback, state, { why, attempts });
      const { nextAt } = outcome;
      await world.callbacks.change(work.tx, callback, { state, why, attempts, next_at: new Date(nextAt) });
      await lookAt(work, callback.enterprise_id, id, nextAt);
    },

    /** A customer calls where callbacks are offered: they need none they have asked for before. Whether one may be offered. */
    async calledAgain(work: Work, enterpriseId: EnterpriseId, customer: E164): Promise<boolean> {
      for (const callback of await world.callbacks.waitingOf(work.tx, enterpriseId, customer))
        await end(work, callback, 'cancelled', { why: 'called-again' });
      return !(await world.callbacks.isFull(work.tx, enterpriseId));
    },

    /** At the contact centre's wish. `calling`: it is under way, and its call can be ended. */
    async cancel(
      work: Work,
      enterpriseId: EnterpriseId,
      id: CallbackId,
    ): Promise<Callback | 'unknown' | 'calling' | 'over'> {
      const callback = await world.callbacks.lock(work.tx, id);
      if (callback?.enterprise_id !== enterpriseId) return 'unknown';
      if (callback.state === 'calling') return 'calling';
      if (callback.state !== 'waiting') return 'over';
      await end(work, callback, 'cancelled', { why: 'asked' });
      return (await world.callbacks.read(work.tx, id)) ?? 'unknown';
    },
  });
}
