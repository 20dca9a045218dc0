/**
 * The Twilio account of a demo that has none: it exists between the gateway and `npm run simulate`, on loopback.
 */
import { carrierLimits } from '../../config/carrier-limits.ts';
import type { Settings, TwilioSettings } from '../../config/settings.ts';
import { readPractice } from '../ports/practice-file.file.ts';

/** The practice account talks to the simulator on loopback; without its file there is none. */
export async function practiceTwilio(settings: Settings): Promise<TwilioSettings | null> {
  const practice = await readPractice(settings.dataFolder);
  if (practice === null) return null;
  return {
    ...practice.twilio,
    authTokenPrevious: null,
    apiUrl: `http://127.0.0.1:${settings.practiceTwilioPort}`,
    callsPerSecond: carrierLimits.practiceCallsPerSecond,
    holdMusicUrl: null,
  };
}
