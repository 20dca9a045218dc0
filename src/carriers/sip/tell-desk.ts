/**
 * Tells the call desk what happened to a leg, in the order in which it happened, and hands on what the leg does next. While
 * the record is away a report is offered again a few times; what is never taken is found out later by the desk's own
 * question whether the leg still lives.
 */
import { limits } from '../../../config/limits.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.timer.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegFact } from '../../telephony/leg-report.ts';
import type { CallDesk } from '../../telephony/take-call.ts';
import type { Leg } from './leg.ts';

export interface TellDesk {
  /**
   * Resolves with what the leg does next; null when nobody could say. `detail` tells two facts of one kind apart. A fact that
   * takes a moment to know keeps its place before later ones; null in the end, there was nothing to tell.
   */
  tell(leg: Leg, fact: LegFact | Promise<LegFact | null>, detail?: string): Promise<readonly Instruction[] | null>;
  /** Resolves when everything that was to be told has been told. */
  settled(): Promise<void>;
}

interface World {
  readonly desk: Pick<CallDesk, 'hear'>;
  readonly log: Log;
  /** Called when the record did not take a report in time: nobody says what the leg does next. */
  readonly onSilence: (leg: Leg) => void;
}

export function createTellDesk(world: World): TellDesk {
  const underWay = new Set<Promise<unknown>>();
  return {
    tell(leg, fact, detail = '') {
      const known = Promise.resolve(fact).catch((fault: unknown) => {
        world.log.error({ fault, leg: leg.id }, 'sip-fact-lost');
        return null;
      });
      const told = leg.telling.then(async () => {
        const what = await known;
        return what === null ? null : offer(world, leg, what, detail);
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
const waitsForNothing: ReadonlySet<LegFact['what']> = new Set(['ended', 'ringing', 'conversation-recorded']);
/** These are told however late. */
const staysTrue: ReadonlySet<LegFact['what']> = new Set(['ended', 'recorded', 'conversation-recorded']);

async function offer(world: World, leg: Leg, fact: LegFact, detail: string): Promise<readonly Instruction[] | null> {
  const { callId, legId } = leg;
  if (callId === null) return null;
  // Nobody asks whether a phone rang once it was answered.
  if (fact.what === 'ringing' && leg.state !== 'ringing') return null;
  const own = fact.what === 'conversation-recorded' ? fact.recordingId : detail;
  const dedupKey = `${leg.id}:${fact.what}${own === '' ? '' : `:${own}`}`;
  const report = {
    carrier: 'sip',
    dedupKey,
    callId,
    legId,
    carrierCallId: leg.id,
    fact,
    raw: { dialog: leg.dialogId, ...fact },
  };
  for (const pauseMs of [...limits.sipReportPausesMs, null]) {
    const heard = await inTime(world.desk.hear(report)).catch((fault: unknown) => ({ kind: 'failed' as const, fault }));
    if (heard.kind === 'heard') return heard.instructions;
    if (heard.kind === 'unknown') return null;
    world.log.warn({ fault: heard.fault, callId, legId, fact: fact.what }, 'sip-report-not-taken');
    if (!waitsForNothing.has(fact.what)) world.onSilence(leg);
    const isOldNews = leg.state === 'ended' && !staysTrue.has(fact.what);
    if (pauseMs === null || isOldNews) return null;
    await pause(pauseMs);
  }
  return null;
}

function inTime<Value>(promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  promise.catch(() => undefined);
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the record did not answer in time')), limits.callAnswerTimeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
