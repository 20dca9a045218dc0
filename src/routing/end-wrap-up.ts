/**
 * After a call an agent is left alone for a while. The end of it is an entry of the outbox like every timer, written with
 * the end of the call, so that a restart forgets nobody.
 */
import type { Clock } from '../ports/clock.ts';
import type { AgentId } from '../ports/ids.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import type { EntryHandler } from '../records/run-lane.ts';
import type { Db } from '../records/schema.ts';
import type { Agents } from './agents.postgres.ts';

/** The outbox entry's kind; its payload names the agent and the instant the wrap-up began. */
export const endWrapUpKind = 'agent.end-wrap-up';

export function createEndWrapUp(world: { db: Db; agents: Pick<Agents, 'endWrapUp'>; clock: Clock }): EntryHandler {
  return async ({ payload }: Claimed): Promise<Settlement> => {
    const { agentId, since } = payload as { agentId: AgentId; since: number };
    await world.agents.endWrapUp(world.db, { agentId, since, at: world.clock.now() });
    return { kind: 'done' };
  };
}
