/** The bounds of the database, its clients and the jobs that run on it or beside it, a part of `limits.ts`. */
export const databaseLimits = Object.freeze({
  databaseConnectTimeoutMs: 5_000,
  databaseStatementTimeoutMs: 10_000,
  /**
   * Transactions of calls that share a commit: so many at most, none begun after so long, so that nobody waits for many
   * slow ones; how many such commits are under way at once on a server (the embedded database has one session); and how
   * long one of them may wait for a lock before each goes alone.
   */
  transactionsTogetherMax: 64,
  transactionsTogetherMs: 40,
  transactionsTogetherAtOnce: 2,
  lockWaitTogetherMs: 150,
  /** Whoever takes over the lock of a dead process's data folder is waited for so often, and so long each time. */
  lockTakeOverTriesMax: 50,
  lockTakeOverPauseMs: 20,
  /** Asked of the record by one statement; while one of its kind is under way, others gather for the next. */
  asksTogetherMax: 64,
  /**
   * A query unanswered this long is asked after on a new connection, which has as long to answer: a line that leads
   * nowhere is cut within the time a caller waits for the record.
   */
  databaseSilenceMs: 1_000,
  databaseProbeTimeoutMs: 900,
  /** A transaction that asks for nothing this long is rolled back: it holds locks, or the whole embedded database. */
  databaseIdleTransactionMs: 15_000,
  /** How long closing waits for clients somebody has not given back. */
  databaseCloseTimeoutMs: 5_000,
  /** Clients of the embedded database: objects that take turns, each with its own prepared statements in the one session. */
  embeddedClientsMax: 16,
  /** A statement seen so often is prepared; so many at most, among as many texts that are counted. */
  preparedAfterTimes: 5,
  preparedStatementsMax: 250,
  preparedTextsMax: 1_000,
  /** Plans are forgotten for the first time after so many prepared statements of a session, then at twice as many. */
  plansKeptTimesLeast: 128,
  /** Connections BullMQ may hold per process on a PostgreSQL server; one of them listens. */
  jobPoolClientsMax: 6,
  /** A worker that has not renewed its lock for this long is dead (BullMQ's lockDuration), looked for as often. */
  jobLockMs: 30_000,
  jobStalledCheckEveryMs: 30_000,
  /**
   * Wakes a process follows itself: so many wait for a hand before the queue is given them, and so many while it is away.
   * Later ones than that are the sweep's, which looks for what is due.
   */
  ownWakesWaitingMax: 1_000,
  ownWakesKeptMax: 10_000,
  ownWakeDelayMsMax: 5 * 60 * 1_000,
  ownWakeTimersMax: 50_000,
  /** Rounds of the sweep's schedule that pass without one before a process sweeps by itself. */
  sweepRoundsMissedMax: 2,
  /** Posting a wake may hold a caller's answer up this long; the sweep finds what was not posted. */
  jobPostTimeoutMs: 800,
  /** Closing waits this long for a worker whose work is done, and for its queue. */
  jobCloseTimeoutMs: 2_000,
  /** The shared sweep schedule is posted again this often, in case Redis has lost it; must exceed outboxSweepEveryMs. */
  jobScheduleRenewEveryMs: 30_000,
  /** How long a worker blocks before it looks again unasked. */
  jobBlockSeconds: 5,
  /** BullMQ keeps an event stream we do not read. */
  jobEventsMax: 100,
});
