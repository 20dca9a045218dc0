/** One simulated day: what it was asked to be, and what it holds open while it lasts. */

import type { TwilioFarEnd } from './far-end/twilio-far-end.ts';
import type { GatewayClient, GatewayKeys } from './gateway-client.ts';
import type { Progress } from './progress-line.ts';

/** What to play, against whom. */
export interface SimulationOptions extends GatewayKeys {
  readonly accountSid: string;
  readonly authToken: string;
  /** Port the gateway was told Twilio's REST API is on. */
  readonly farEndPort: number;
  /** What the gateway calls itself in public, when that is not `gatewayUrl`. */
  readonly publicUrl?: string;
  readonly visits: number;
  readonly seed: number;
  /** Scripted time to real time; 0.02 plays a minute in 1.2 seconds. Default 0.02. */
  readonly pace?: number;
  /** Visitors at once. Default 8. */
  readonly atOnce?: number;
  /** Twilio numbers there should be: a number rests for minutes, a day lasts less. Default one a visit, up to 180. */
  readonly numbers?: number;
  /** Agents of ours. Default 4. */
  readonly agents?: number;
  /** No events for this long, real milliseconds, and the gateway has said everything. Default 1,000. */
  readonly quietMs?: number;
  readonly progress?: Progress;
  /** Aborting ends the day early; the summary tells what was done. */
  readonly signal?: AbortSignal;
}

/** Everything one simulated day holds open. */
export interface Day {
  readonly options: SimulationOptions;
  readonly pace: number;
  readonly client: GatewayClient;
  readonly farEnd: TwilioFarEnd;
  readonly noteError: (what: string, fault: unknown) => void;
}
