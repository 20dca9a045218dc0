/**
 * Saves route plans. A plan is refused whole when it names a destination calls may not be sent to, leads callers back to
 * a number of its own, or asks something of a carrier that the carrier cannot do: on a live call it would be too late.
 */
import type { FieldFault } from '../../ports/errors.ts';
import type { Transact } from '../../records/transact.ts';
import type { DestinationRulesStore } from '../destination-rules.postgres.ts';
import type { VoiceCarrier } from '../voice-carrier.ts';
import { circleFaults, destinationFaults } from './plan-destinations.ts';
import { capabilityFaults, plannedCarrier } from './plan-needs.ts';
import type { RoutePlan } from './route-plan.ts';
import type { PlanSubject, RoutePlans, StoredPlan } from './route-plans.postgres.ts';

export type Saved =
  | { readonly kind: 'saved'; readonly stored: StoredPlan }
  | { readonly kind: 'refused'; readonly why: 'destination' | 'capability'; readonly fields: readonly FieldFault[] };

export type PlanDesk = ReturnType<typeof createPlanDesk>;

interface World {
  readonly transact: Transact;
  readonly routePlans: RoutePlans;
  readonly destinationRules: DestinationRulesStore;
  readonly voice: ReadonlyMap<string, Pick<VoiceCarrier, 'capabilities' | 'missingPrompt'>>;
}

export function createPlanDesk(world: World) {
  const { transact, routePlans } = world;
  return Object.freeze({
    /** The plan is that of calls that come in from now on. */
    save: (subject: PlanSubject, plan: RoutePlan): Promise<Saved> =>
      transact(async ({ tx }) => {
        await routePlans.hold(tx, subject.enterpriseId);
        const numbers = await routePlans.numbersOf(tx, subject);
        const rules = await world.destinationRules.read(tx, subject.enterpriseId);
        const denied = [
          ...destinationFaults(plan, rules),
          ...circleFaults(plan, new Set(numbers.map(({ e164 }) => e164))),
        ];
        if (denied.length > 0) return { kind: 'refused', why: 'destination', fields: denied };
        const carriers = [...new Set(numbers.map(({ carrier }) => carrier))].sort();
        const lacking = capabilityFaults(
          plan,
          carriers.flatMap((carrier) => known(world, carrier)),
        );
        if (lacking.length > 0) return { kind: 'refused', why: 'capability', fields: lacking };
        await routePlans.append(tx, subject, plan);
        const stored = await routePlans.read(tx, subject);
        if (stored === null) throw new Error('a plan was saved and is not there');
        return { kind: 'saved', stored };
      }),

    /** The next more general plan counts from now on; false when there was none to take away. */
    remove: (subject: PlanSubject): Promise<boolean> =>
      transact(async ({ tx }) => {
        await routePlans.hold(tx, subject.enterpriseId);
        if ((await routePlans.read(tx, subject)) === null) return false;
        await routePlans.append(tx, subject, null);
        return true;
      }),
  });
}

/** A carrier without an account here brings no calls, and what it could do is not known. */
function known({ voice }: World, carrier: string) {
  const able = voice.get(carrier);
  return able === undefined ? [] : [plannedCarrier(carrier, able)];
}
