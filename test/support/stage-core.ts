/**
 * The whole inside of the gateway on a real record, with everything outside played: a clock that stands still until it
 * is moved, a queue that only collects wakes, a carrier that answers what the test says, seeded randomness. Each call
 * makes an enterprise of its own, so tests can share a database.
 */
import { createHash } from 'node:crypto';
import { createCore } from '../../src/gateway/core.ts';
import type { NumberSupplier } from '../../src/numbers/number-supplier.ts';
import type { Database } from '../../src/ports/database.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { AgentId, NumberId, VisitId } from '../../src/ports/ids.ts';
import type { Wake } from '../../src/ports/jobs.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { EventPoster } from '../../src/records/post-event.http.ts';
import type { Tables } from '../../src/records/schema.ts';
import type { SendConversion } from '../../src/selling/send-conversion.ts';
import type { MessageGateway, SendAnswer, SendOrder } from '../../src/sms/message-gateway.ts';
import type { VoiceCarrier } from '../../src/telephony/voice-carrier.ts';

export const stagedAt = Date.parse('2026-05-04T10:00:00Z');
export const minuteMs = 60_000;

export interface StagePlan {
  readonly numbers?: number;
  readonly holdMs?: number;
  readonly leaseMs?: number;
  readonly restMs?: number;
  /** The carrier holds waiting callers outside of the room. */
  readonly waitsOutside?: boolean;
  /** How advertising vendors answer; they take everything unless the test says otherwise. */
  readonly sendConversion?: SendConversion;
  /** How a decision hook answers; nobody is there unless the test says otherwise. */
  readonly askHook?: EventPoster['ask'];
}

let stages = 0;
let phones = 0;

/** A telephone number that rings nobody and that no other test of this process has. */
export function nextPhone(): E164 {
  phones += 1;
  return `+1${200 + Math.floor(phones / 100)}55501${String(phones % 100).padStart(2, '0')}` as E164;
}

