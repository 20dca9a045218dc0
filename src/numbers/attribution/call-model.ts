/**
 * What attribution believes about how people call, as rates. A contact is one event of many streams that run at once:
 * each past holder of the number calls at some rate, which depends on how keen the visit was and how long ago it was,
 * and strangers call at a small rate of their own. Whose event it was is the ratio of the rates. The learned model
 * (`learned-model.ts`) follows an enterprise's own calls; the benchmark has one that is told the truth.
 */
export interface CallModel {
  /** Calls that a visit of this engagement is expected to make after it has ended. */
  callsAfter(engagedSeconds: number, pages: number): number;
  /** Calls per second of a visit that is still going on, after `ageSeconds` of it. */
  liveRate(ageSeconds: number, pages: number): number;
  /** How the calls after a visit are spread: per second, `sinceSeconds` after it was last seen. Integrates to 1. */
  delayDensity(sinceSeconds: number, engagedSeconds: number): number;
  /** Of the calls made during a visit, the share that an observed tap on the number precedes. */
  readonly tapShare: number;
  /** Taps per second of a live visit that no call follows. */
  readonly tapRate: number;
  /** The share of callers whose number's region is their visit's for a reason, not by chance. */
  readonly homeShare: number;
  /** How common a caller's region is among all callers. */
  regionShare(region: string): number;
  /** Calls per second to one number from people who saw no page of ours. */
  readonly strangerRate: number;
  /** Further calls that one caller makes, and how they are spread: per second, `sinceSeconds` after the last. */
  repeatRate(sinceSeconds: number): number;
}
