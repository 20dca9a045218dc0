/**
 * What a contact centre asks of a call that goes on: hold, transfers, supervision, its end. A command is an event of the
 * call machine like any other; before it the call's carrier is asked whether it can do that at all, and an outside number
 * whether it may be dialled. What the call's state does not allow is refused by name and changes nothing.
 */
import { AppError } from '../ports/errors.ts';
import type { AgentId, CallId, EnterpriseId, Ids, LegId } from '../ports/ids.ts';
import type { Tx } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';
import type { Agents } from '../routing/agents.postgres.ts';
import { checkDestination, type DestinationRules } from './allowed-destination.ts';
import { type Call, type CallCommand, legOf, type TransferTarget } from './call.ts';
import type { Calls } from './calls.postgres.ts';
import type { Dialable, Join } from './instructions.ts';
import type { CallRunner } from './run-call.ts';
import type { Capability, VoiceCarrier } from './voice-carrier.ts';

/** A phone that is named by its agent or by its number. */
export type Whom =
  | { readonly kind: 'agent'; readonly agentId: AgentId }
  | { readonly kind: 'number'; readonly number: Extract<TransferTarget, { kind: 'number' }>['number'] };

export type CallOrder =
  | Exclude<CallCommand, { type: 'transfer-asked' | 'supervision-asked' }>
  | { readonly type: 'transfer-asked'; readonly mode: 'blind' | 'warm'; readonly to: TransferTarget }
  | { readonly type: 'supervision-asked'; readonly whom: Whom; readonly hears: Join['hears'] };

export interface CommandDesk {
  /** Carries the order out, or throws: not-found, call-state, carrier-incapable, destination-denied. */
  give(work: Work, about: { enterpriseId: EnterpriseId; callId: CallId }, order: CallOrder): Promise<Call>;
}

interface World {
  readonly calls: Calls;
  readonly runner: CallRunner;
  readonly agents: Pick<Agents, 'phoneOf'>;
  readonly carriers: ReadonlyMap<string, VoiceCarrier>;
  readonly readDestinations: (tx: Tx, enterpriseId: EnterpriseId) => Promise<DestinationRules>;
  readonly ids: Ids;
}

export function createCommandDesk(world: World): CommandDesk {
  return Object.freeze({
    async give(
      work: Work,
      { enterpriseId, callId }: { enterpriseId: EnterpriseId; callId: CallId },
      order: CallOrder,
    ): Promise<Call> {
      const stored = await world.calls.lock(work.tx, callId);
      if (stored === null || stored.call.enterpriseId !== enterpriseId)
        throw new AppError('not-found', { detail: 'no such call' });
      requireCapabilities(world.carriers.get(stored.call.carrier), stored.call, order);
      if ('legId' in order) requireSupervisor(stored.call, order.legId);
      const run = await world.runner.runIn(work, callId, await commandOf(world, work, stored.call, order));
      if (run.kind === 'advanced') return run.call;
      const detail = `the call is ${stored.call.state}: ${reasons[order.type]}`;
      throw new AppError('call-state', { detail });
    },
  });
}

/** When each command can be given, as a refusal says it. */
const reasons: Readonly<Record<CallOrder['type'], string>> = {
  'hold-asked': 'only a bridged call can be put on hold',
  'resume-asked': 'only a held call can be resumed',
  'transfer-asked': 'only a bridged or held call can be transferred',
  'transfer-completed': 'a transfer is completed while consulting, once the other side is on the line',
  'transfer-cancelled': 'only a transfer that is being consulted about can be cancelled',
  'merge-asked': 'three are put together while consulting, once the other side is on the line',
  'supervision-asked': 'only a bridged, held or consulting call can be supervised',
  'supervision-changed': 'only a supervisor who has not left, in another mode than now',
  'supervision-ended': 'only a supervisor who has not left',
  'recording-asked':
    'a recording is started, paused, resumed or stopped on a call whose plan records, while somebody talks',
  'hang-up-asked': 'it is over',
};

async function commandOf(world: World, work: Work, call: Call, order: CallOrder): Promise<CallCommand> {
  if (order.type === 'transfer-asked') {
    const { to } = order;
    if (to.kind === 'agent') await phoneOf(world, work, call, to.agentId, 'to.agentId');
    if (to.kind === 'number') await requireAllowed(world, work, call, to.number, 'to.number');
    return { ...order, legId: world.ids.make('leg') };
  }
  if (order.type !== 'supervision-asked') return order;
  const { whom, hears } = order;
  const agentId = whom.kind === 'agent' ? whom.agentId : null;
  if (whom.kind === 'number') await requireAllowed(world, work, call, whom.number, 'number');
  const to = whom.kind === 'agent' ? await phoneOf(world, work, call, whom.agentId, 'agentId') : whom.number;
  return { type: 'supervision-asked', legId: world.ids.make('leg'), agentId, to, hears };
}

async function phoneOf(world: World, work: Work, call: Call, agentId: AgentId, field: string): Promise<Dialable> {
  const phone = await world.agents.phoneOf(work.tx, call.enterpriseId, agentId);
  if (phone !== null) return phone;
  const fault = { field, problem: 'no agent of yours has this id', cure: 'see GET /v1/agents' };
  throw new AppError('invalid-request', { fields: [fault] });
}

async function requireAllowed(world: World, work: Work, call: Call, to: Dialable, field: string): Promise<void> {
  const verdict = checkDestination(to, await world.readDestinations(work.tx, call.enterpriseId));
  if (verdict.kind === 'allowed') return;
  const { problem, cure } = verdict;
  throw new AppError('destination-denied', { detail: problem, fields: [{ field, problem, cure }] });
}

function requireSupervisor(call: Call, legId: LegId): void {
  if (legOf(call, legId)?.role !== 'supervisor')
    throw new AppError('not-found', { detail: 'no supervisor of this call has this leg' });
}

function requireCapabilities(carrier: VoiceCarrier | undefined, call: Call, order: CallOrder): void {
  const lacking = needsOf(order).find((need) => carrier?.capabilities.has(need) !== true);
  if (lacking === undefined) return;
  const detail = `${call.carrier} lacks the capability ${lacking}: see docs/carriers.md`;
  throw new AppError('carrier-incapable', { detail });
}

function needsOf(order: CallOrder): readonly Capability[] {
  switch (order.type) {
    case 'hold-asked':
    case 'resume-asked':
    case 'transfer-asked':
    case 'transfer-completed':
    case 'transfer-cancelled':
      return ['move-legs'];
    case 'merge-asked':
      return ['move-legs', 'three-way'];
    case 'supervision-asked':
    case 'supervision-changed':
      return order.hears === 'coach' ? ['supervise', 'coach'] : order.hears === 'talk' ? ['three-way'] : ['supervise'];
    case 'recording-asked':
      return order.act === 'pause' || order.act === 'resume' ? ['pause-recording'] : ['record-conversation'];
    case 'supervision-ended':
    case 'hang-up-asked':
      return [];
  }
}
