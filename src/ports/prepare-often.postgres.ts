/**
 * What is asked again and again is planned once a connection: parsing and planning a statement takes PostgreSQL longer
 * than running most of ours. Nothing above needs to know: statements with parameters that have been seen a few times are
 * sent under a name. A plan may be lost when a newer program's migration changes a table under `select *`: then the
 * statement is sent as before, at once or, inside a transaction, when that is repeated.
 */
import type { PoolClient, QueryResult } from 'pg';
import { limits } from '../../config/limits.ts';
import type { WatchLine } from './silent-line.postgres.ts';

/** The part of a pooled client that the query builder uses. */
type Client = Pick<PoolClient, 'query' | 'release'>;

/** The result's columns have changed, or the session has lost the statement (a pooler's DISCARD ALL). */
export const planLostStates: readonly string[] = ['0A000', '26000'];

/**
 * Answers with a client that prepares. `sharedSession`: clients that share one session, as the embedded database's do,
 * each need names of their own.
 */
export function createPreparing(options: {
  readonly sharedSession: boolean;
  readonly watchLine: WatchLine | undefined;
}): (client: PoolClient) => Client {
  const { sharedSession, watchLine = (_client, answer) => answer } = options;
  const names = createNames();
  const wrapped = new WeakMap<PoolClient, Client>();
  const shared = createAgeing();
  let clients = 0;

  function wrap(client: PoolClient): Client {
    clients += 1;
    const suffix = sharedSession ? `_${clients}` : '';
    const ageing = sharedSession ? shared : createAgeing();
    let inTransaction = false;
    const plain = (text: string, values: unknown[]) => watchLine(client, client.query(text, values));
    const query = async (text: string, values: unknown[] = []): Promise<QueryResult> => {
      if (values.length === 0)
        inTransaction = /^(?:begin|start)/.test(text) || (inTransaction && !/^(?:commit|rollback)$/.test(text));
      const name = values.length === 0 ? null : names.of(text);
      if (name === null) return plain(text, values);
      try {
        if (ageing.isOld()) await plain('discard plans', []);
        return await watchLine(client, client.query({ name: `${name}${suffix}`, text, values }));
      } catch (fault) {
        if (!isPlanLost(fault)) throw fault;
        names.forget(text);
        if (inTransaction) throw fault;
        return plain(text, values);
      }
    };
    return { query, release: (fault?: Error | boolean) => client.release(fault) } as unknown as Client;
  }

  return (client) => {
    const known = wrapped.get(client) ?? wrap(client);
    wrapped.set(client, known);
    return known;
  };
}

/**
 * A kept plan is made for its tables as they were: in a new installation they were empty, and the embedded database has
 * nobody who would notice that they no longer are. So a session forgets its plans each time it has been asked twice as often.
 */
function createAgeing() {
  let asked = 0;
  let oldAt = limits.plansKeptTimesLeast;
  return {
    isOld(): boolean {
      asked += 1;
      if (asked < oldAt) return false;
      oldAt *= 2;
      return true;
    },
  };
}

/** Names for what has been seen often enough; null for everything else. */
function createNames() {
  const seen = new Map<string, { times: number; number: number | null }>();
  const never = new Set<string>();
  let named = 0;
  return {
    of(text: string): string | null {
      if (never.has(text)) return null;
      const known = seen.get(text) ?? { times: 0, number: null };
      if (known.times === 0 && seen.size >= limits.preparedTextsMax) forgetRare(seen);
      known.times += 1;
      seen.set(text, known);
      if (known.number === null && known.times >= limits.preparedAfterTimes && named < limits.preparedStatementsMax) {
        named += 1;
        known.number = named;
      }
      return known.number === null ? null : `lk_${known.number}`;
    },
    forget(text: string): void {
      never.add(text);
    },
  };
}

function forgetRare(seen: Map<string, { number: number | null }>): void {
  for (const [text, { number }] of seen) if (number === null) seen.delete(text);
}

function isPlanLost(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && planLostStates.includes(String(fault.code));
}
