/**
 * Schema names go into SQL text, where nothing can be bound, and into connection options, where quoting differs. So only
 * names that need no quoting anywhere are taken.
 */

/**
 * Returns `name` when it is a plain lower-case identifier.
 * @throws RangeError otherwise.
 */
export function schemaName(name: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(name)) return name;
  throw new RangeError(`schema name ${JSON.stringify(name)} must be lower-case letters, digits and underscores`);
}
