/**
 * The bounds of route plans and of the decision hook, a part of `limits.ts`. What a plan may choose lies between a
 * `Min` and a `Max`; what it leaves out is the value of `limits.ts` without either.
 */
export const routePlanLimits = Object.freeze({
  /** Spans of one day, holidays of one plan. */
  hoursSpansPerDayMax: 8,
  hoursHolidaysMax: 400,
  /** How far ahead the next change of hours is looked for. */
  hoursLookAheadDays: 14,
  /** One spoken line; ours: half a minute of speech. */
  spokenCharactersMax: 500,
  /** Slugs of products and queues. */
  slugCharactersMax: 64,
  /** Menus within menus: the first and two more. */
  menuDepthMax: 3,
  menuRetriesMax: 5,
  menuTimeoutMsUsual: 6_000,
  menuTimeoutMsMin: 2_000,
  menuTimeoutMsMax: 30_000,
  ringTimeoutMsMin: 5_000,
  ringTimeoutMsMax: 60_000,
  acceptTimeoutMsMin: 3_000,
  acceptTimeoutMsMax: 30_000,
  callWaitMsMin: 5_000,
  callWaitMsMax: 30 * 60_000,
  offersPerCallMost: 50,
  /** `<Dial>` rings at most 10 (contracts section 1); ours holds for every carrier. */
  raceSizeMax: 10,
  callbackAfterMsMin: 5_000,
  wrapUpMsMax: 10 * 60_000,
  /** Versions of plans kept read: they never change. */
  plansReadMax: 1_000,
  dialCountriesMax: 60,
  sipHostsMax: 20,
  /** The decision hook, from the call's arrival to our using its answer; the record then has what is left of the 2 s. */
  hookBudgetMs: 1_500,
  hookTimeoutMsMin: 100,
  hookTimeoutMsUsual: 1_000,
  /** With less than this left the hook is not asked any more. */
  hookAskLeastMs: 50,
  hookAnswerBytesMax: 64 * 1_024,
  /** Posts at once to one hook; further calls wait for one of them, within their own time. */
  hookSocketsPerHostMax: 64,
  /** So many failures in a row open the circuit; after the pause one call tries again. */
  hookFailuresMax: 5,
  hookPauseMs: 30_000,
  /** Failures of one hook that are kept for its owner. */
  hookFailuresKept: 10,
  /** Whose number it is and what hook is asked for it is remembered this long: a change takes effect within it. */
  hookRememberedMs: 5_000,
  hookNumbersRememberedMax: 10_000,
  hookCircuitsMax: 1_000,
});
