/**
 * Bounds of a call that goes on: races, hold, transfers, recording. They stand in `limits` with all others.
 */
export const callLimits = Object.freeze({
  /** Who accepted a call may turn out not to have reached the caller for this long; the others are kept meanwhile. */
  bridgeProofMs: 2_000,
  /** When their leg ended within it and the carrier says nothing of a room that ended, they never met. */
  bridgeLostMs: 1_000,
  /** A caller on hold hears music this long; then whoever has them hears them again. */
  holdMs: 15 * 60_000,
  /** Tries of one dial while the carrier does not answer, and the pauses between; then the next phone is rung. */
  dialRetryPausesMs: [500, 1_000, 2_000] as readonly number[],
  /** A prompt is spoken, and the answer to it on its way, in this much more than its own time limit. */
  promptSlackMs: 60_000,
  /** A recording is fetched from the carrier within this, and is not larger. */
  recordingFetchTimeoutMs: 60_000,
  recordingBytesMax: 256 * 1024 * 1024,
  /** The longest a leg is told to wait in silence. */
  parkSecondsMax: 60 * 60,
  /** A dial that nobody waits for is tried this long while the carrier is away or paces us. */
  outboundDialPatienceMs: 60_000,
  /** A customer's phone rings this long where the order does not say. */
  outboundRingTimeoutMs: 30_000,
  outboundMetadataEntriesMax: 20,
  outboundMetadataCharactersMax: 256,
  /** Minutes of an enterprise's outbound calls a day, where it has not said otherwise, and the most it may say. */
  outboundMinutesPerDay: 600,
  outboundMinutesPerDayMax: 1_000_000,
  /** A callback is offered for so long; one that cannot be offered because a phone rings is offered a little later. */
  callbackOfferTimeoutMs: 6_000,
  callbackOfferAgainMs: 3_000,
  /** A callback that was asked for is tried this often, with this pause between, and no longer than this (ours). */
  callbackAttemptsMax: 3,
  callbackPauseMs: 10 * 60_000,
  callbackLifeMs: 24 * 60 * 60_000,
  /** As long as this after it was asked for the customer expects the call, whatever their clock shows (ours). */
  callbackExpectedMs: 4 * 60 * 60_000,
  /** Callbacks of an enterprise that wait; beyond them none is offered. */
  callbacksOpenMax: 1_000,
  /** How often a callback at the head looks for an agent; those behind it more rarely, by their place. */
  callbackLookEveryMs: 3_000,
  callbackLookPlacesMax: 20,
  /** A line is spoken at least this fast: milliseconds for one character. */
  spokenCharacterMs: 100,
  /** An agent who did not pick up is not offered another call before this. */
  agentRestMs: 15_000,
});
