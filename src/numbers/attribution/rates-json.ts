/**
 * Learned rates as they are kept in the record: the tables alone, from which a model is rebuilt. The shares of regions
 * are asked of the model for every region it has seen, and for one it has not.
 */
import { z } from 'zod';
import { cellOf, cells, delayBin, delayBins, delayLevel, delayLevels } from './bins.ts';
import type { Rates } from './learned-model.ts';

const rate = z.number().min(0);
const curve = z.array(rate).length(delayBins);

const ratesSchema = z.object({
  after: z.array(rate).length(cells),
  live: z.array(rate).length(cells),
  curves: z.array(curve).length(delayLevels),
  tapShare: rate,
  tapRate: rate,
  homeShare: rate,
  strangerRate: rate,
  repeatShare: rate,
  repeatCurve: curve,
  regions: z.record(z.string(), rate),
  /** Of a region nobody has come from yet. */
  otherRegion: rate,
});

export type RatesTables = z.infer<typeof ratesSchema>;

/** No region has this name. */
const unseen = '';

/** `regions`: those that visits or callers have come from. */
export function tablesOf(rates: Rates, regions: Iterable<string>): RatesTables {
  const { after, live, curves, tapShare, tapRate, homeShare, strangerRate, repeatShare, repeatCurve } = rates;
  const shares = Object.fromEntries([...regions].map((region) => [region, rates.regionShare(region)]));
  const lists = {
    after: [...after],
    live: [...live],
    curves: curves.map((list) => [...list]),
    repeatCurve: [...repeatCurve],
  };
  const single = { tapShare, tapRate, homeShare, strangerRate, repeatShare };
  return { ...lists, ...single, regions: shares, otherRegion: rates.regionShare(unseen) };
}

/** @throws ZodError when the tables are not of this program's shape. */
export function ratesFromJson(json: unknown): Rates {
  const { regions, otherRegion, ...tables } = ratesSchema.parse(json);
  const { after, live, curves, repeatShare, repeatCurve } = tables;
  const shares = new Map(Object.entries(regions));
  return {
    ...tables,
    callsAfter: (engagedSeconds, pages) => after[cellOf(engagedSeconds, pages)] ?? 0,
    liveRate: (ageSeconds, pages) => live[cellOf(ageSeconds, pages)] ?? 0,
    delayDensity: (sinceSeconds, engagedSeconds) => curves[delayLevel(engagedSeconds)]?.[delayBin(sinceSeconds)] ?? 0,
    regionShare: (region) => shares.get(region) ?? otherRegion,
    repeatRate: (sinceSeconds) => repeatShare * (repeatCurve[delayBin(sinceSeconds)] ?? 0),
  };
}
