/**
 * What many ask of the record at the same moment, asked by one statement. Sending a statement, planning it and reading its
 * answer costs the process and PostgreSQL more than most of our statements do, so calls that stand at the same step of
 * their way share them. Nothing waits for company: those go together that were asked by the time this turn's work is
 * done, and those that come while one of their kind is under way. Who asks alone is asked for alone.
 */
import { limits } from '../../config/limits.ts';
import type { Db } from './schema.ts';

/** Asks for many, once; answers stand in the order of the asks. A failure is everybody's. */
export type AskMany<Ask, Answer> = (db: Db, asks: readonly Ask[]) => Promise<readonly Answer[]>;

interface Line<Ask, Answer> {
  readonly waiting: { readonly ask: Ask; readonly answered: PromiseWithResolvers<Answer> }[];
  isUnderWay: boolean;
  isCalled: boolean;
}

/** What is asked inside a transaction goes together with what the same transaction asks, and with nothing else. */
export function askTogether<Ask, Answer>(askMany: AskMany<Ask, Answer>): (db: Db, ask: Ask) => Promise<Answer> {
  const lines = new WeakMap<Db, Line<Ask, Answer>>();

  /** Once all that runs now has come to a wait. */
  function call(db: Db, line: Line<Ask, Answer>): void {
    if (line.isCalled || line.waiting.length === 0 || line.isUnderWay) return;
    line.isCalled = true;
    process.nextTick(() => {
      line.isCalled = false;
      void put(db, line);
    });
  }

  async function put(db: Db, line: Line<Ask, Answer>): Promise<void> {
    const batch = line.waiting.splice(0, limits.asksTogetherMax);
    line.isUnderWay = true;
    try {
      const answers = await askMany(
        db,
        batch.map(({ ask }) => ask),
      );
      if (answers.length !== batch.length) throw new Error(`${batch.length} asked, ${answers.length} were answered`);
      for (const [at, answer] of answers.entries()) batch[at]?.answered.resolve(answer);
    } catch (fault) {
      for (const { answered } of batch) answered.reject(fault);
    } finally {
      line.isUnderWay = false;
      call(db, line);
    }
  }

  return (db, ask) => {
    const line = lines.get(db) ?? { waiting: [], isUnderWay: false, isCalled: false };
    lines.set(db, line);
    const answered = Promise.withResolvers<Answer>();
    line.waiting.push({ ask, answered });
    call(db, line);
    return answered.promise;
  };
}
