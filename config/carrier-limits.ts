/**
 * Bounds of single carriers, beside those of `limits.ts` that hold for all of them. A bound that the carrier sets names its
 * source; the others are ours.
 */
export const carrierLimits = Object.freeze({
  /** A carrier's clock and ours may differ by this much (ours): what an earlier try made is looked for from then on. */
  clockSlackMs: 5_000,
  /** A signed webhook of Vonage's may be this old (ours), and so many tokens are told from repeated ones. */
  vonageTokenAgeSecondsMax: 300,
  vonageTokensKeptMax: 100_000,
  /** Incoming calls that are taken at once; Vonage is told 503 about one more, and asks once again. */
  vonageTakesMax: 64,
  /** The practice Twilio of the demo takes as many calls as a busy day makes. */
  practiceCallsPerSecond: 10_000,
});
