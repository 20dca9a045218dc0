/**
 * The pretend network lives in this process, so none of its calls survives a restart. Whatever the record still holds
 * as live is ended as lost before the first new call comes in; agents are freed and the contact centre is told. One
 * process runs the sandbox: a second one starting would end the first one's calls.
 */
import type { Db } from '../../records/schema.ts';
import type { Calls } from '../../telephony/calls.postgres.ts';
import type { CallRunner } from '../../telephony/run-call.ts';

interface World {
  readonly db: Db;
  readonly calls: Pick<Calls, 'live'>;
  readonly runner: Pick<CallRunner, 'run'>;
}

/** Ends every live sandbox call of the record; answers with how many there were. Call once, before listening. */
export async function endLostCalls(world: World): Promise<number> {
  const lost = await world.calls.live(world.db, 'sandbox');
  for (const { id } of lost) await world.runner.run(id, { type: 'carrier-lost' });
  return lost.length;
}
