/** Waiting comes in, as time does: what pauses between tries is given this, and a test gives it a pause that takes none. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