export async function stageCore(database: Database<Tables>, plan: StagePlan = {}) {
  const db = database.kysely;
  const clock = { at: stagedAt, now: () => clock.at };
  const randomBytes = seededBytes();
  const wakes: Wake[] = [];
  const jobs = { wake: async (more: readonly Wake[]) => void wakes.push(...more), start: idle, close: idle };
  const carrier = stageCarrier(plan.waitsOutside === true);
  const suppliers = new Map<string, NumberSupplier>();
  const core = createCore({
    database,
    jobs,
    log: silentLog,
    clock,
    random: () => 0.5,
    randomBytes,
    masterKey: new Uint8Array(32).fill(7),
    poster: { post: async () => ({ kind: 'answered', status: 200, retryAfterMs: null }) },
    hookPoster: { ask: plan.askHook ?? (async () => ({ kind: 'failed', reason: 'ECONNREFUSED' })) },
    countHook: () => undefined,
    voice: new Map([['sandbox', carrier.voice]]),
    texts: new Map([['sandbox', carrier.texts]]),
    sendConversion: plan.sendConversion ?? (async () => ({ kind: 'taken' })),
    suppliers,
    publicUrl: () => 'https://lines.example',
    carrierFallbackUrl: null,
    countDelivery: () => undefined,
  });
  const { ids } = core;
  const enterpriseId = ids.make('ent');
  const website = { id: ids.make('site'), enterpriseId, poolId: ids.make('pool') };
  const { holdMs = 3 * minuteMs, leaseMs = minuteMs, restMs = 5 * minuteMs } = plan;
  const policy = { poolId: website.poolId, holdMs, leaseMs, restMs, sharedNumberId: null };
  await db
    .insertInto('enterprise')
    .values({ id: enterpriseId, name: 'Acme', created_at: new Date(stagedAt) })
    .execute();
  await db
    .insertInto('pool')
    .values({
      id: policy.poolId,
      enterprise_id: enterpriseId,
      name: 'Main',
      hold_ms: holdMs,
      lease_ms: leaseMs,
      rest_ms: restMs,
    })
    .execute();
  await db
    .insertInto('website')
    .values({ id: website.id, enterprise_id: enterpriseId, name: 'Shop', origins: [], pool_id: policy.poolId })
    .execute();
  const addNumber = async (freeAt = stagedAt) => {
    const number = { id: ids.make('num'), enterpriseId, e164: nextPhone(), carrier: 'sandbox', failover: null };
    await core.numbers.add(db, { ...number, poolId: policy.poolId }, freeAt);
    return number;
  };
  const numbers: Awaited<ReturnType<typeof addNumber>>[] = [];
  for (let count = 0; count < (plan.numbers ?? 1); count += 1) numbers.push(await addNumber());

  return {
    ...core,
    db,
    clock,
    wakes,
    carrier,
    suppliers,
    enterpriseId,
    website,
    policy,
    numbers,
    addNumber,
    /** Makes a visit without a lease. */
    async addVisit(visitorId: string | null = null, arrival: Record<string, string> = {}): Promise<VisitId> {
      const id = ids.make('visit');
      const visit = { id, enterpriseId, websiteId: website.id, visitorId, arrival, startedAt: clock.at };
      await core.transact(({ tx }) => core.visits.insert(tx, visit));
      return id;
    },
    async addAgent(presence: 'ready' | 'offline' = 'ready'): Promise<AgentId> {
      const id = ids.make('agent');
      await core.agents.add(db, { id, enterpriseId, name: 'Ada', phone: nextPhone(), presence, at: clock.at });
      return id;
    },
    /** A call to one of our numbers, as the carrier announces it; `ani` null: withheld. */
    takeCall: (numberId?: NumberId, ani: E164 | null = nextPhone()) => {
      const number = numbers.find(({ id }) => id === numberId) ?? numbers[0];
      if (number === undefined) throw new Error('no number is staged');
      const carrierCallId = `SC${ids.make('call')}`;
      const about = { carrier: 'sandbox', carrierCallId, dnis: number.e164, ani, attestation: null };
      return core.callDesk.take({ ...about, raw: {} });
    },
    /** What the contact centre is told about a subject, in order. */
    async told(subject: string) {
      const rows = await db
        .selectFrom('event')
        .select(['type', 'sequence', 'data'])
        .where('subject', '=', subject)
        .orderBy('sequence')
        .execute();
      return rows;
    },
    /** Works every lane whose head is due now until nothing more comes of it. */
    async settle(): Promise<void> {
      for (;;) {
        const pending = await db
          .selectFrom('outbox')
          .select(['lane', 'due_at'])
          .distinctOn('lane')
          .where('enterprise_id', '=', enterpriseId)
          .where('state', '=', 'pending')
          .orderBy('lane')
          .orderBy('id')
          .execute();
        const due = pending.filter(({ due_at }) => due_at.getTime() <= clock.at);
        if (due.length === 0) return;
        for (const { lane } of due) await core.lanes.run(lane);
      }
    },
  };
}

async function idle(): Promise<void> {}

/** Bytes that differ from stage to stage and are the same from run to run. */
function seededBytes(): (length: number) => Uint8Array {
  stages += 1;
  const stage = stages;
  let count = 0;
  return (length) => {
    count += 1;
    return createHash('shake256', { outputLength: length }).update(`${stage}:${count}`).digest();
  };
}

/** A carrier that remembers its orders; `answers` are given one by one, then every text is sent. */
function stageCarrier(waitsOutside: boolean) {
  const sent: SendOrder[] = [];
  const answers: SendAnswer[] = [];
  /** Run inside the next send, before it is answered. */
  const during: (() => Promise<unknown>)[] = [];
  const texts: MessageGateway = {
    name: 'sandbox',
    answersConsentWords: false,
    async send(order) {
      sent.push(order);
      await during.shift()?.();
      return answers.shift() ?? { kind: 'sent', carrierMessageId: `SM-${order.messageId}` };
    },
  };
  const voice: VoiceCarrier = {
    name: 'sandbox',
    capabilities: new Set([
      'announce',
      'hold-music',
      'keys',
      'voicemail',
      'move-legs',
      'three-way',
      'hand-over-number',
      ...(waitsOutside ? (['hold-outside'] as const) : []),
    ]),
    dial: async ({ legId }) => ({ kind: 'dialled', carrierCallId: `SC-${legId}` }),
    instruct: async () => ({ kind: 'done' }),
    hangUp: async () => ({ kind: 'done' }),
    look: async () => 'live',
  };
  return { sent, answers, during, texts, voice };
}

export type StagedCore = Awaited<ReturnType<typeof stageCore>>;
