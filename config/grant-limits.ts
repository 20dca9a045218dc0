/** The bounds of grants in the lease book in memory, from the page's question to the record; a part of `limits.ts`. */
export const grantLimits = Object.freeze({
  /**
   * The lease book in memory. Grants that wait for their commit: more than this at once are refused, and one that has
   * waited this long answers 503, so that the page goes on without a number.
   */
  grantsWaitingMax: 10_000,
  grantPatienceMs: 2_000,
  /** Grants in one commit. One commit is under way at a time: two made smaller ones and took more of the server. */
  grantsPerCommitMax: 256,
  /**
   * Grants that are committed are filed in the background: looked at this often, and put off while so many came since the
   * last look. More than so many, or one this old, are not put off; beyond the first bound grants wait for filing.
   */
  grantLookEveryMs: 100,
  grantsPerLookBusy: 400,
  grantsUnfiledMax: 100_000,
  grantsUnfiledMs: 5_000,
  /** Grants, and group commits, that one statement files. */
  grantsPerMoveMax: 2_000,
  batchesPerFilingMax: 64,
  /** A process whose pool another one has taken lets that one work this long before it takes the pool back. */
  poolTakenPauseMs: 250,
  /** Pauses before a commit whose fate is not known is tried again. */
  grantRetryPausesMs: [50, 100, 200, 400, 800] as readonly number[],
  /** A number that another process has given meanwhile is replaced by another one this often. */
  grantTriesMax: 5,
});
