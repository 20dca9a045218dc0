/**
 * Vonage signs what it says and not where it says it. So what is said of a leg counts only when the signed uuid is that
 * leg's: a token sent to another leg's address, or a second call made for the same leg, changes nothing and is hung up.
 */
import type { CallId } from '../../ports/ids.ts';
import { type Call, legOf } from '../../telephony/call.ts';
import type { Instruction } from '../../telephony/instructions.ts';
import type { LegReport } from '../../telephony/leg-report.ts';
import type { CallDesk, Heard } from '../../telephony/take-call.ts';

interface World {
  readonly desk: Pick<CallDesk, 'hear' | 'ask'>;
  readonly readCall: (id: CallId) => Promise<Call | null>;
}

const hangUp: readonly Instruction[] = [{ verb: 'hang-up' }];

/** The desk behind that check; a report that names no leg is taken as it is. */
export function hearOwnLegs({ desk, readCall }: World): Pick<CallDesk, 'hear' | 'ask'> {
  return Object.freeze({
    async hear(report: LegReport): Promise<Heard> {
      if (report.carrierCallId === null) return desk.hear(report);
      const call = await readCall(report.callId);
      if (call === null) return { kind: 'unknown' };
      return isThatLeg(call, report) ? desk.hear(report) : { kind: 'heard', call, instructions: hangUp };
    },
    ask: desk.ask,
  });
}

/** A leg whose id is not known yet takes the first; one that is the customer's, whom we called, is the call itself. */
function isThatLeg(call: Call, { legId, carrierCallId }: LegReport): boolean {
  if (legId === null || legId === call.outbound?.legId) return (call.carrierCallId ?? carrierCallId) === carrierCallId;
  const known = legOf(call, legId);
  return known !== undefined && (known.carrierCallId ?? carrierCallId) === carrierCallId;
}
