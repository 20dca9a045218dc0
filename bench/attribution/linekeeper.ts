/**
 * Our own policy on a world: leases by the ledger, every past holder weighed, habits learned from the calls as they
 * come. It is told nothing that a gateway could not see. With `ask`, an uncertain call is answered by one masked question.
 */
import type { CallModel } from '../../src/numbers/attribution/call-model.ts';
import { fitHabits, type WeighedTrace } from '../../src/numbers/attribution/fit-habits.ts';
import { countVisit, noHabits } from '../../src/numbers/attribution/habits.ts';
import { learnModel, type Rates } from '../../src/numbers/attribution/learned-model.ts';
import { type Confirmed, confirmedOf, traceOf } from '../../src/numbers/attribution/trace.ts';
import {
  type Belief,
  type Bond,
  type Contact,
  type Holder,
  weighContact,
} from '../../src/numbers/attribution/weigh-contact.ts';
import { idleRank } from '../../src/numbers/idle-rank.ts';
import { createAnswers } from './answers.ts';
import { holderAt, indexOf, replayWorld } from './replay-world.ts';
import { createScore, type ReliabilityBin, type Score } from './score.ts';
import type { RingingCall, Sighting, Traffic } from './traffic.ts';
import type { World } from './world.ts';

/** What is played: with which rates, by which choice of number, with how many numbers, asking or not. */
export interface Plan {
  readonly policy: string;
  /** Null: learned from the calls. */
  readonly oracle: CallModel | null;
  readonly choice: 'ranked' | 'oldest-idle' | 'ranked-only';
  readonly numbers: number;
  readonly ask: boolean;
}

export interface Played {
  readonly score: Score;
  readonly reliability: readonly ReliabilityBin[];
  /** Share of the calls about which a question was put. */
  readonly asked: number;
}

const dayMs = 86_400_000;
/** No fixed hold: a number rests by the risk that its past holders call, and a visitor's own is kept for them for a day. */
const terms = { holdMs: 0, leaseMs: 0, restMs: 0, stickyMs: dayMs };
/** As the gateway does: the latest holders, the latest contacts. */
const holdersMax = 2_000;
const tracesMax = 2_000;
/** Refitted after so many contacts, later more rarely; a few rounds each time: it starts from the fit before. */
const refitEvery = 50;
const refitShare = 1 / 20;
const roundsPerFit = 3;

export function playLinekeeper(world: World, traffic: Traffic, plan: Plan): Played {
  const score = createScore(plan.policy);
  const from = world.warmupDays * dayMs;
  const learner = plan.oracle === null ? createLearner(plan.numbers) : null;
  const model = (): CallModel => plan.oracle ?? (learner as Learner).rates();
  const memory = createMemory(traffic);
  const answers = plan.ask ? createAnswers(world.seed) : null;
  const taps = new Set(
    traffic.calls.flatMap(({ tappedAt, dials }) => (tappedAt === null || dials === null ? [] : [dials])),
  );
  const { overflow } = replayWorld(
    traffic,
    {
      numbers: plan.numbers,
      terms,
      rank: plan.choice === 'oldest-idle' ? (freeAt) => freeAt : idleRank,
      tellsApart: plan.choice === 'ranked',
      intentOf: (visit) => model().callsAfter(lengthOf(visit), visit.pagesAt.length + 1),
      ended(visit) {
        const { region, pagesAt } = visit;
        const seen = { engagedSeconds: lengthOf(visit), pages: pagesAt.length + 1, region: String(region) };
        learner?.visit({ ...seen, taps: taps.has(visit.index) ? 1 : 0 });
      },
      called(call, index, shown) {
        const truth = traffic.truth[index];
        if (truth === undefined) return;
        const holders = shown.slice(-holdersMax).map((visit) => memory.holder(visit, call));
        const contact = {
          at: call.at,
          region: call.region === null ? null : String(call.region),
          bond: memory.bond(call),
        };
        const weighed = weighContact(holders, contact, model());
        const asked = answers?.ask(weighed, truth, call.at >= from);
        const belief = asked?.belief ?? weighed;
        const trace = traceOf({ ...contact, shown: call.ani !== null }, holders);
        learner?.contact(
          { trace: { ...trace, confirmed: confirm(asked?.picked ?? null, contact, holders) }, weight: 1 },
          call.at,
        );
        memory.note(call, contact, belief);
        if (call.at >= from) score.add(verdictOf(belief), truth);
      },
    },
    from,
  );
  return { ...score.result(overflow), asked: answers?.shareAsked() ?? 0 };
}

/** An answer is a fact to learn from; a repeated call teaches nothing about first ones. */
function confirm(picked: number | null, contact: Contact, holders: readonly Holder[]): Confirmed | null {
  if (picked === null || contact.bond !== null) return null;
  const holder = holders.findLast(({ visitId }) => indexOf(visitId) === picked);
  return holder === undefined ? null : confirmedOf(contact, holder);
}

function verdictOf({ candidates, nobody }: Belief): { visit: number | null; probability: number } {
  const [top] = candidates;
  if (top === undefined || top.probability < nobody) return { visit: null, probability: nobody };
  return { visit: indexOf(top.visitId), probability: top.probability };
}

type Learner = ReturnType<typeof createLearner>;

/** What the gateway's job does each hour is done here every few contacts. */
function createLearner(numbers: number) {
  const habits = noHabits();
  const traces: WeighedTrace[] = [];
  let rates: Rates = learnModel(habits);
  let heardAt = 0;
  let heard = 0;
  let refitAt = refitEvery;
  return {
    rates: () => rates,
    visit: (visit: Parameters<typeof countVisit>[1]) => countVisit(habits, visit),
    contact(trace: WeighedTrace, at: number): void {
      habits.numberSeconds += ((at - heardAt) / 1_000) * numbers;
      heardAt = at;
      traces.push(trace);
      heard += 1;
      if (heard < refitAt) return;
      refitAt = heard + Math.max(refitEvery, Math.round(heard * refitShare));
      rates = fitHabits(habits, traces.slice(-tracesMax), rates, roundsPerFit);
    },
  };
}

/** What the gateway remembers of earlier contacts: who called from which number, and which visits have called. */
function createMemory(traffic: Traffic) {
  const contacted = new Map<number, number>();
  const bonds = new Map<string, Bond>();
  return {
    holder(visit: Sighting, call: RingingCall) {
      const tappedAt = call.dials === visit.index ? call.tappedAt : null;
      return holderAt(visit, call.at, tappedAt, contacted.get(visit.index) ?? 0);
    },
    bond: ({ ani }: RingingCall): Bond | null => (ani === null ? null : (bonds.get(ani) ?? null)),
    note({ ani, at }: RingingCall, { bond }: Contact, { candidates, nobody }: Belief): void {
      if (ani === null) return;
      if (bond === null) {
        for (const { visitId, probability } of candidates) {
          const visit = indexOf(visitId);
          contacted.set(visit, 1 - (1 - (contacted.get(visit) ?? 0)) * (1 - probability));
        }
      }
      const believed = candidates.map(({ visitId, probability }) => ({
        visitId,
        visitorId: traffic.visits[indexOf(visitId)]?.visitorId ?? null,
        probability,
      }));
      bonds.set(ani, { at, nobody, believed });
    },
  };
}

function lengthOf({ startsAt, endsAt }: Sighting): number {
  return (endsAt - startsAt) / 1_000;
}
