/**
 * A call that we have made is over: the customer's minutes are counted, the enterprise is told when half, four fifths or all
 * of its day is used, and the callback that the call was made for learns how it went.
 */
import type { Clock } from '../ports/clock.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Work } from '../records/transact.ts';
import type { Call } from './call.ts';
import type { CallbackLedger } from './callback-ledger.ts';
import type { OutboundRules } from './outbound-rules.postgres.ts';

interface World {
  readonly rules: Pick<OutboundRules, 'countMinutes'>;
  readonly ledger: Pick<CallbackLedger, 'settle'>;
  readonly outbox: Pick<Outbox, 'appendEvent'>;
  readonly clock: Clock;
}

/** In hundredths of the day's minutes (contracts section 7). */
const shares = [50, 80, 100] as const;

export function createSettleOutbound(world: World) {
  return async (work: Work, call: Call): Promise<void> => {
    const { outbound } = call;
    if (outbound === null) return;
    if (outbound.answeredAt !== null) await count(world, work, call, outbound.answeredAt);
    if (outbound.callbackId !== null) await world.ledger.settle(work, outbound.callbackId, call);
  };
}

async function count(world: World, work: Work, { enterpriseId, endedAt }: Call, answeredAt: number): Promise<void> {
  const now = endedAt ?? world.clock.now();
  const minutes = Math.max(1, Math.ceil((now - answeredAt) / 60_000));
  const { used, before, most, day } = await world.rules.countMinutes(work.tx, enterpriseId, minutes, now);
  const reached = shares.findLast((share) => before * 100 < share * most && used * 100 >= share * most);
  if (reached === undefined) return;
  await world.outbox.appendEvent(work, {
    enterpriseId,
    subject: enterpriseId,
    type: 'minutes.reached',
    data: { share: reached, day, minutes: used, minutesPerDay: most },
  });
}
