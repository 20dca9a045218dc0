/**
 * How many asks are written into one statement, and their answers told apart: the statement is the same however many there
 * are, so it is prepared once, and nothing in it lets the planner count them, so that the plan it keeps is as good as one
 * made anew. (Of an array it is given, it finds out that two ids are fewer than the ten it supposes, and would plan every
 * time: a sixth of PostgreSQL's work.)
 */
import { type RawBuilder, sql } from 'kysely';

/** Asks numbered by their place, as rows of one JSON parameter: the statement is the same however many there are. */
export function placed<Ask extends object>(asks: readonly Ask[]): string {
  return JSON.stringify(asks.map((ask, place) => ({ place, ...ask })));
}

/** Answers of `many` asks by the places that their rows name; `none` where there is no row. */
export function byPlace<Row extends { readonly place: number }, Answer>(
  rows: readonly Row[],
  many: number,
  none: Answer,
  answerOf: (row: Row) => Answer,
): Answer[] {
  const answers: Answer[] = new Array<Answer>(many).fill(none);
  for (const row of rows) answers[row.place] = answerOf(row);
  return answers;
}

/** An array of text for `= any(…)`. */
export function listed(values: Iterable<string>): RawBuilder<string[]> {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify([...new Set(values)])}::jsonb))`;
}
