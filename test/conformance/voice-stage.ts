/**
 * What a carrier's test must be able to play for the suite of the voice port: phones that call, ring, are answered and hung
 * up; and, where there is a wire, a REST API that is away and webhooks that are doubled, shuffled, unsigned or forged. What
 * a carrier has no such thing for says so by name, and the suite skips it under that reason.
 */
import { expect } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import type { Place } from '../support/deployments.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type RunningGateway, runGateway } from '../support/run-gateway.ts';

export const stageCaller = '+12125550142';
export const stageCustomer = '+12125550143';
export const stageFailover = '+15035550177';

/** A gateway in business, without a carrier's far end. */
export interface Office {
  readonly gateway: RunningGateway;
  readonly api: ApiClient;
  readonly receiver: Receiver;
}

/** A call as the person holding the phone knows it. */
export interface StagedPhone {
  /** The call's id at the carrier. */
  readonly id: string;
  readonly to: string;
  /** `waiting`: alone in a room; `talking`: with somebody; `recording`: a message is taken. */
  waitFor(moment: 'waiting' | 'talking' | 'recording' | 'ended'): Promise<void>;
  isTalking(): Promise<boolean>;
  /** What was heard so far: `say: …`, `music…`, `tone` and whatever else the carrier has. */
  heard(): Promise<readonly string[]>;
  answer(): Promise<void>;
  /** Waits until keys are asked for. */
  press(digits: string): Promise<void>;
  busy(): Promise<void>;
  noAnswer(): Promise<void>;
  hangUp(): Promise<void>;
  /** Waits for the recording, speaks and hangs up. */
  leaveMessage(seconds: number): Promise<void>;
}

/** The carrier's wire, where there is one. */
export interface StagedWire {
  /** The next REST requests are answered 503. */
  restAway(requests: number): void;
  /** The next dial reaches the carrier, whose answer is lost. */
  loseDialAnswer(): void;
  /** Events come three times from now on. */
  tripleEvents(): void;
  /** Events are held back from now on; answers with what lets them go, the last one first. */
  holdEvents(): () => Promise<void>;
  /** The call's first webhook once more, byte for byte: status and body of both answers. */
  repeatFirst(): Promise<{ readonly first: string; readonly again: string }>;
  /** Every webhook so far once more; answers with the statuses. */
  repeatAll(): Promise<readonly number[]>;
  /** The call's first webhook without a signature, and with one of somebody else's: the statuses. */
  forge(): Promise<{ readonly unsigned: number; readonly forged: number }>;
  settled(): Promise<void>;
}

export interface VoiceStage extends Office {
  readonly carrier: string;
  /** Adds the carrier's number to the inventory. */
  addNumber(failover?: string): Promise<string>;
  placeCall(to: string): Promise<StagedPhone>;
  /** The next phone that rings and was not given out yet; of these numbers, when some are named. */
  nextRing(phones?: readonly string[]): Promise<StagedPhone>;
  /** How many calls the carrier was made to place. */
  dials(): Promise<number>;
  readonly wire: StagedWire | null;
  /** Capabilities that the carrier has not, where a guarantee hangs on them. */
  readonly lacks?: readonly string[];
}

/** Starts a gateway with the demo in it, and a contact centre that listens. */
export async function openOffice(place: Place, environment: Readonly<Record<string, string>>): Promise<Office> {
  const receiver = await startReceiver();
  place.keep(receiver.close);
  const gateway = await runGateway(place, environment);
  const api = createApiClient(gateway);
  const endpoint = await api.must('POST', '/v1/endpoints', { body: { url: receiver.url } });
  receiver.setSecret(endpoint.secret);
  return { gateway, api, receiver };
}

/** The one call there is, with all the record knows of it. */
export async function theOnlyCall({ api }: Pick<Office, 'api'>) {
  const { items } = await api.must('GET', '/v1/calls');
  expect(items, 'one call').toHaveLength(1);
  return api.must('GET', `/v1/calls/${items[0].id}`);
}

/** Nobody is there to take a call. */
export async function closeOffice({ api }: Pick<Office, 'api'>): Promise<void> {
  const { items } = await api.must('GET', '/v1/agents');
  for (const { id } of items) await api.must('PATCH', `/v1/agents/${id}`, { body: { presence: 'offline' } });
}
