/**
 * The selling side of the inside, wired: outcomes, conversions, costs and exports, and the outbox whose events tell the
 * exports when to look again. It stands apart from `core.ts` because the outbox and its listener need each other.
 */
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Secrets } from '../ports/secrets.ts';
import { createOutbox, type NewEvent } from '../records/outbox.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';
import { createConversions } from '../selling/conversions.postgres.ts';
import { createDestinations } from '../selling/destinations.postgres.ts';
import { createExportConversion } from '../selling/export-conversion.ts';
import { createExports, exportKind } from '../selling/exports.postgres.ts';
import { createOutcomes } from '../selling/outcomes.postgres.ts';
import { createPlanExports } from '../selling/plan-exports.ts';
import type { SendConversion } from '../selling/send-conversion.ts';
import { createSpending } from '../selling/spend.postgres.ts';

interface World {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly sendConversion: SendConversion;
}

export function wireSelling({ db, clock, ids, secrets, log, sendConversion }: World) {
  const destinations = createDestinations({ clock, ids, secrets });
  const outbox = createOutbox({ clock, ids, hear: (work: Work, event: NewEvent) => planExports(work, event) });
  const exports = createExports({ clock, ids, outbox });
  const planExports = createPlanExports({ destinations, exports });
  return Object.freeze({
    outbox,
    desks: {
      outcomes: createOutcomes({ clock, ids, outbox }),
      conversions: createConversions({ clock, ids, outbox }),
      spending: createSpending({ clock }),
      destinations,
      exports,
    },
    handlers: {
      [exportKind]: createExportConversion({ db, clock, log, destinations, exports, send: sendConversion }),
    },
  });
}
