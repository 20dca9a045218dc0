/**
 * A route plan: what is to be done with calls to a number, to a pool's numbers or to all of an enterprise. One document,
 * validated whole; what is left out has the default written here and in `docs/route-plans.md`. `decidePlan` turns it
 * into what happens with one call.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { menuSchema } from './menu-schema.ts';
import { openingHoursSchema } from './opening-hours.ts';
import { dialableField, numberField, slugField, spokenField } from './plan-fields.ts';

/** What callers hear where no plan says otherwise. */
export const usualGreeting = 'Thank you for calling. Please hold while we connect you.';
/** Said first where calls are recorded and the plan brings no line of its own (contracts section 5). */
export const usualConsent = 'This call may be recorded.';

function between(least: number, most: number, usual: number) {
  return z.int().min(least).max(most).default(usual);
}

const closedSchema = z.strictObject({
  announcement: spokenField.nullable().default('We are closed just now.').describe('null: nothing is said'),
  action: z.enum(['voicemail', 'failover', 'hang-up']).default('voicemail'),
  failover: numberField.nullable().default(null).describe('where to, when not to the plan’s own failover'),
});

const parts = z.strictObject({
  hours: openingHoursSchema.nullable().default(null).describe('null: always open'),
  closed: closedSchema.prefault({}).describe('what happens outside hours'),
  announcement: spokenField.nullable().default(null).describe('said before anything else'),
  consent: spokenField.nullable().default(null).describe('said next; calls that are recorded have one in any case'),
  greeting: spokenField.nullable().default(usualGreeting).describe('said to who will be connected; null: nothing'),
  menu: menuSchema.nullable().default(null),
  product: slugField.nullable().default(null).describe('what callers of this plan call about'),
  dispatch: z.enum(['must', 'race']).default('must').describe('one agent after another, or several phones at once'),
  raceSize: between(2, limits.raceSizeMax, 3).describe('phones at once, with dispatch race'),
  ringTimeoutMs: between(limits.ringTimeoutMsMin, limits.ringTimeoutMsMax, limits.ringTimeoutMs),
  acceptTimeoutMs: between(limits.acceptTimeoutMsMin, limits.acceptTimeoutMsMax, limits.acceptTimeoutMs),
  waitMs: between(limits.callWaitMsMin, limits.callWaitMsMax, limits.callWaitMs).describe('for an agent, at most'),
  offersMax: between(1, limits.offersPerCallMost, limits.offersPerCallMax).describe('agents rung for one call'),
  overflow: z
    .enum(['voicemail', 'failover'])
    .default('failover')
    .describe('when nobody took it; failover without a number is voicemail'),
  failover: numberField.nullable().default(null).describe('null: the number’s own, where it has one'),
  callbackAfterMs: z
    .int()
    .min(limits.callbackAfterMsMin)
    .max(limits.callWaitMsMax)
    .nullable()
    .default(null)
    .describe('a callback is offered after so long a wait; null: never'),
  record: z.boolean().default(false).describe('record conversations, announced first'),
  detectMachines: z
    .boolean()
    .default(false)
    .describe('an answering machine on an agent’s phone makes room for the next agent at once'),
  wrapUpMs: between(0, limits.wrapUpMsMax, 0).describe('the agent is left alone so long after a call'),
  handOver: z
    .strictObject({ to: dialableField })
    .nullable()
    .default(null)
    .describe('the call goes whole to a number or SIP trunk of the contact centre’s own'),
});

export const routePlanSchema = parts.superRefine((plan, context) => {
  const refuse = (path: (string | number)[], message: string, cure: string) =>
    context.addIssue({ code: 'custom', path, message, params: { cure } });
  if (plan.callbackAfterMs !== null && plan.callbackAfterMs >= plan.waitMs)
    refuse(['callbackAfterMs'], 'comes after the wait is over', `keep it below waitMs (${plan.waitMs})`);
  if (plan.closed.action === 'failover' && plan.closed.failover === null && plan.failover === null)
    refuse(['closed', 'action'], 'has no number to go to', 'name one in closed.failover or in failover');
  if (plan.handOver === null) return;
  if (plan.menu !== null) refuse(['menu'], 'is never heard: the call is handed over', 'leave out menu or handOver');
  if (plan.record)
    refuse(['record'], 'the call is handed over', 'record it where it is handed to, or leave out handOver');
  if (plan.callbackAfterMs !== null)
    refuse(['callbackAfterMs'], 'nobody waits here: the call is handed over', 'leave out callbackAfterMs or handOver');
});

export type RoutePlan = z.infer<typeof routePlanSchema>;

/** The names a plan's parts have. */
export const routePlanKeys: ReadonlySet<string> = new Set(Object.keys(parts.shape));
