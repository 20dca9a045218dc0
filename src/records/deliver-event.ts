/**
 * The outbox handler of `webhook.deliver`: one try of one event at one endpoint, and what follows from the answer. Only
 * a 2xx is success (Standard Webhooks 1.0); a redirect is a failure like any other, 410 switches the endpoint off, and
 * a try that failed is made again by the table of pauses until it ends, a dead letter that can be replayed. Entries of
 * a disabled endpoint become dead letters too: kept pending they would hold their lanes for as long as nobody cares.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EndpointId, EventId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { DeliveryTarget, Endpoints } from './endpoints.postgres.ts';
import { eventBody } from './event-body.ts';
import type { Outbox } from './outbox.postgres.ts';
import type { Claimed, Settlement } from './outbox-claims.postgres.ts';
import type { EventPoster, PostAnswer } from './post-event.http.ts';
import type { EntryHandler } from './run-lane.ts';
import type { Db } from './schema.ts';
import { signEvent } from './sign-event.ts';
import type { Transact } from './transact.ts';

interface World {
  readonly db: Db;
  readonly transact: Transact;
  readonly clock: Clock;
  /** Even in [0, 1); spreads the tries of many subjects that failed together. */
  readonly random: () => number;
  readonly log: Log;
  readonly outbox: Pick<Outbox, 'readEvent'>;
  readonly endpoints: Pick<Endpoints, 'readTarget' | 'noteSuccess' | 'noteFailure' | 'disable'>;
  readonly poster: Pick<EventPoster, 'post'>;
  /** Counts how each try ended, for the metrics. */
  readonly count?: (result: 'delivered' | 'retried' | 'dead') => void;
}

/** Statuses that say "not so fast": their Retry-After is obeyed. */
const slowDown = new Set([429, 502, 503, 504]);
const counted = { done: 'delivered', retry: 'retried', dead: 'dead' } as const;

export function createDeliverEvent(world: World): EntryHandler {
  return async (claimed) => {
    const settlement = await tryDelivery(world, claimed).catch((fault: unknown) => {
      // A fault of ours must not end the event by the short table of carrier effects.
      world.log.error({ ...idsOf(claimed), fault }, 'event-delivery-fault');
      return laterOrDead(world, claimed, { error: 'a fault of the gateway', retryAfterMs: null });
    });
    tell(world, claimed, settlement);
    return settlement;
  };
}

/** A delivery is done once. */
type DeliverySettlement = Exclude<Settlement, { kind: 'again' }>;

async function tryDelivery(world: World, claimed: Claimed): Promise<DeliverySettlement> {
  const { endpoint_id: endpointId, event_id: eventId } = claimed;
  if (endpointId === null || eventId === null) return { kind: 'dead', error: 'names no endpoint or event' };
  const target = await world.endpoints.readTarget(world.db, endpointId);
  if (target === null) return { kind: 'dead', error: 'endpoint gone' };
  if (!target.enabled) return { kind: 'dead', error: 'endpoint disabled' };
  const answer = await send(world, target, eventId);
  if (answer === null) return { kind: 'dead', error: 'event gone' };
  return judge(world, claimed, endpointId, answer);
}

async function send(world: World, target: DeliveryTarget, eventId: EventId): Promise<PostAnswer | null> {
  const event = await world.outbox.readEvent(world.db, eventId);
  if (event === null) return null;
  const body = eventBody(event, limits.eventBodyBytesMax);
  const timestampSeconds = Math.floor(world.clock.now() / 1_000);
  const signed = signEvent({ eventId, timestampSeconds, body, secrets: target.secrets });
  return world.poster.post(target.url, { ...signed }, body);
}

async function judge(
  world: World,
  claimed: Claimed,
  endpointId: EndpointId,
  answer: PostAnswer,
): Promise<DeliverySettlement> {
  if (answer.kind !== 'answered') {
    await noteFailure(world, claimed, endpointId);
    return laterOrDead(world, claimed, { error: answer.reason, retryAfterMs: null });
  }
  const { status } = answer;
  if (status >= 200 && status < 300) {
    await quietly(world, claimed, () => world.endpoints.noteSuccess(world.db, endpointId));
    return { kind: 'done' };
  }
  const error = `status ${status}`;
  if (status === 410) {
    const reason = 'the endpoint answered 410 Gone';
    await quietly(world, claimed, () => world.transact((work) => world.endpoints.disable(work, endpointId, reason)));
    return { kind: 'dead', error };
  }
  await noteFailure(world, claimed, endpointId);
  return laterOrDead(world, claimed, { error, retryAfterMs: slowDown.has(status) ? answer.retryAfterMs : null });
}

function noteFailure(world: World, claimed: Claimed, endpointId: EndpointId): Promise<void> {
  return quietly(world, claimed, () => world.transact((work) => world.endpoints.noteFailure(work, endpointId)));
}

/** The endpoint's health is kept beside the delivery: a note that is lost must not send an event twice. */
async function quietly(world: World, claimed: Claimed, note: () => Promise<void>): Promise<void> {
  try {
    await note();
  } catch (fault) {
    world.log.warn({ ...idsOf(claimed), fault }, 'endpoint-health-not-noted');
  }
}

/**
 * The next try by the table of pauses with 20 % jitter, or the end. Retry-After, up to 24 h, can put the try off but
 * never bring it forward: an endpoint that says 1 s each time would use up its ten tries in ten seconds.
 */
function laterOrDead(
  world: World,
  claimed: Claimed,
  failure: { readonly error: string; readonly retryAfterMs: number | null },
): DeliverySettlement {
  const pauseMs = limits.deliveryPausesMs[claimed.attempts - attemptsBefore(claimed) - 1];
  if (pauseMs === undefined) return { kind: 'dead', error: failure.error };
  const jitteredMs = pauseMs * (1 + limits.deliveryJitterShare * (2 * world.random() - 1));
  const askedMs = Math.min(failure.retryAfterMs ?? 0, limits.deliveryRetryAfterMaxMs);
  const dueAt = world.clock.now() + Math.round(Math.max(jitteredMs, askedMs));
  return { kind: 'retry', dueAt, error: failure.error };
}

/** Tries that were made before the last replay. */
function attemptsBefore({ payload }: Claimed): number {
  return typeof payload.attemptsBefore === 'number' ? payload.attemptsBefore : 0;
}

function tell(world: World, claimed: Claimed, settlement: DeliverySettlement): void {
  world.count?.(counted[settlement.kind]);
  const facts = idsOf(claimed);
  if (settlement.kind === 'done') world.log.info(facts, 'event-delivered');
  else if (settlement.kind === 'retry') world.log.info({ ...facts, error: settlement.error }, 'event-delivery-retried');
  else world.log.warn({ ...facts, error: settlement.error }, 'event-delivery-dead');
}

function idsOf({ event_id: event, endpoint_id: endpoint, attempts }: Claimed): Record<string, unknown> {
  return { event, endpoint, attempts };
}
