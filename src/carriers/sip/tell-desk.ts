/**
 * Tells the call desk what happened to a leg, in the order in which it happened, and hands on what the leg does next. When the
 * record does not answer in time the leg stays on the line and asks again (`hear-in-time.timer.ts`); what is true however late
 * it is told is remembered and told afterwards.
 */
import type { Log } from '../../ports/log.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact, LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { HearInTime } from '../hear-in-time.timer.ts';
import type { Leg } from './leg.ts';

export interface TellDesk {
  /**
   * Resolves with what the leg does next; null when nobody could say. `detail` tells two facts of one kind apart; `asked`: how
   * often the leg has asked again. A fact that takes a moment to know keeps its place before later ones; null in the end,
   * there was nothing to tell.
   */
  tell(
    leg: Leg,
    fact: LegFact | Promise<LegFact | null>,
    about?: { readonly detail?: string; readonly asked?: number },
  ): Promise<readonly Instruction[] | null>;
  /** Resolves when everything that was to be told has been told, or remembered. */
  settled(): Promise<void>;
}

interface World {
  readonly desk: Pick<CallDesk, 'hear'>;
  readonly hearInTime: Pick<HearInTime, 'hear' | 'tell'>;
  readonly log: Log;
}

export function createTellDesk(world: World): TellDesk {
  const underWay = new Set<Promise<unknown>>();
  return {
    tell(leg, fact, { detail = '', asked = 0 } = {}) {
      const known = Promise.resolve(fact).catch((fault: unknown) => {
        world.log.error({ fault, leg: leg.id }, 'sip-fact-lost');
        return null;
      });
      const told = leg.telling.then(async () => {
        const what = await known;
        return what === null ? null : offer(world, leg, what, { detail, asked });
      });
      leg.telling = told.then(() => undefined);
      underWay.add(told);
      void told.finally(() => underWay.delete(told));
      return told;
    },
    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** After these nobody waits to hear what the leg does next. */
const isNews: ReadonlySet<LegFact['what']> = new Set(['ended', 'ringing', 'conversation-recorded']);

async function offer(
  world: World,
  leg: Leg,
  fact: LegFact,
  { detail, asked }: { detail: string; asked: number },
): Promise<readonly Instruction[] | null> {
  const { callId, legId } = leg;
  if (callId === null) return null;
  // Nobody asks whether a phone rang once it was answered.
  if (fact.what === 'ringing' && leg.state !== 'ringing') return null;
  const own = fact.what === 'conversation-recorded' ? fact.recordingId : detail;
  const report: LegReport = {
    carrier: 'sip',
    dedupKey: `${leg.id}:${fact.what}${own === '' ? '' : `:${own}`}`,
    callId,
    legId,
    carrierCallId: leg.id,
    fact,
    raw: { dialog: leg.dialogId, ...fact },
  };
  try {
    const isOver = leg.state === 'ended' || isNews.has(fact.what);
    const heard = isOver ? await note(world, report) : await world.hearInTime.hear(report, { dnis: leg.dnis, asked });
    return heard.kind === 'unknown' ? null : heard.instructions;
  } catch (fault) {
    world.log.warn({ fault, callId, legId, fact: fact.what }, 'sip-report-not-taken');
    return null;
  }
}

/** Nobody waits for the answer. That a phone rings is worth nothing later. */
function note({ desk, hearInTime }: World, report: LegReport) {
  const tell = () => desk.hear(report);
  if (report.fact.what === 'ringing') return tell();
  return hearInTime.tell({ key: `sip ${report.dedupKey}`, callId: report.callId, tell });
}
