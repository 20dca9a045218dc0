/**
 * Questions about one subject that come in the same turn of the event loop, or while a call is under way, go together in
 * the next call: what a call costs by itself is then shared. No timer: one that comes alone goes alone, at the end of its
 * turn. A call that fails for what one of its questions holds is asked again one by one, so that the others are answered.
 */
import { endOfTurn } from '../ports/end-of-turn.ts';

/** Asks them all in one call, which does all of it or nothing; resolves with the answers in their order. */
export type AskTogether<Ask, Answer> = (subject: string, asks: readonly Ask[]) => Promise<readonly Answer[]>;

interface World<Ask, Answer> {
  readonly call: AskTogether<Ask, Answer>;
  /** Questions in one call, so that it holds up nobody else for long. */
  readonly asksMax: number;
  /** Further calls of one subject go while others are under way only when they are full, and so many at once at most. */
  readonly callsMax: number;
  /** Whether the call failed for what it was asked, and not because nobody could be asked. */
  readonly isRefusal: (fault: unknown) => boolean;
}

interface Entry<Ask, Answer> {
  readonly ask: Ask;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: unknown) => void;
}

interface Lane<Ask, Answer> {
  readonly subject: string;
  waiting: Entry<Ask, Answer>[];
  underWay: number;
  /** It is looked at when this turn ends. */
  isDue: boolean;
}

/** The function that asks. */
export function createGroupedAsks<Ask, Answer>(world: World<Ask, Answer>) {
  const { asksMax, callsMax } = world;
  const lanes = new Map<string, Lane<Ask, Answer>>();

  function laneOf(subject: string): Lane<Ask, Answer> {
    const found = lanes.get(subject);
    if (found !== undefined) return found;
    const lane: Lane<Ask, Answer> = { subject, waiting: [], underWay: 0, isDue: false };
    lanes.set(subject, lane);
    return lane;
  }

  function lookSoon(lane: Lane<Ask, Answer>): void {
    if (lane.isDue) return;
    lane.isDue = true;
    void endOfTurn().then(() => {
      lane.isDue = false;
      send(lane);
    });
  }

  function send(lane: Lane<Ask, Answer>): void {
    const isFull = () => lane.waiting.length >= asksMax && lane.underWay < callsMax;
    while (lane.waiting.length > 0 && (lane.underWay === 0 || isFull()))
      void answer(lane, lane.waiting.splice(0, asksMax));
    if (lane.underWay === 0) lanes.delete(lane.subject);
  }

  async function answer(lane: Lane<Ask, Answer>, entries: readonly Entry<Ask, Answer>[]): Promise<void> {
    lane.underWay += 1;
    await callFor(lane.subject, entries);
    lane.underWay -= 1;
    lookSoon(lane);
  }

  /** Settles every entry; never rejects. */
  async function callFor(subject: string, entries: readonly Entry<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await world.call(
        subject,
        entries.map(({ ask }) => ask),
      );
      for (const [at, { resolve, reject }] of entries.entries()) {
        const answer = answers[at];
        if (answer === undefined) reject(new Error(`a call answered ${answers.length} of ${entries.length}`));
        else resolve(answer);
      }
    } catch (fault) {
      if (world.isRefusal(fault) && entries.length > 1) {
        for (const entry of entries) await callFor(subject, [entry]);
        return;
      }
      for (const { reject } of entries) reject(fault);
    }
  }

  return (subject: string, ask: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const lane = laneOf(subject);
      lane.waiting.push({ ask, resolve, reject });
      if (lane.underWay === 0 || lane.waiting.length >= asksMax) lookSoon(lane);
    });
}
