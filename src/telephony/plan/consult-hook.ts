/**
 * Asks the contact centre's decision hook about a call that has just come in, before its transaction begins: while a
 * stranger's server thinks, no session of the record is held. It is told what we know and believe, signed like any
 * webhook, and its answer stands when it comes in time, reads well and names nothing forbidden. Otherwise our own plan
 * does, and the note says why. Nothing here ever fails a call.
 */
import { limits } from '../../../config/limits.ts';
import type { ForeseeCredit } from '../../numbers/foresee-credit.postgres.ts';
import { type Clock, toIso } from '../../ports/clock.ts';
import type { CallId, EnterpriseId, Ids, NumberId } from '../../ports/ids.ts';
import type { Log } from '../../ports/log.ts';
import { createShortMemory } from '../../ports/short-memory.ts';
import type { AskAnswer, EventPoster } from '../../records/post-event.http.ts';
import type { Db } from '../../records/schema.ts';
import { signEvent } from '../../records/sign-event.ts';
import type { DestinationRules } from '../allowed-destination.ts';
import type { Calls } from '../calls.postgres.ts';
import type { DestinationRulesStore } from '../destination-rules.postgres.ts';
import type { IncomingCall } from '../open-call.ts';
import type { VoiceCarrier } from '../voice-carrier.ts';
import { assuranceOf } from './decide-plan.ts';
import type { DecisionHooks } from './decision-hooks.postgres.ts';
import type { HookCircuits } from './hook-circuits.timer.ts';
import { circleFaults, destinationFaults } from './plan-destinations.ts';
import { capabilityFaults, plannedCarrier } from './plan-needs.ts';
import type { HookNote, HookOutcome } from './plan-parts.ts';
import { type HookVerdict, hasHookFailed, readHookAnswer } from './read-hook-answer.ts';
import type { RoutePlan } from './route-plan.ts';
import type { RoutePlans, StoredPlan } from './route-plans.postgres.ts';

/** How asking went. `plan` null: our own stands. */
export interface Consulted {
  readonly numberId: NumberId;
  readonly plan: RoutePlan | null;
  readonly note: HookNote;
}

export interface HookDesk {
  /** `arrivedAt`: when the call came, Unix ms. Null when nobody wants to be asked, or the call is known. Never rejects. */
  consult(incoming: IncomingCall, callId: CallId, arrivedAt: number): Promise<Consulted | null>;
  /** A hook of this enterprise was changed: what was remembered and found out about it counts no more. */
  changed(enterpriseId: EnterpriseId): void;
  circuitOf(enterpriseId: EnterpriseId): ReturnType<HookCircuits['stateOf']>;
}

interface World {
  readonly db: Db;
  readonly hooks: DecisionHooks;
  readonly routePlans: RoutePlans;
  readonly destinationRules: DestinationRulesStore;
  readonly calls: Pick<Calls, 'findByCarrier'>;
  readonly foreseeCredit: ForeseeCredit;
  readonly voice: ReadonlyMap<string, Pick<VoiceCarrier, 'capabilities' | 'missingPrompt'>>;
  readonly hookPoster: Pick<EventPoster, 'ask'>;
  readonly circuits: HookCircuits;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly countHook: (outcome: HookOutcome, elapsedMs: number) => void;
}

type Asked = NonNullable<Awaited<ReturnType<DecisionHooks['findAsked']>>>;

interface Call {
  readonly incoming: IncomingCall;
  readonly callId: CallId;
  readonly arrivedAt: number;
}

/** What came of one try, with what its answer is judged by. */
interface Reply {
  readonly answer: AskAnswer;
  readonly own: StoredPlan | null;
  readonly rules: DestinationRules;
}

