/**
 * A circuit breaker for each decision hook, by cockatiel: a hook that has failed a few times in a row is left alone for
 * a while, so that calls do not each wait out a contact centre that is down. After the pause one call tries again; the
 * others of that moment go on without, for they have no time to wait for how it went. The library reads the time itself.
 */
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { limits } from '../../../config/limits.ts';

export interface HookCircuits {
  stateOf(key: string): 'closed' | 'open' | 'half-open';
  /** What `ask` answers, which counts as a failure when `hasFailed` says so; `open` when it was not asked. */
  run<Answer>(
    key: string,
    ask: () => Promise<Answer>,
    hasFailed: (answer: Answer) => boolean,
  ): Promise<Answer | 'open'>;
  /** Closes the circuit: what it is about has changed. */
  forget(key: string): void;
}

/** Carries an answer that counts as a failure through the breaker. */
class Failed<Answer> extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('the hook has failed');
    this.answer = answer;
  }
}

export function createHookCircuits(): HookCircuits {
  const circuits = new Map<string, ReturnType<typeof newCircuit>>();

  function circuitOf(key: string): ReturnType<typeof newCircuit> {
    const known = circuits.get(key);
    if (known !== undefined) return known;
    const oldest = circuits.keys().next();
    if (circuits.size >= limits.hookCircuitsMax && oldest.done !== true) circuits.delete(oldest.value);
    const circuit = newCircuit();
    circuits.set(key, circuit);
    return circuit;
  }

  return Object.freeze({
    stateOf(key: string) {
      const state = circuits.get(key)?.state ?? CircuitState.Closed;
      if (state === CircuitState.Closed) return 'closed';
      return state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },

    async run<Answer>(key: string, ask: () => Promise<Answer>, hasFailed: (answer: Answer) => boolean) {
      const circuit = circuitOf(key);
      if (circuit.state === CircuitState.HalfOpen) return 'open' as const;
      try {
        return await circuit.execute(async () => {
          const answer = await ask();
          if (hasFailed(answer)) throw new Failed(answer);
          return answer;
        });
      } catch (fault) {
        if (fault instanceof Failed) return fault.answer as Answer;
        if (fault instanceof BrokenCircuitError) return 'open' as const;
        throw fault;
      }
    },

    forget: (key: string) => void circuits.delete(key),
  });
}

function newCircuit() {
  return circuitBreaker(
    handleWhen((fault) => fault instanceof Failed),
    {
      breaker: new ConsecutiveBreaker(limits.hookFailuresMax),
      halfOpenAfter: limits.hookPauseMs,
    },
  );
}
