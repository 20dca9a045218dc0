/**
 * Every bound in one place: bytes, times, counts. A bound that a carrier or a rule sets names its source; the others
 * are ours. Units stand last in the name.
 */
import { callLimits } from './call-limits.ts';
import { databaseLimits } from './database-limits.ts';
import { grantLimits } from './grant-limits.ts';
import { routePlanLimits } from './route-plan-limits.ts';
import { sellingLimits } from './selling-limits.ts';
import { sipLimits } from './sip-limits.ts';

export const limits = Object.freeze({
  ...callLimits,
  ...databaseLimits,
  ...routePlanLimits,
  ...sellingLimits,
  ...sipLimits,
  /** Carrier webhooks and API bodies (contracts section 7). */
  webhookBodyBytesMax: 64 * 1024,
  /** Objects within objects in a body. */
  bodyDepthMax: 16,
  /** A request must have arrived whole by then. */
  requestTimeoutMs: 15_000,
  /** Visits and beats come from strangers' browsers (contracts section 7). */
  visitBodyBytesMax: 16 * 1024,
  /** Twilio gives up on a voice webhook after 15 s; the caller hears nothing meanwhile, so the record gets 2 s. */
  callAnswerTimeoutMs: 2_000,
  /** A leg that cannot be told what it does next asks again after this, so many times. */
  askAgainAfterMs: 2_000,
  askedAgainMax: 3,
  /** Reports the record did not take, remembered until it does. */
  untoldReportsMax: 20_000,
  /** How often the in-memory failover destinations are read again. */
  failoverRefreshMs: 15_000,
  /** How often calls that were sent to their failover without the record are offered to it again. */
  failoverTellEveryMs: 2_000,
  /** The longest a carrier's REST API may take to answer. */
  carrierRequestTimeoutMs: 10_000,
  /** Tries of one carrier effect (dial, hang up, send) before it is given up, and the pauses between. */
  effectRetryPausesMs: [500, 1_000, 2_000, 5_000, 10_000, 30_000] as readonly number[],
  /** One agent's phone rings this long (ours: four rings). */
  ringTimeoutMs: 20_000,
  /** How long an agent has to press 1 after picking up. */
  acceptTimeoutMs: 8_000,
  /**
   * Our own leg timers fire this much after the carrier should have told us: Twilio rings up to 5 s longer than asked,
   * and waits for keys, or records, only once the prompt has been spoken.
   */
  legTimerSlackMs: 15_000,
  /** A caller waits this long for an agent before voicemail or failover. */
  callWaitMs: 60_000,
  /** While all agents are busy, the next look for a free one. */
  agentRetryMs: 3_000,
  /** Agents rung for one call. */
  offersPerCallMax: 10,
  /** Of an agent's latest calls, as many are told from the one a repeated dial may have made. */
  dialledIdsMax: 50,
  /** No call lives longer; a carrier that went silent is not waited for. */
  callLifeMs: 4 * 60 * 60 * 1_000,
  /** The carrier is asked this often whether a call still lives: its status callbacks are sent once and may be lost. */
  callCheckEveryMs: 60_000,
  /** Calls sent to their failover number without the record, remembered until it is back. */
  failedOverCallsKeptMax: 10_000,
  voicemailSecondsMax: 120,
  /** Twilio has said how the failover dial ended by then, or never will. */
  failoverRingTimeoutMs: 30_000,
  /** How far back a late call may find its visit. */
  attributionLookBackMs: 30 * 24 * 60 * 60 * 1_000,
  /** Of all who were shown a number, as many latest are weighed. */
  attributionHoldersMax: 2_000,
  /** How long this process goes on with the rates it has read; a new model takes effect within it. */
  attributionModelKeptMs: 60_000,
  attributionModelsKeptMax: 1_000,
  /** Rates are fitted anew this often, to this much of the past, in which a contact's weight halves in that time. */
  attributionLearnEveryMs: 60 * 60 * 1_000,
  attributionLearnWindowMs: 60 * 24 * 60 * 60 * 1_000,
  attributionHalfLifeMs: 30 * 24 * 60 * 60 * 1_000,
  /** That an enterprise's learning is in the record is not asked again so long. */
  attributionLearnSeenMs: 60 * 1_000,
  /** Of the window's contacts, as many latest are fitted to; and rounds of fitting from the rates before. */
  attributionTracesMax: 2_000,
  attributionFitRounds: 6,
  /** From so many contacts on a pool has rates of its own. */
  attributionPoolContactsMin: 500,
  /** Days of visits counted in one go: a first run on an old record takes several. */
  attributionDaysCountedMax: 70,
  /** A purchase speaks for a contact of the same visit within this before it. */
  purchaseAfterContactMs: 24 * 60 * 60 * 1_000,
  /** Choices of one masked question, and visits that must share a page before it is named in one. */
  questionChoicesMax: 3,
  questionPageVisitsMin: 5,
  /** A visit on a shared number may key its code this long after it was last shown. */
  visitCodeLifeMs: 24 * 60 * 60 * 1_000,
  visitCodeDigits: 5,
  /** Draws for a code that is free. */
  visitCodeTriesMax: 5,
  /** Wrong codes on one call (contracts section 6: 5 tries). */
  codeTriesPerCallMax: 5,
  /** The page sends a beat this often while visible. */
  beatEveryMs: 15_000,
  ...grantLimits,
  /** Beats are written this often; a crash may lose as much of them, and a rebuilt book allows for it. */
  beatFlushEveryMs: 1_000,
  beatsPerWriteMax: 1_000,
  /** Of each number, as many latest holders are known again after a start. */
  holdersRestoredPerNumber: 4,
  /** Visitors whose former numbers a pool remembers. */
  formerVisitorsMax: 200_000,
  /**
   * What a page view asks again and again (whose key is this, what are the pool's terms) is remembered this long: a
   * revoked key or a changed pool takes effect within it. A refusal is remembered shorter, so that a new key works soon.
   */
  rememberedMs: 5_000,
  rememberedRefusalMs: 1_000,
  /** Which area codes a pool has changes with its numbers only. */
  rememberedGroupsMs: 60_000,
  rememberedKeysMax: 10_000,
  rememberedPoolsMax: 1_000,
  /** Addresses that requests came from last, each a proxy or not. */
  rememberedProxiesMax: 1_000,
  /** Visits whose visitor's id the record has been told, so that each beat does not tell it again. */
  identifiedVisitsMax: 100_000,
  /** National forms of numbers kept in memory, so that a page view does not work one out again. */
  nationalFormsMax: 500_000,
  /** Visits of one address that are counted; a pool's policy says how many of them are given a number. */
  visitsPerAddressWithinMs: 60_000,
  /** Addresses counted by one process; beyond them the longest unseen are forgotten. */
  visitAddressesMax: 500_000,
  /** How often a pool's numbers are compared with the record, in case another program has changed them. */
  poolCheckEveryMs: 30_000,
  /** How long a browser keeps `/lk.js` before it asks again; the versions with a hash never change. */
  snippetCacheSeconds: 300,
  /**
   * A plan for a pool: visits that are replayed (the newest, when there are more), calls that are weighed at each size,
   * draws of them where traffic is thin, holders weighed for one call, sizes, days and how long it may take.
   */
  planVisitsMax: 150_000,
  planVisitsPerPage: 400,
  planCallsWanted: 3_000,
  planDrawsMax: 20,
  planHoldersMax: 2_000,
  planSizeMax: 2_000,
  planDaysMax: 60,
  planTimeoutMs: 180_000,
  /** Fewer visits, or a shorter time, say too little to plan from. */
  planVisitsLeast: 100,
  planSpanLeastMs: 24 * 60 * 60 * 1_000,
  /** One claim on an outbox entry; a crashed claimer's entry is taken over after it. */
  outboxLockMs: 30_000,
  /** An entry whose handler keeps failing by a fault of ours is given up after this, and logged each time until then. */
  outboxFaultLifeMs: 24 * 60 * 60 * 1_000,
  outboxSweepEveryMs: 2_000,
  /** An entry due for longer than this has lost its wake. */
  outboxOverdueMs: 1_000,
  outboxLanesPerSweepMax: 500,
  outboxEntriesPerRunMax: 50,
  /** Lanes a process works at once: most of the time each waits for somebody outside, or for a statement with others. */
  outboxConcurrency: 64,
  /** Standard Webhooks operational advice: 15 s, ten tries over three days (contracts section 4). */
  deliveryTimeoutMs: 15_000,
  /** Events on their way to one host at once. */
  deliverySocketsPerHostMax: 16,
  deliveryPausesMs: [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map((seconds) => seconds * 1_000),
  deliveryJitterShare: 0.2,
  deliveryDisableAfterMs: 120 * 60 * 60 * 1_000,
  deliveryResponseBytesMax: 16 * 1024,
  /** An endpoint's Retry-After is obeyed up to here. */
  deliveryRetryAfterMaxMs: 24 * 60 * 60 * 1_000,
  /** An idle connection to an endpoint is kept this long: below the 5 s after which common servers close theirs. */
  deliveryIdleSocketMs: 4_000,
  deliveryIdleSocketsPerHostMax: 2,
  /** One address of an endpoint may take this long to connect before the next one is tried. */
  deliveryConnectAttemptMs: 1_000,
  eventBodyBytesMax: 20_000,
  endpointUrlCharactersMax: 2_048,
  /** A rotated endpoint secret still signs this long (contracts section 4). */
  endpointSecretKeptMs: 24 * 60 * 60 * 1_000,
  /** Idempotency-Key on routes that spend or send (contracts section 7). */
  idempotencyKeptMs: 24 * 60 * 60 * 1_000,
  idempotencyKeyCharactersMax: 255,
  messageCharactersMax: 1_600,
  /** Latest texts between two addresses among which a repeated send looks for its own. */
  messagesLookedThrough: 20,
  pageItemsMax: 200,
  /** Area codes whose place is kept in memory; there are some 10,000 in the world, 450 of them in North America. */
  areaCodesKeptMax: 12_000,
  /** Numbers given to one import request, and its bytes. */
  importRowsMax: 1_000,
  importBodyBytesMax: 512 * 1024,
  /** An import from a file: rows, bytes of one row, rows written in one transaction. */
  importFileRowsMax: 200_000,
  importRowBytesMax: 4 * 1024,
  importBatchRows: 200,
  /** Faults named of one import; the others are counted. */
  importFaultsMax: 50,
  /** Tries of buying, pointing or releasing a number: an hour's outage of the carrier is waited out. */
  provisionRetryPausesMs: [1, 5, 30, 120, 600, 1_800, 3_600].map((seconds) => seconds * 1_000),
  /** Numbers a carrier is asked for at once. */
  numbersOfferedMax: 50,
  /** How often numbers are looked at for strangers' calls, and quarantined ones for quiet. */
  numberWatchEveryMs: 5 * 60_000,
  /** Numbers looked at in one go. */
  numberWatchMax: 1_000,
  /** Origins of one website. */
  websiteOriginsMax: 50,
  /** The lease book in Redis: how long one command may take; how long a page waits for Redis to come back, a call for it all. */
  leaseRedisTimeoutMs: 2_000,
  leasePatienceMs: 1_000,
  /** Turns of the event loop within which a connection that broke under a command is seen to be closed. */
  lostNoticedTurnsMax: 100,
  settlePatienceMs: 1_000,
  leaseCloseTimeoutMs: 5_000,
  /** What Redis has lost is brought back from the record; while that fails it is tried again this often. */
  leaseRecoverAgainMs: 500,
  /** A process that did not say so for this long is not there; it says so each second. */
  peerSilentMs: 5_000,
  peerForgottenMs: 3_600_000,
  /** How often and how many times a process looks whether the others have filed their own: 1.5 s. */
  peerSavedLookEveryMs: 20,
  peerSavedLooksMax: 75,
  /** Parts in which a pool is loaded: a script of as many numbers holds Redis up for some milliseconds. */
  numbersPerLoad: 500,
  /** A pool that is lost again while it is loaded is given up after as many loads. */
  poolLoadsMax: 5,
  /** Numbers that have become free and are queued again by one step of a grant, which then holds Redis up for some ms. */
  numbersPerSweep: 256,
  /** Grants, and beats, decided by one script, which holds Redis up for some two milliseconds; full scripts of a pool at once. */
  grantsPerCall: 32,
  beatsPerCall: 64,
  decisionCallsMax: 4,
  /** Which numbers an address holds is forgotten this long after its last grant. */
  addressKeptMs: 24 * 60 * 60 * 1_000,
  /** Grants moved from Redis into the record by one statement. */
  grantsPerFiling: 256,
  /** Of a dead process as many entries, each with the grants of one script at most. */
  entriesPerFiling: 64,
  /**
   * A process that grants more than this in a second answers pages first and files later: after this long at the latest,
   * or with so many unfiled, and it looks again after the pause.
   */
  grantsPerSecondCalm: 1_000,
  filingLagMs: 4_000,
  grantsUnfiledMax: 80_000,
  filingPauseMs: 100,
  /** Grants left in Redis this long are filed by whoever finds them, their process is dead; looked for as often. */
  grantClaimAfterMs: 15_000,
  grantClaimEveryTicks: 5,
  /** Beats of a lease that the record does not know yet are written again so often. */
  beatWritesMax: 60,
  /** Grants that the record refuses for what they hold are put aside; of one stream so many are kept. */
  buriedGrantsMax: 10_000,
  /**
   * With appendfsync everysec Redis may acknowledge up to 2 s of what it has not written (its own bound); a process
   * remembers its own grants until they are filed, as many at most.
   */
  grantsRememberedMax: 100_000,
  /** A lost Redis may give a generation again; so many higher ones are tried to file both. */
  generationsTriedMax: 64,
  /** Redis reconnects are spaced by this at most. */
  redisReconnectPauseMsMax: 2_000,
  readyTimeoutMs: 1_000,
  /** Turns of the event loop that draining waits for the queue of new connections to empty. */
  drainTurnsMax: 1_000,
  transactionRetriesMax: 3,
  /** The sandbox carrier keeps this much in memory; ended calls and texts are dropped oldest first. */
  sandboxCallsMax: 5_000,
  sandboxTextsMax: 5_000,
  sandboxUnreachablePhonesMax: 1_000,
  /** Reports the record could not take, kept to be told again. */
  sandboxUnheardReportsMax: 1_000,
  /** Lines kept of what one sandbox call heard; the newest stay. */
  sandboxHeardLinesMax: 200,
  /** Calls and texts shown of one sandbox phone, newest first. */
  sandboxPhoneItemsMax: 50,
  sandboxKeysMax: 32,
});
