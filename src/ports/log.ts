/**
 * What is logged: a constant event name with ids. Phone numbers only through `maskNumber`; never bodies, codes, tokens
 * or Authorization headers. pino satisfies this interface.
 */
export interface Log {
  debug(facts: Record<string, unknown>, event: string): void;
  info(facts: Record<string, unknown>, event: string): void;
  warn(facts: Record<string, unknown>, event: string): void;
  error(facts: Record<string, unknown>, event: string): void;
}

/**
 * A fault as a log may keep it. Of its own fields only the code is taken: PostgreSQL's `detail` quotes the row, numbers
 * and all, and a request's error carries its headers.
 */
export function faultFacts(fault: unknown): unknown {
  if (!(fault instanceof Error)) return typeof fault;
  const { name, message, stack, cause } = fault;
  const code = 'code' in fault ? { code: fault.code } : {};
  return { name, message, ...code, stack, ...(cause === undefined ? {} : { cause: faultFacts(cause) }) };
}

/** Says nothing; for tests. */
export const silentLog: Log = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} });
