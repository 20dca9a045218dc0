/**
 * Attribution, wired: whose contact it is, what later facts make of that, and the learning of how people call. The call's
 * and the conversation's own records follow the latest belief; they are above the numbers, so they are handed in.
 */
import { createAniRegions } from '../numbers/ani-region.ts';
import { createBeliefDesk } from '../numbers/attribution/belief-desk.ts';
import { createBeliefs } from '../numbers/attribution/beliefs.postgres.ts';
import { createHearConversion } from '../numbers/attribution/hear-conversion.ts';
import { createLearnHabits, createStartLearning, learnKind } from '../numbers/attribution/learn-habits.ts';
import { createModels } from '../numbers/attribution/models.postgres.ts';
import { createQuestions } from '../numbers/attribution/questions.postgres.ts';
import { createVisitCodes } from '../numbers/attribution/visit-codes.postgres.ts';
import { createCreditContact } from '../numbers/credit-contact.ts';
import { createForeseeCredit } from '../numbers/foresee-credit.postgres.ts';
import type { NumberPlaces } from '../numbers/number-place.file.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallId, ConversationId, Ids, RandomBytes } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import { pause } from '../ports/pause.timer.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Outbox } from '../records/outbox.postgres.ts';
import type { Db } from '../records/schema.ts';
import type { Conversations } from '../sms/conversations.postgres.ts';
import type { Calls } from '../telephony/calls.postgres.ts';

interface World {
  readonly db: Db;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly randomBytes: RandomBytes;
  readonly secrets: Pick<Secrets, 'fingerprint'>;
  readonly places: Pick<NumberPlaces, 'describe'>;
  readonly calls: Pick<Calls, 'setVisit'>;
  readonly conversations: Pick<Conversations, 'setVisit'>;
}

export function createAttribution(world: World) {
  const { db, outbox, clock, ids, calls, conversations } = world;
  const { fingerprint } = world.secrets;
  const beliefs = createBeliefs({ clock, ids });
  const models = createModels({ clock });
  const aniRegions = createAniRegions(world);
  const visitCodes = createVisitCodes(world);
  const beliefDesk = createBeliefDesk({
    beliefs,
    questions: createQuestions({ clock }),
    codes: visitCodes,
    outbox,
    fingerprint,
    clock,
    follow: {
      call: (work, id, visitId) => calls.setVisit(work.tx, id as CallId, visitId),
      conversation: (work, id, visitId) => conversations.setVisit(work.tx, id as ConversationId, visitId),
    },
  });
  const startLearning = createStartLearning({ outbox, clock });
  const logFault = (fault: unknown, event: string) => world.log.warn({ fault }, event);
  const credit = { beliefs, models, regions: aniRegions, fingerprint, outbox, startLearning };
  return Object.freeze({
    aniRegions,
    visitCodes,
    foreseeCredit: createForeseeCredit({ ...credit, db }),
    desks: {
      beliefDesk,
      models,
      creditContact: createCreditContact(credit),
      hearConversion: createHearConversion(beliefDesk),
    },
    learning: { [learnKind]: createLearnHabits({ db, models, clock, pause, logFault }) },
  });
}
