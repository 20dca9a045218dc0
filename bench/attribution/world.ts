/**
 * The description of a world: traffic whose truth is known. Every key is required, unknown ones are refused by name, so
 * that a world written for another version is never half understood.
 */
import { z } from 'zod';

const share = z.number().min(0).max(1);
const seconds = z.number().positive();
const sharesAddUp = (list: readonly { share: number }[]) =>
  Math.abs(list.reduce((sum, { share: part }) => sum + part, 0) - 1) < 1e-6;

const segment = z.strictObject({
  name: z.string(),
  share,
  engagedSecondsMean: seconds,
  pagesMean: z.number().min(1),
  callProbability: share,
});
const duringDelay = z.strictObject({ share, during: z.literal(true) });
const laterDelay = z.strictObject({ share, medianSeconds: seconds, sigma: z.number().min(0) });

export const worldSchema = z
  .strictObject({
    seed: z.int(),
    days: z.number().positive(),
    warmupDays: z.number().min(0),
    numbers: z.int().min(1),
    arrivalsPerHour: z.array(z.number().min(0)).length(24),
    segments: z.array(segment).min(1).refine(sharesAddUp, 'the shares must add up to 1'),
    delays: z
      .array(z.union([duringDelay, laterDelay]))
      .min(1)
      .refine(sharesAddUp, 'the shares must add up to 1'),
    tapShare: share,
    regions: z.int().min(1),
    aniRegionMatch: share,
    withheldShare: share,
    returningShare: share,
    cookieLossShare: share,
    repeatCallShare: share.refine((value) => value < 1, 'must be below 1: each call would be followed for ever'),
    strayCallsPerDay: z.number().min(0),
  })
  .refine(({ days, warmupDays }) => warmupDays < days, {
    path: ['warmupDays'],
    message: 'must be shorter than days: nothing would be measured',
  });

export type World = z.infer<typeof worldSchema>;

/** The world in a file's text. @throws Error that names each faulty key. */
export function readWorld(text: string): World {
  const read = worldSchema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  const faults = read.error.issues.map((issue) => `${issue.path.join('.') || 'world'}: ${issue.message}`);
  throw new Error(`this is not a world file:\n${faults.join('\n')}`);
}
