/**
 * The timers that fall due in the same way whoever the caller is with just then: in the talk, on hold, while it is asked
 * whether somebody else takes the call.
 */
import type { Call } from './call.ts';
import { timerOfLife } from './call-endings.ts';
import { giveUpPhone } from './leg-steps.ts';
import type { EventOf, Moved } from './moved.ts';
import { recordAnnounced } from './record-call.ts';

export function timerOfTalk(call: Call, event: EventOf<'timer-due'>, now: number): Moved | null {
  switch (event.timer) {
    case 'ring':
      return giveUpPhone(call, event.legId);
    case 'announced':
      return recordAnnounced(call);
    default:
      return timerOfLife(call, event, now);
  }
}
