/** Visits and calls on one staged core, in a test's own words: who comes, from where, how long, and who calls then. */
import type { Database } from '../../src/ports/database.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { VisitId } from '../../src/ports/ids.ts';
import type { Tables } from '../../src/records/schema.ts';
import { minuteMs, type StagePlan, stageCore } from './stage-core.ts';

/** Telephones that ring nobody: in Oregon, in New York, in Oregon again. */
export const oregon = '+15035550142' as E164;
export const newYork = '+12125550142' as E164;
export const otherOregon = '+15415550142' as E164;

export interface Coming {
  readonly visitorId?: string;
  readonly region?: string;
  readonly url?: string;
  readonly engagedSeconds?: number;
  readonly pages?: number;
  readonly tap?: boolean;
}

/** By default one number, which goes on a minute after its visitor's last sign of life. */
export async function stageShop(database: Database<Tables>, plan: StagePlan = {}) {
  const core = await stageCore(database, { holdMs: minuteMs, leaseMs: minuteMs, restMs: 0, ...plan });
  const { visitDesk, website, clock, db, enterpriseId } = core;
  return {
    ...core,
    /** Somebody opens the page and reads; the record knows. */
    async come({ visitorId, region, url = 'https://shop.example/boilers/x2', tap = false, ...read }: Coming = {}) {
      const facts = { url, ...(region === undefined ? {} : { region }) };
      const shown = await visitDesk.welcome(website, { visitorId: visitorId ?? null, facts });
      const { engagedSeconds = 120, pages = 4 } = read;
      const signals = tap ? [{ kind: 'tap', detail: { of: 'tel' } }] : [];
      await visitDesk.beat(website, shown.visitId, { engagedSeconds, pages, signals });
      await core.leaseBook.settle(website.poolId, null);
      return shown;
    },
    later: (minutes: number) => {
      clock.at += minutes * minuteMs;
    },
    /** A call to the first staged number; answers with the call's id. */
    async call(ani: E164 | null = oregon, number = core.numbers[0]) {
      const taken = await core.takeCall(number?.id, ani);
      if (taken.kind !== 'taken') throw new Error('the number is not ours');
      return taken.call.id;
    },
    async text(from: string, body = 'Are you open?') {
      const [number] = core.numbers;
      const carrierMessageId = core.ids.make('msg');
      const about = { carrier: 'sandbox', carrierMessageId, to: number?.e164, from, body, raw: {} };
      const taken = await core.messageDesk.take({ ...about, carrierAnswersConsentWords: false } as never);
      if (taken.kind !== 'taken') throw new Error('the number is not ours');
      return taken.conversationId;
    },
    /** All that was believed of a contact, oldest first. */
    beliefs: (subject: string) =>
      db.selectFrom('attribution').selectAll().where('subject', '=', subject).orderBy('revision').execute(),
    async belief(subject: string) {
      const rows = await db
        .selectFrom('attribution')
        .selectAll()
        .where('subject', '=', subject)
        .orderBy('revision', 'desc')
        .limit(1)
        .execute();
      const [row] = rows;
      if (row === undefined) throw new Error(`nothing is believed of ${subject}`);
      return { ...row, candidates: row.candidates as { visitId: VisitId; probability: number; terms: object }[] };
    },
    about: (subject: string) => ({ enterpriseId, subject }),
  };
}

export type StagedShop = Awaited<ReturnType<typeof stageShop>>;
