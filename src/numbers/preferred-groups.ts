/**
 * Which kinds of number a page would rather show: toll-free for toll-free, the area code of the number it replaces, then
 * the nearest. Nearness is told from offline data without coordinates: the same state, the same time zone, the same
 * country. Pure.
 */
import type { PoolPolicy } from './pool-policy.ts';

/** Numbers that are alike to a visitor: all toll-free ones, or those of one area code. */
export interface NumberGroup {
  /** `tfn`, or calling code and area code, such as `1-503`. */
  readonly name: string;
  /** ISO 3166-1; null when it is not known. */
  readonly country: string | null;
  /** ISO 3166-2, such as `US-OR`; null when it is not known. */
  readonly region: string | null;
  /** IANA names. */
  readonly timeZones: readonly string[];
}

export const tollFreeGroup = 'tfn';

/**
 * The names of the pool's groups, the fittest first; those that fit equally keep the order they came in. Null: no
 * preference, the number whose turn it is.
 */
export function preferredGroups(
  policy: Pick<PoolPolicy, 'preference'>,
  replaces: NumberGroup | null,
  groupsInPool: readonly NumberGroup[],
): readonly string[] | null {
  if (policy.preference === 'any' || replaces === null) return null;
  return groupsInPool
    .map((group) => ({ name: group.name, distance: distanceOf(replaces, group) }))
    .sort((left, right) => left.distance - right.distance)
    .map(({ name }) => name);
}

/** 0 the same group … 5 the other kind. Only the order means something. */
function distanceOf(wanted: NumberGroup, group: NumberGroup): number {
  if (wanted.name === group.name) return 0;
  if (wanted.name === tollFreeGroup) return 1;
  if (group.name === tollFreeGroup) return 5;
  if (wanted.region !== null && wanted.region === group.region) return 1;
  if (wanted.country === null || wanted.country !== group.country) return 4;
  return wanted.timeZones.some((zone) => group.timeZones.includes(zone)) ? 2 : 3;
}
