/**
 * What attribution has learned of an enterprise's callers, in plain figures, and from which probability on it credits.
 */
import { limits } from '../../../config/limits.ts';
import { readDays } from '../../numbers/attribution/habit-record.postgres.ts';
import { exposureAt } from '../../numbers/attribution/learn-habits.ts';
import { figuresOf, reliabilityOf } from '../../numbers/attribution/model-figures.ts';
import { modelOf } from '../../numbers/attribution/models.postgres.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { modelQuery, modelView, thresholdBody, thresholdView } from '../contract/attribution.ts';

const tags = ['calls'];

export function registerAttributionModelRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/attribution/model',
    {
      schema: {
        tags,
        summary: 'What was learned of how your visitors call, and how far probabilities kept their word',
        querystring: modelQuery,
        response: { 200: modelView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { poolId = null } = request.query;
      if (poolId !== null && !(await world.reads.hasPool(enterpriseId, poolId)))
        throw new AppError('not-found', { detail: 'no such pool' });
      const row = await (poolId === null
        ? world.models.newest(world.db, enterpriseId, null)
        : world.models.ownOfPool(world.db, enterpriseId, poolId));
      if (poolId !== null && row === undefined) {
        const detail = `this pool goes by the enterprise’s rates until it has had ${limits.attributionPoolContactsMin} contacts`;
        throw new AppError('not-found', { detail });
      }
      const now = world.clock.now();
      const days = await readDays(world.db, enterpriseId, now);
      const own = poolId === null ? days : days.filter((day) => day.poolId === poolId);
      const { version, rates } = modelOf(row);
      const figures = figuresOf(rates, exposureAt(own, now));
      return {
        version,
        at: row === undefined ? null : toIso(row.at.getTime()),
        contacts: row?.contacts ?? 0,
        confirmed: row?.confirmed ?? 0,
        figures: { ...figures, callsPer100Visits: [...figures.callsPer100Visits] },
        reliability: reliabilityOf(await world.attributionReads.foretold(enterpriseId, poolId)),
      };
    },
  );

  app.put(
    '/v1/attribution/threshold',
    {
      schema: {
        tags,
        summary: 'From which probability on a call or text is credited, for all or for one pool',
        body: thresholdBody,
        response: { 200: thresholdView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const { threshold, poolId = null } = request.body;
      if (!(await world.attributionReads.setThreshold(enterpriseId, poolId, threshold)))
        throw new AppError('not-found', { detail: 'no such pool' });
      return { threshold, poolId };
    },
  );
}
