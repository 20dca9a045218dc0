/**
 * The same promise for the middle of a call as `answer-in-time.timer.ts` makes for its beginning: a carrier that waits to
 * be told what a leg does next is told within its patience. When the record does not take a report in time the leg is
 * kept on the line and asks again, and what is true however late it is told is remembered and told afterwards. For every
 * carrier that asks by webhooks or by calls of its own.
 */
import { limits } from '../../config/limits.ts';
import type { E164 } from '../ports/e164.ts';
import { AppError } from '../ports/errors.ts';
import type { CallId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { FailoverBook } from '../telephony/failover-book.ts';
import type { Instruction } from '../telephony/instructions.ts';
import { type KeptOnLine, keepOnLine, keepWaiting, type Patience } from '../telephony/keep-on-line.ts';
import type { LegFact, LegReport } from '../telephony/leg-report.ts';
import type { CallDesk, Heard } from '../telephony/take-call.ts';
import type { Untold, UntoldReports } from '../telephony/untold-reports.ts';
import { inTime } from './in-time.timer.ts';

export interface HearInTime {
  /**
   * A report whose leg waits for instructions. `dnis`: the number that was dialled, when the carrier names it; `asked`:
   * how often the leg has asked again.
   */
  hear(report: LegReport, leg: { readonly dnis: E164 | null; readonly asked: number }): Promise<HeardInTime>;
  /** A caller who waits outside of the room asks what comes next. */
  ask(caller: WaitingCaller, leg: { readonly dnis: E164 | null; readonly asked: number }): Promise<HeardInTime>;
  /**
   * A report nobody waits for an answer of. @throws AppError `unavailable` when the record did not take it in time; it
   * is remembered then.
   */
  tell<Told>(untold: Omit<Untold, 'tell'> & { readonly tell: () => Promise<Told> }): Promise<Told>;
}

/** Whose music is over. */
export type WaitingCaller = Pick<LegReport, 'carrier' | 'carrierCallId' | 'raw'> & { readonly callId: CallId };

export type HeardInTime = Heard | { readonly kind: 'later'; readonly instructions: readonly Instruction[] };

interface World {
  readonly desk: Pick<CallDesk, 'hear' | 'ask'>;
  readonly untold: UntoldReports;
  readonly failovers: Pick<FailoverBook, 'find' | 'note'>;
  readonly log: Log;
}

export function createHearInTime(world: World): HearInTime {
  return Object.freeze({
    async hear(report: LegReport, { dnis, asked }: { dnis: E164 | null; asked: number }): Promise<HeardInTime> {
      try {
        return await inTime(tellInOrder(world, report), limits.callAnswerTimeoutMs);
      } catch (fault) {
        const { carrier, dedupKey, callId, legId, fact } = report;
        world.log.error({ fault, callId, legId, what: fact.what, asked }, 'leg-answered-without-record');
        if (isTrueLater(fact)) {
          const tell = () => world.desk.hear(report);
          world.untold.keep({ key: `${carrier} ${dedupKey}`, callId, tell });
        }
        return withoutRecord(world, report, legId === null ? dnis : null, (failover) =>
          keepOnLine(report, { asked, failover }),
        );
      }
    },

    async ask(caller: WaitingCaller, { dnis, asked }: { dnis: E164 | null; asked: number }): Promise<HeardInTime> {
      const { callId } = caller;
      const answer = async () => {
        await world.untold.tellOf(callId);
        return world.desk.ask(callId);
      };
      try {
        return await inTime(answer(), limits.callAnswerTimeoutMs);
      } catch (fault) {
        world.log.error({ fault, callId, what: 'waited', asked }, 'leg-answered-without-record');
        return withoutRecord(world, caller, dnis, (failover) => keepWaiting({ ...caller, dnis }, { asked, failover }));
      }
    },

    async tell<Told>(untold: Omit<Untold, 'tell'> & { tell: () => Promise<Told> }): Promise<Told> {
      try {
        return await inTime(untold.tell(), limits.callAnswerTimeoutMs);
      } catch (fault) {
        if (fault instanceof AppError && fault.code !== 'unavailable') throw fault;
        world.untold.keep(untold);
        throw new AppError('unavailable', { cause: fault });
      }
    },
  });
}

/** What was said of this call before comes first: the answer must fit it. */
async function tellInOrder({ desk, untold }: World, report: LegReport): Promise<Heard> {
  await untold.tellOf(report.callId);
  return desk.hear(report);
}

/** `dnis`: of the caller's own leg. */
function withoutRecord(
  { failovers }: World,
  { carrier, carrierCallId, raw }: Pick<LegReport, 'carrier' | 'carrierCallId' | 'raw'>,
  dnis: E164 | null,
  keep: (failover: Patience['failover']) => KeptOnLine,
): HeardInTime {
  const to = dnis === null ? null : failovers.find(carrier, dnis);
  const { instructions, isFailover } = keep(to === null || dnis === null ? null : { to, dnis });
  if (isFailover && dnis !== null && carrierCallId !== null)
    failovers.note({ carrier, carrierCallId, dnis, ani: null, attestation: null, raw });
  return { kind: 'later', instructions };
}

/** A key pressed long ago must not take a call, and nobody asks later whether a phone rang: the leg asks again by itself. */
function isTrueLater({ what }: LegFact): boolean {
  return what !== 'keys' && what !== 'ringing' && what !== 'answered' && what !== 'noted';
}
