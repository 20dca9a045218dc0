/**
 * Takes the connections that stand in the kernel's queue before a listener is closed. Closing resets them, though their
 * clients hold an open connection and have sent their request; under load that is most of what is under way.
 */
import type { Server } from 'node:http';
import { limits } from '../../config/limits.ts';

/** Turns of the event loop in which nobody came: the queue is empty and what was taken has been read. */
const quietTurns = 3;

/** Resolves once no connection waits, or after `limits.drainTurnsMax` turns when they never cease to come. */
export async function acceptWaiting(server: Server): Promise<void> {
  let quiet = 0;
  const note = () => {
    quiet = -1;
  };
  server.on('connection', note);
  for (let turn = 0; quiet < quietTurns && turn < limits.drainTurnsMax; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    quiet += 1;
  }
  server.off('connection', note);
}
