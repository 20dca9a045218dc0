/** The bounds of SIP: what is read of a stranger's text, how long phones and servers are waited for. Part of `limits`. */
export const sipLimits = Object.freeze({
  /** SIP: texts from strangers are read only as far as this; real ones stay below a fifth of it. */
  sipUriLengthMax: 512,
  sipUserLengthMax: 128,
  sipHeaderLengthMax: 4_096,
  sipContactLengthMax: 255,
  sipListItemsMax: 32,
  sdpLengthMax: 16 * 1024,
  /** RFC 3261 section 8.1.1.6. */
  sipHopsMax: 70,
  /** Forms in which one dialled number is looked up. */
  sipDialledFormsMax: 3,
  /** Legs one process holds, callers and phones together. */
  sipLegsMax: 10_000,
  /** Ids of ended legs kept, so that a repeated order or question finds out. */
  sipEndedLegsKeptMax: 20_000,
  /** drachtio, on the same network, takes or sends what it is given within this. */
  sipServerAnswerTimeoutMs: 3_000,
  /** A phone or trunk answers a request within a call by then; SIP's own 32 s are too long for a live call. */
  sipAnswerTimeoutMs: 8_000,
  /** A phone that has not answered an INVITE with anything by then is not there. */
  sipFirstAnswerTimeoutMs: 5_000,
  /** A description is offered so often when both sides offer at once, with at least this pause (RFC 3261 section 14.1). */
  sipOfferTriesMax: 4,
  sipGlarePauseMsMin: 500,
  /** Reconnects to drachtio are spaced by this at most. */
  sipReconnectPauseMsMax: 2_000,
  /** A challenge may be answered for so long; of answered ones so many are remembered against replay. */
  sipNonceLifeMs: 5 * 60 * 1_000,
  sipNoncesKeptMax: 50_000,
  /** How long a phone may stay registered without saying so again, and how soon it may do so (RFC 3261 section 10.2.1). */
  sipRegisterSecondsMin: 60,
  sipRegisterSecondsMax: 3_600,
  sipContactsPerUserMax: 10,
  /** Legs are gone through this often; a quiet one is asked after this long, one from before a lost connection sooner. */
  sipWatchEveryMs: 5_000,
  sipLookEveryMs: 5 * 60 * 1_000,
  sipOrphanLookEveryMs: 15_000,
  sipLookTimeoutMs: 5_000,
  /** A caller who still waits for an answer hears of us so often (RFC 3261 section 13.3.1.1: each minute). */
  sipRingBackEveryMs: 60_000,
  /** Closing waits this long for reports that are under way. */
  sipCloseTimeoutMs: 3_000,
  /** rtpengine, on the same network, has done what it is told within this; meanwhile it is told again under the same cookie. */
  mediaAnswerTimeoutMs: 1_500,
  mediaRepeatEveryMs: 400,
  /** While it is away it is asked after this often, and the connection that keys come over is opened again. */
  mediaPingEveryMs: 2_000,
  mediaReconnectPauseMs: 1_000,
  /** What a message of keys may take; real ones stay below a tenth of it. */
  mediaKeyBytesMax: 16 * 1024,
  /** Times that music is played over; ended by whoever comes. At four seconds each it is far beyond the longest call. */
  mediaMusicTimesMax: 10_000,
  /** Of a text's own name as a file, so many characters. */
  promptNameLengthMax: 80,
  /** A recording is mixed within a window this long: what arrives later than that is left out. */
  recordingWindowSeconds: 4,
  /** A longer silence of everybody in a recording is left out of it. */
  recordingGapMsMax: 10 * 60 * 1_000,
});
