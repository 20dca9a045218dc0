/**
 * Ends legs, whatever they stand at: an unanswered caller is refused, a ringing phone taken back, a dialog ended by BYE.
 * Both sides may end at once; a dialog that is gone is as good as ended, so nothing here fails (contracts section 3).
 */
import type { Log } from '../../ports/log.ts';
import type { Drachtio } from './drachtio.ts';
import type { Leg } from './leg.ts';
import { type HangUpReason, statusOfHangUp } from './leg-failure.ts';
import { SipFault } from './sip-fault.ts';

interface World {
  readonly drachtio: Drachtio;
  readonly log: Log;
}

/** A trunk that is told so tries elsewhere, and this way again in a moment. */
export const retryAfter = Object.freeze({ headers: { 'Retry-After': '5' } });

/** Puts an end to a leg towards its phone. The leg itself is taken out of the books by whoever asks. */
export async function endTowardsPhone(world: World, leg: Leg, reason: HangUpReason): Promise<void> {
  const { invite, cancel, state } = leg;
  [leg.state, leg.invite, leg.cancel] = ['ended', null, null];
  leg.stopWaiting?.();
  if (invite !== null) {
    const status = statusOfHangUp(reason);
    await invite
      .answer(status, status === 503 ? retryAfter : {})
      .catch((fault: unknown) => world.log.debug({ fault }, 'sip-refusal-not-sent'));
    return;
  }
  if (cancel !== null) cancel('SIP;cause=200;text="Call completed elsewhere"');
  if (state === 'answered') await sayGoodbye(world, leg.dialogId);
}

/** Ends a dialog by its name, also one that an earlier process began. `away`: the server could not be asked. */
export async function sayGoodbye(world: World, dialogId: string): Promise<'ended' | 'gone' | 'away'> {
  try {
    const answer = await world.drachtio.ask({ method: 'BYE', dialogId });
    return answer.status === 481 ? 'gone' : 'ended';
  } catch (fault) {
    const kind = fault instanceof SipFault ? fault.kind : 'refused';
    world.log.debug({ fault, dialogId }, 'sip-goodbye-unanswered');
    if (kind === 'away') return 'away';
    return kind === 'gone' ? 'gone' : 'ended';
  }
}
