/**
 * Every destination a plan names, with the field that names it: what must be on the list of allowed destinations before
 * the plan is saved, and before a hook's answer is used.
 */
import type { FieldFault } from '../../ports/errors.ts';
import { checkDestination, type DestinationRules } from '../allowed-destination.ts';
import type { Dialable } from '../instructions.ts';
import type { Menu, MenuChoice } from './plan-parts.ts';
import type { RoutePlan } from './route-plan.ts';

/** The destinations that may not be dialled; empty when all may. */
export function destinationFaults(plan: RoutePlan, rules: DestinationRules): FieldFault[] {
  return destinationsOf(plan).flatMap(({ field, to }) => {
    const verdict = checkDestination(to, rules);
    return verdict.kind === 'allowed' ? [] : [{ field, problem: verdict.problem, cure: verdict.cure }];
  });
}

interface Named {
  readonly field: string;
  readonly to: Dialable;
}

/** The destinations that are among `own`, the numbers the plan stands for: their callers would come back to it. */
export function circleFaults(plan: RoutePlan, own: ReadonlySet<string>): FieldFault[] {
  const problem = 'is a number of this plan: its callers would go round in a circle';
  return destinationsOf(plan)
    .filter(({ to }) => own.has(to))
    .map(({ field }) => ({ field, problem, cure: 'name a number that does not lead here' }));
}

function destinationsOf(plan: RoutePlan): Named[] {
  const { failover, closed, handOver, menu } = plan;
  return [
    ...(failover === null ? [] : [{ field: 'failover', to: failover }]),
    ...(closed.failover === null ? [] : [{ field: 'closed.failover', to: closed.failover }]),
    ...(handOver === null ? [] : [{ field: 'handOver.to', to: handOver.to }]),
    ...(menu === null ? [] : ofMenu(menu, 'menu')),
  ];
}

function ofMenu(menu: Menu, field: string): Named[] {
  const keyed = Object.entries(menu.keys).flatMap(([key, choice]) => ofChoice(choice, `${field}.keys.${key}`));
  return [...keyed, ...ofChoice(menu.otherwise, `${field}.otherwise`)];
}

function ofChoice(choice: MenuChoice | undefined, field: string): Named[] {
  if (choice?.to === 'number') return [{ field: `${field}.number`, to: choice.number }];
  return choice?.to === 'menu' ? ofMenu(choice.menu, `${field}.menu`) : [];
}
