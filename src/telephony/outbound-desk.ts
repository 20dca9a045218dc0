/**
 * Takes a contact centre's orders to call somebody: gathers what is known of the customer and of the number to call from,
 * has `may-call.ts` decide, and places the call. An order that is refused names the field, and changes nothing.
 */
import type { Consents } from '../identity/consents.postgres.ts';
import type { NumberPlaces } from '../numbers/number-place.file.ts';
import type { Clock } from '../ports/clock.ts';
import type { E164 } from '../ports/e164.ts';
import { AppError, type ErrorCode } from '../ports/errors.ts';
import type { AgentId, CallId, ConversationId, EnterpriseId, NumberId, VisitId } from '../ports/ids.ts';
import type { Tx } from '../records/schema.ts';
import type { Work } from '../records/transact.ts';
import type { DestinationRules } from './allowed-destination.ts';
import type { Call } from './call.ts';
import type { Whereabouts } from './calling-hours.ts';
import type { Calls } from './calls.postgres.ts';
import { refusalOf } from './may-call.ts';
import type { Outbound } from './outbound.ts';
import type { CallerNumber, OutboundRules } from './outbound-rules.postgres.ts';
import type { PlaceCall } from './place-call.ts';
import type { Capability, VoiceCarrier } from './voice-carrier.ts';

/** The contact that a call follows from: whose visit it is about, and from which number of ours they know us. */
export type About =
  | { readonly visitId: VisitId }
  | { readonly callId: CallId }
  | { readonly conversationId: ConversationId };

export interface OutboundOrder extends Pick<Outbound, 'first' | 'purpose' | 'metadata' | 'ringTimeoutMs'> {
  readonly enterpriseId: EnterpriseId;
  readonly to: E164;
  readonly from: E164 | null;
  readonly agentId: AgentId | null;
  readonly queue: string | null;
  readonly product: string | null;
  readonly announcement: string | null;
  readonly about: About | null;
}

export interface OutboundDesk {
  /** What is looked up about the customer's number before the transaction. */
  look(to: E164): Promise<Whereabouts>;
  /**
   * Places the call, or throws: invalid-request, caller-id-denied, carrier-unavailable, carrier-incapable,
   * agent-unavailable, destination-denied, opted-out, consent-missing, quiet-hours, spend-limit.
   */
  place(work: Work, order: OutboundOrder, where: Whereabouts): Promise<Call>;
}

interface World {
  readonly calls: Pick<Calls, 'read'>;
  readonly consents: Pick<Consents, 'standing'>;
  readonly rules: OutboundRules;
  readonly readDestinations: (tx: Tx, enterpriseId: EnterpriseId) => Promise<DestinationRules>;
  readonly presenceOf: (tx: Tx, enterpriseId: EnterpriseId, id: AgentId) => Promise<string | null>;
  readonly places: Pick<NumberPlaces, 'describe'>;
  readonly placeCall: PlaceCall;
  readonly carriers: ReadonlyMap<string, VoiceCarrier>;
  readonly clock: Clock;
}

interface Contact {
  readonly numberId: NumberId | null;
  readonly visitId: VisitId | null;
}

export function createOutboundDesk(world: World): OutboundDesk {
  return Object.freeze({
    look: (to: E164) => world.places.describe(to),

    async place(work: Work, order: OutboundOrder, where: Whereabouts): Promise<Call> {
      const contact = await contactOf(world, work, order);
      const from = await callerNumberOf(world, work, order, contact.numberId);
      requireCapabilities(world, from, order);
      if (order.agentId !== null) await requireAgent(world, work, order, order.agentId);
      await requireAllowed(world, work, order, where);
      const { to, first, purpose, agentId, queue, product, announcement, metadata, ringTimeoutMs } = order;
      const about = subjectOf(order.about);
      const wanted = { to, first, purpose, agentId, queue, product, announcement, metadata, ringTimeoutMs };
      return world.placeCall(work, { ...wanted, from, about, visitId: contact.visitId, callbackId: null });
    },
  });
}

async function requireAllowed(world: World, { tx }: Work, order: OutboundOrder, where: Whereabouts): Promise<void> {
  const { enterpriseId, to, purpose } = order;
  const at = world.clock.now();
  const { minutesPerDay: most } = await world.rules.read(tx, enterpriseId);
  const refusal = refusalOf({
    to,
    purpose,
    rules: await world.readDestinations(tx, enterpriseId),
    isOwn: await world.rules.isOwn(tx, enterpriseId, to),
    standing: await world.consents.standing(tx, enterpriseId, to),
    where,
    minutes: { used: await world.rules.countCalls(tx, enterpriseId, 1, at), most },
    at,
  });
  if (refusal !== null) throw refused(refusal.code, refusal.field, refusal.problem, refusal.cure);
}

