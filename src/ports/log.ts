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

/** Says nothing; for tests. */
export const silentLog: Log = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} });
