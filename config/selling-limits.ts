/** The bounds of reports, reported conversions and exports to advertising vendors, a part of `limits.ts`. */
export const sellingLimits = Object.freeze({
  /** The longest span one report may cover, and the longest by the hour. */
  reportSpanMs: 400 * 24 * 60 * 60 * 1_000,
  reportHourlySpanMs: 31 * 24 * 60 * 60 * 1_000,
  /** What a report covers when nothing is asked for. */
  reportDefaultSpanMs: 30 * 24 * 60 * 60 * 1_000,
  reportStatementTimeoutMs: 30_000,
  /** Groups in one campaign report; the totals count those left off too. */
  reportRowsMax: 1_000,
  /** A lease granted longer than this before a report's start is taken to have ended by then. */
  reportLeaseReachMs: 7 * 24 * 60 * 60 * 1_000,
  /** A conversion named by its visitor alone goes to the visitor's latest visit within this. */
  conversionLookBackMs: 90 * 24 * 60 * 60 * 1_000,
  /** A clock of the sender's may be ahead of ours by this. */
  conversionAheadMs: 5 * 60 * 1_000,
  destinationsPerEnterpriseMax: 20,
  /** The longest an advertising vendor may take to answer, and what is read of its answer. */
  exportTimeoutMs: 10_000,
  exportResponseBytesMax: 64 * 1024,
  /** Tries of one export, and the pauses between: what is not through by then waits for an operator. */
  exportPausesMs: [5, 60, 600, 3_600, 21_600].map((seconds) => seconds * 1_000),
  /** GA4 takes events back to here (Measurement Protocol, "sending events"). */
  ga4BackdateMs: 72 * 60 * 60 * 1_000,
  /** Meta refuses a whole request with an event older than this (Conversions API, `event_time`). */
  metaBackdateMs: 7 * 24 * 60 * 60 * 1_000,
  /** Google Ads knows a click this long (upload of offline conversions). */
  googleAdsClickLifeMs: 90 * 24 * 60 * 60 * 1_000,
});
