/**
 * What is asked of the planner, over HTTP and on the command line alike, and how its plan is told.
 */
import { z } from 'zod';
import { instantField, poolIdField } from './fields.ts';

const hoursOfDay = 24;
const share = z.coerce.number().min(0).max(1);
const rates = z
  .string()
  .max(400)
  .transform((value) => value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part))))
  .refine((list) => list.length === 1 || list.length === hoursOfDay, 'is neither one number nor 24')
  .refine((list) => list.every((rate) => rate >= 0 && rate <= 1e6), 'holds something else than numbers from 0 up')
  .refine((list) => list.some((rate) => rate > 0), 'is 0 all day');

/** What describes traffic; without `visitsPerHour` the pool's own is taken. */
const described = {
  engagedSecondsMean: z.coerce.number().min(1).max(36_000).describe('how long a visit lasts on average; default 90'),
  pagesMean: z.coerce.number().min(1).max(100).describe('pages a visit opens on average; default 2'),
  callsPerVisit: z.coerce.number().min(0.0001).max(1).describe('default 0.02'),
  returningShare: share.describe('visits by somebody who was here before; default 0.2'),
  regions: z.coerce.number().int().min(1).max(1_000).describe('regions that callers live in; default 50'),
};
const describedNames = Object.keys(described) as (keyof typeof described)[];

/** The question, with every key but the first group optional. */
export const planQuery = (limits: { readonly daysMax: number; readonly sizeMax: number }) =>
  z
    .strictObject({
      days: z.coerce
        .number()
        .int()
        .min(1)
        .max(limits.daysMax)
        .default(14)
        .describe('days of the pool’s own traffic that are replayed, or of the described one'),
      visitsPerHour: rates.optional().describe('one number, or 24 from midnight on; left out: the pool’s own traffic'),
      ...z.object(described).partial().shape,
      targetCorrect: share.default(0.7).describe('at least this share of the calls credited to their visit'),
      maxOverflow: share.default(0.01).describe('at most this share of the visits without a number of their own'),
      costPerNumber: z.coerce
        .number()
        .min(0)
        .max(1e6)
        .optional()
        .describe('of one number, a month; left out: the average of the pool’s, or 1.15'),
      creditFrom: share.default(0).describe('credit a visit from this probability on; 0: the most probable one'),
      sizeMax: z.coerce.number().int().min(1).max(limits.sizeMax).default(limits.sizeMax).describe('no larger pool'),
      seed: z.coerce
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(1)
        .describe('the same seed makes the same plan'),
    })
    .superRefine((query, context) => {
      if (query.visitsPerHour !== undefined) return;
      for (const name of describedNames.filter((key) => query[key] !== undefined)) {
        const message = 'describes traffic, which goes with visitsPerHour';
        context.addIssue({ code: 'custom', path: [name], message });
      }
    });

export type PlanQuery = z.infer<ReturnType<typeof planQuery>>;

const planRow = z.object({
  numbers: z.int(),
  overflow: z.number().describe('visits without a number of their own, as a share'),
  correct: z.number().describe('calls credited to the visit they came from, as a share of the calls'),
  wrong: z.number().describe('calls credited to another visit'),
  open: z.number().describe('calls credited to none'),
  misattributed: z.number().describe('wrong and open'),
  margin: z.number().describe('half the 95 % interval of correct'),
  lastHolder: z
    .object({ correct: z.number(), misattributed: z.number() })
    .describe('the same calls, credited to whoever was shown the number last'),
  monthlyCost: z.number(),
  isPresent: z.boolean(),
  meetsTargets: z.boolean(),
});

const basisView = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('recorded'),
    since: instantField,
    until: instantField,
    isCut: z.boolean().describe('older visits were left out: there were more than are replayed'),
    callersSeen: z.int(),
  }),
  z.object({ kind: z.literal('synthetic'), visitsPerHour: z.array(z.number()), days: z.int() }),
]);

export const planView = z.object({
  poolId: poolIdField.nullable(),
  present: z.int().nullable().describe('numbers that may be leased now'),
  smallest: z.int().nullable().describe('the smallest pool that meets the targets; null: none up to sizeMax does'),
  says: z.string(),
  targets: z.object({ correctMin: z.number(), overflowMax: z.number() }),
  sizeMax: z.int(),
  costPerNumber: z.number(),
  creditFrom: z.number(),
  seed: z.int(),
  basis: basisView,
  visits: z.int().describe('visits that were replayed'),
  callsPerVisit: z.number(),
  rows: z.array(planRow),
});
