/**
 * How many visits were there to call, and for how long: what the calls are counted against. Kept by day, so that old
 * days are forgotten evenly and a day that is counted again replaces itself.
 */
import { z } from 'zod';
import { cells } from './bins.ts';
import { countVisit, type Habits, noHabits } from './habits.ts';

export type Exposure = Pick<Habits, 'ended' | 'liveSeconds' | 'taps' | 'visitRegions' | 'numberSeconds'>;

/** Visits of one day that are alike. */
export interface AlikeVisits {
  readonly engagedSeconds: number;
  readonly pages: number;
  readonly visits: number;
}

const counts = z.array(z.number().min(0)).length(cells);
const exposureSchema = z.object({
  ended: counts,
  liveSeconds: counts,
  taps: z.number().min(0),
  visitRegions: z.record(z.string(), z.number().min(0)),
  numberSeconds: z.number().min(0),
});

/** Null when it is not of this program's shape: the day is then as good as not counted. */
export function exposureFromJson(json: unknown): Exposure | null {
  const parsed = exposureSchema.safeParse(json);
  return parsed.success ? parsed.data : null;
}

export function exposureOf(day: {
  readonly alike: readonly AlikeVisits[];
  readonly regions: Readonly<Record<string, number>>;
  readonly taps: number;
  readonly numberSeconds: number;
}): Exposure {
  const habits = noHabits();
  for (const { engagedSeconds, pages, visits } of day.alike) {
    countVisit(habits, { engagedSeconds, pages, region: null, taps: 0, alike: visits });
  }
  const { ended, liveSeconds } = habits;
  return { ended, liveSeconds, taps: day.taps, visitRegions: { ...day.regions }, numberSeconds: day.numberSeconds };
}

/** Adds exposures up, each with the weight that forgetting has left it. */
export function addExposures(weighed: readonly { readonly exposure: Exposure; readonly weight: number }[]): Habits {
  const sum = noHabits();
  for (const { exposure, weight } of weighed) {
    for (let cell = 0; cell < cells; cell += 1) {
      sum.ended[cell] = (sum.ended[cell] ?? 0) + (exposure.ended[cell] ?? 0) * weight;
      sum.liveSeconds[cell] = (sum.liveSeconds[cell] ?? 0) + (exposure.liveSeconds[cell] ?? 0) * weight;
    }
    sum.taps += exposure.taps * weight;
    sum.numberSeconds += exposure.numberSeconds * weight;
    for (const [region, visits] of Object.entries(exposure.visitRegions)) {
      sum.visitRegions[region] = (sum.visitRegions[region] ?? 0) + visits * weight;
    }
  }
  return sum;
}
