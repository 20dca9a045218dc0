/**
 * Waiting that can be cut short. A verb waits for keys, for time, for a conference to end; a hang-up or a redirect over
 * REST takes the call out of it, and whatever the verb had set up is taken down again.
 */

/** The line was hung up or redirected while a verb waited. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Waits for `settle`, or throws Interrupted on abort. `start` returns its clean-up, which runs in both cases. */
export function awaitOutcome<Value>(
  signal: AbortSignal,
  start: (settle: (value: Value) => void) => () => void,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  let over = false;
  let cleanUp: (() => void) | null = null;
  const finish = (how: () => void) => {
    if (over) return;
    over = true;
    signal.removeEventListener('abort', interrupt);
    how();
    cleanUp?.();
  };
  const interrupt = () => finish(() => reject(new Interrupted()));
  if (signal.aborted) {
    reject(new Interrupted());
    return promise;
  }
  signal.addEventListener('abort', interrupt);
  cleanUp = start((value) => finish(() => resolve(value)));
  if (over) cleanUp();
  return promise;
}
