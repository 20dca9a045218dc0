/**
 * The people on both ends of a call: a caller who waits as long as their patience lasts, and agents whose phones are
 * picked up, busy, ignored, or picked up by a voicemail that never presses 1.
 */
import type { FarEndCall } from './far-end/far-end-phone.ts';
import type { TwilioFarEnd } from './far-end/twilio-far-end.ts';
import type { VisitPlan } from './plan-visit.ts';
import type { Random } from './random.ts';

/** How a call went for the caller. */
export type CallEnding = 'answered' | 'voicemail' | 'missed' | 'gave-up';

/** Calls `to` and stays on the line until it is over. Never rejects. */
export async function playCaller(
  farEnd: TwilioFarEnd,
  wanted: { readonly plan: VisitPlan; readonly from: string; readonly to: string; readonly pace: number },
): Promise<{ readonly carrierCallId: string; readonly ending: CallEnding }> {
  const { plan, from, to, pace } = wanted;
  const call = farEnd.placeCall({ to, from, stirVerstat: plan.stirVerstat });
  const ending = await stayOn(call, plan, pace).catch(() => 'gave-up' as const);
  call.hangUp();
  return { carrierCallId: call.sid, ending };
}

async function stayOn(call: FarEndCall, plan: VisitPlan, pace: number): Promise<CallEnding> {
  const reached = await call.waitFor(['bridged', 'recording', 'ended'], plan.patienceMs * pace);
  if (reached === 'bridged') {
    await call.waitFor('ended', plan.talkMs * pace).catch(() => call.hangUp());
    return 'answered';
  }
  if (reached === 'ended') return 'missed';
  await call.leaveMessage(plan.voicemailSeconds, { hangUp: plan.hangsUpInVoicemail });
  await call.waitFor('ended', plan.patienceMs * pace);
  return 'voicemail';
}

/** Gives every phone that rings somebody to deal with it; returns how to stop. */
export function staffPhones(farEnd: TwilioFarEnd, random: Random): () => void {
  return farEnd.onRing((phone) => {
    const mood = random.integer(1, 100);
    const delayMs = random.integer(1_000, 8_000);
    const talkMs = random.integer(20_000, 240_000);
    void farEnd
      .pass(delayMs)
      .then(() => (phone.status() === 'ringing' ? pickUp(phone, mood) : undefined))
      .then(async (joined) => {
        if (joined !== 'bridged') return;
        await farEnd.pass(talkMs);
        phone.hangUp();
      })
      // The caller gave up, or the day was stopped: nothing left to do on this phone.
      .catch(() => phone.hangUp());
  });
}

async function pickUp(phone: FarEndCall, mood: number) {
  if (mood > 92) return phone.busy();
  if (mood > 84) return;
  phone.answer();
  if (mood > 78) return;
  if (phone.direction === 'outbound-api') await phone.press('1');
  return phone.waitFor(['bridged', 'ended']);
}
