/**
 * What a test leaves behind and how it goes: thrown away, newest first, after the test that made it, or after the suite
 * when it was made in `beforeAll`.
 */
import { afterAll, afterEach, beforeEach } from 'vitest';

export type ThrowAway = () => Promise<unknown>;

/** A list for the suite that is being described; call it in `describe`, add to it anywhere below. */
export function keepThrowAways(): { add(throwAway: ThrowAway): void } {
  let inTest = false;
  const ofTest: ThrowAway[] = [];
  const ofSuite: ThrowAway[] = [];
  beforeEach(() => {
    inTest = true;
  });
  afterEach(async () => {
    inTest = false;
    await throwAllAway(ofTest);
  });
  afterAll(() => throwAllAway(ofSuite));
  return Object.freeze({ add: (throwAway: ThrowAway) => void (inTest ? ofTest : ofSuite).push(throwAway) });
}

async function throwAllAway(list: ThrowAway[]): Promise<void> {
  for (const throwAway of list.splice(0).reverse()) await throwAway();
}