async function contactOf({ calls, rules }: World, { tx }: Work, order: OutboundOrder): Promise<Contact> {
  const { about, enterpriseId } = order;
  if (about === null) return { numberId: null, visitId: null };
  if ('visitId' in about) {
    const { isKnown, numberId } = await rules.ofVisit(tx, enterpriseId, about.visitId);
    if (isKnown) return { numberId, visitId: about.visitId };
    throw unknownContact('about.visitId', 'visit');
  }
  if ('callId' in about) {
    const call = await calls.read(tx, about.callId);
    if (call?.enterpriseId === enterpriseId) return { numberId: call.numberId, visitId: call.visitId };
    throw unknownContact('about.callId', 'call');
  }
  const conversation = await rules.ofConversation(tx, enterpriseId, about.conversationId);
  if (conversation !== null) return conversation;
  throw unknownContact('about.conversationId', 'conversation');
}

function subjectOf(about: About | null): CallId | ConversationId | null {
  if (about === null || 'visitId' in about) return null;
  return 'callId' in about ? about.callId : about.conversationId;
}

/** The one that is named; otherwise the one through which the contact came, otherwise the one that was set. */
async function callerNumberOf(
  world: World,
  { tx }: Work,
  { enterpriseId, from }: OutboundOrder,
  contactNumber: NumberId | null,
): Promise<CallerNumber> {
  const { rules, carriers } = world;
  if (from !== null) {
    const named = await rules.numberOf(tx, enterpriseId, { e164: from });
    if (named === null)
      throw refused(
        'caller-id-denied',
        'from',
        'this is no number of yours that is active and can call',
        'name one of GET /v1/numbers with state active and the capability voice',
      );
    if (carriers.has(named.carrier)) return named;
    throw refused('carrier-unavailable', 'from', `${named.carrier} has no account here`, 'name a number elsewhere');
  }
  const ofContact = contactNumber === null ? null : await rules.numberOf(tx, enterpriseId, { id: contactNumber });
  const usual = (await rules.read(tx, enterpriseId)).from;
  const found = [ofContact, usual].find((number) => number !== null && carriers.has(number.carrier));
  if (found) return found;
  throw refused(
    'caller-id-denied',
    'from',
    'no number to call from is known for this customer',
    'send from, say about which contact it is, or set one with PUT /v1/outbound',
  );
}

/** A customer who is called first must hear something until an agent is there. */
function requireCapabilities({ carriers }: World, from: CallerNumber, order: OutboundOrder): void {
  const needs: readonly (readonly [string, Capability])[] = [
    ...(order.announcement === null ? [] : [['announcement', 'announce'] as const]),
    ...(order.first === 'agent' ? [] : [['first', 'hold-music'] as const]),
  ];
  const lacking = needs.find(([, need]) => carriers.get(from.carrier)?.capabilities.has(need) !== true);
  if (lacking === undefined) return;
  const [field, capability] = lacking;
  const cure = field === 'first' ? 'send agent for first' : `leave ${field} out`;
  const problem = `${from.carrier} lacks the capability ${capability}: see docs/carriers.md`;
  throw refused('carrier-incapable', field, problem, `${cure}, or call from a number elsewhere`);
}

/** Whom nobody else stands in for, when they are rung first, must be there to be rung. */
async function requireAgent(world: World, { tx }: Work, order: OutboundOrder, agentId: AgentId): Promise<void> {
  const presence = await world.presenceOf(tx, order.enterpriseId, agentId);
  if (presence === null)
    throw refused('invalid-request', 'agentId', 'no agent of yours has this id', 'see GET /v1/agents');
  if (order.first === 'customer' || presence === 'ready' || presence === 'wrapping') return;
  const cure = 'make them ready with PATCH /v1/agents/:id once they are free, or leave agentId out';
  throw refused('agent-unavailable', 'agentId', `this agent is ${presence}`, cure);
}

function unknownContact(field: string, what: string): AppError {
  return refused('invalid-request', field, `no ${what} of yours has this id`, `name one of yours, or leave about out`);
}

function refused(code: ErrorCode, field: string, problem: string, cure: string): AppError {
  return new AppError(code, { detail: problem, fields: [{ field, problem, cure }] });
}