export function createHookDesk(world: World): HookDesk {
  const remembered = createShortMemory<Asked | null>({
    clock: world.clock,
    entriesMax: limits.hookNumbersRememberedMax,
    keepMs: () => limits.hookRememberedMs,
  });
  let changes = 0;

  async function findAsked(incoming: IncomingCall): Promise<Asked | null> {
    const { dnis, carrier } = incoming;
    const key = `${changes} ${carrier} ${dnis}`;
    const asked = await remembered.recall(key, () => world.hooks.findAsked(world.db, { e164: dnis, carrier }));
    if (asked === null) return null;
    return (await world.calls.findByCarrier(world.db, incoming)) === null ? asked : null;
  }

  return Object.freeze({
    async consult(incoming: IncomingCall, callId: CallId, arrivedAt: number): Promise<Consulted | null> {
      const startedAt = world.clock.now();
      const asked = await findAsked(incoming).catch((fault: unknown) => {
        world.log.warn({ fault, callId }, 'decision-hook-not-found-out');
        return null;
      });
      if (asked === null) return null;
      const verdict = await judge(world, asked, { incoming, callId, arrivedAt });
      const elapsedMs = world.clock.now() - startedAt;
      const note: HookNote = { outcome: verdict.outcome, why: 'why' in verdict ? verdict.why : null, elapsedMs };
      tell(world, asked, callId, note);
      return { numberId: asked.number.id, plan: verdict.outcome === 'planned' ? verdict.plan : null, note };
    },

    changed(enterpriseId: EnterpriseId): void {
      changes += 1;
      world.circuits.forget(enterpriseId);
    },

    circuitOf: (enterpriseId: EnterpriseId) => world.circuits.stateOf(enterpriseId),
  });
}

/** Thrown before the hook is asked: what comes before has taken the time. It is no fault of the hook's. */
class NoTimeLeft extends Error {}

async function judge(world: World, asked: Asked, call: Call): Promise<HookVerdict> {
  const { number } = asked;
  try {
    const reply = await world.circuits.run(
      number.enterpriseId,
      () => ask(world, asked, call),
      ({ answer }) => hasHookFailed(answer),
    );
    if (reply === 'open') return { outcome: 'circuit-open', why: 'it has failed again and again' };
    const { answer, own, rules } = reply;
    const able = world.voice.get(number.carrier);
    const carriers = able === undefined ? [] : [plannedCarrier(number.carrier, able)];
    return readHookAnswer(answer, own?.plan ?? null, (plan) => [
      ...destinationFaults(plan, rules),
      ...circleFaults(plan, new Set([number.e164])),
      ...capabilityFaults(plan, carriers),
    ]);
  } catch (fault) {
    if (fault instanceof NoTimeLeft) return { outcome: 'late', why: 'no time was left to ask' };
    world.log.warn({ fault, callId: call.callId }, 'decision-hook-fault');
    return { outcome: 'fault', why: 'a fault of the gateway' };
  }
}

async function ask(world: World, { number, target }: Asked, call: Call): Promise<Reply> {
  const { incoming, callId, arrivedAt } = call;
  const [own, rules, foreseen] = await Promise.all([
    world.routePlans.effective(world.db, number),
    world.destinationRules.read(world.db, number.enterpriseId),
    world.foreseeCredit({ number, at: arrivedAt, address: incoming.ani }),
  ]);
  const { credit, campaign } = foreseen;
  const body = JSON.stringify({
    type: 'call.decide',
    timestamp: toIso(arrivedAt),
    data: {
      callId,
      from: incoming.ani,
      to: incoming.dnis,
      numberId: number.id,
      poolId: number.poolId,
      attestation: incoming.attestation,
      assurance: assuranceOf(incoming.ani, incoming.attestation),
      attribution: { ...credit, probability: Number(credit.probability.toFixed(4)), campaign },
      plan: own === null ? null : { scope: own.scope, subjectId: own.subjectId, version: own.version },
    },
  });
  const now = world.clock.now();
  const leftMs = arrivedAt + limits.hookBudgetMs - now;
  if (leftMs < limits.hookAskLeastMs) throw new NoTimeLeft();
  const stamp = { eventId: world.ids.make('evt'), timestampSeconds: Math.floor(now / 1_000) };
  const signed = signEvent({ ...stamp, body, secrets: target.secrets });
  const answer = await world.hookPoster.ask(target.url, { ...signed }, body, Math.min(target.timeoutMs, leftMs));
  return { answer, own, rules };
}

/** Counted, logged, and kept for the hook's owner; the call does not wait for that. */
function tell(world: World, { number }: Asked, callId: CallId, { outcome, why, elapsedMs }: HookNote): void {
  world.countHook(outcome, elapsedMs);
  if (outcome === 'planned' || outcome === 'no-opinion') return;
  world.log.warn({ callId, outcome, elapsedMs }, 'decision-hook-not-followed');
  if (outcome === 'circuit-open') return;
  const failure = { at: toIso(world.clock.now()), callId, outcome, why };
  world.hooks
    .noteFailure(world.db, number.enterpriseId, failure)
    .catch((fault: unknown) => world.log.warn({ fault, callId }, 'decision-hook-failure-not-kept'));
}
