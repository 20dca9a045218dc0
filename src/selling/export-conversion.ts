/**
 * The outbox handler of `conversion.export`: brings what a vendor holds of a call's conversions to what it should hold,
 * one message a claim. What is about to be sent is written down first. So after a crash, or when no answer came, the
 * very same message goes out again where the vendor knows it by its name; where it does not, it is left to an operator,
 * because sending it on a guess could count it twice.
 */
import { limits } from '../../config/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallId, DestinationId } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import type { Claimed, Settlement } from '../records/outbox-claims.postgres.ts';
import type { EntryHandler } from '../records/run-lane.ts';
import type { Db } from '../records/schema.ts';
import { decideExport, type ExportStep, isRepeatable, type PhoneConversion } from './conversion-export.ts';
import { type Credentials, type Destination, isSent } from './destination.ts';
import type { Destinations } from './destinations.postgres.ts';
import type { ConversionExport, Exports } from './exports.postgres.ts';
import { type CallFacts, readCallFacts } from './phone-conversions.postgres.ts';
import type { SendConversion } from './send-conversion.ts';
import type { VendorAnswer } from './vendor-request.ts';

interface World {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly destinations: Pick<Destinations, 'open'>;
  readonly exports: Pick<Exports, 'of' | 'note'>;
  readonly send: SendConversion;
}

interface Task {
  readonly destination: Destination;
  readonly credentials: Credentials;
  readonly callId: CallId;
  readonly facts: CallFacts;
}

const done: Settlement = { kind: 'done' };

export function createExportConversion(world: World): EntryHandler {
  return async (claimed) => {
    const { destinationId, callId } = claimed.payload as unknown as { destinationId: DestinationId; callId: CallId };
    const opened = await world.destinations.open(world.db, destinationId);
    if (opened === null) return { kind: 'dead', error: 'the destination is gone' };
    const facts = await readCallFacts(world.db, callId);
    if (facts === null) return { kind: 'dead', error: 'the call is gone' };
    for (const conversion of facts.conversions) {
      // What the destination is not set up for makes no row; what it once was, is left as the vendor holds it.
      if (!isSent(opened.destination, conversion.kind)) continue;
      const settlement = await bringUp(world, claimed, { ...opened, callId, facts }, conversion);
      if (settlement !== null) return settlement;
    }
    return done;
  };
}

/** Null: nothing is left to be sent of this conversion. */
async function bringUp(
  world: World,
  claimed: Claimed,
  task: Task,
  conversion: PhoneConversion,
): Promise<Settlement | null> {
  const { destination, callId } = task;
  const about = { enterpriseId: claimed.enterprise_id, destinationId: destination.id, callId };
  const row = await world.exports.of(world.db, about, conversion);
  if (row.state === 'dead') return null;
  const step = row.sending === null ? await decide(world, task, conversion, row) : await resume(world, task, row);
  if (step === null) return null;
  const probability = task.facts.credit?.probability ?? null;
  const attempts = row.attempts + 1;
  await world.exports.note(world.db, row.id, { state: 'sending', sending: step, attempts, probability });
  const answer = await world.send(task, step, task.facts.phone);
  const settlement = await note(world, task, { ...row, attempts }, step, answer);
  tell(world, row, answer);
  return settlement;
}

async function decide(
  world: World,
  { destination, facts }: Task,
  conversion: PhoneConversion,
  row: ConversionExport,
): Promise<ExportStep | null> {
  const { held, generation } = row;
  const { credit, phone } = facts;
  const now = world.clock.now();
  const decision = decideExport({ destination, conversion, credit, hasPhone: phone !== null, held, generation, now });
  if (decision.kind === 'step') return decision.step;
  const lastError = decision.kind === 'held' ? null : decision.reason;
  const state = decision.kind === 'skipped' ? 'skipped' : 'sent';
  if (row.state !== state || row.lastError !== lastError) {
    await world.exports.note(world.db, row.id, { state, lastError, probability: credit?.probability ?? null });
  }
  return null;
}

/** What was being sent when we last stopped: again when that does no harm, otherwise an operator's to decide. */
async function resume(world: World, { destination }: Task, row: ConversionExport): Promise<ExportStep | null> {
  if (row.sending === null || isRepeatable(destination.kind, row.sending)) return row.sending;
  await world.exports.note(world.db, row.id, { state: 'dead', lastError: unsure('we were stopped while sending') });
  return null;
}

async function note(
  world: World,
  { destination }: Task,
  row: ConversionExport,
  step: ExportStep,
  answer: VendorAnswer,
): Promise<Settlement> {
  const { exports, db } = world;
  const now = world.clock.now();
  if (answer.kind === 'taken') {
    const held = step.kind === 'retract' ? null : step.message;
    const generation = row.generation + (step.kind === 'send' ? 1 : 0);
    const ended = {
      state: 'sent',
      held,
      sending: null,
      generation,
      attempts: 0,
      lastError: null,
      sentAt: now,
    } as const;
    await exports.note(db, row.id, ended);
    return { kind: 'again', dueAt: now };
  }
  const repeatable = isRepeatable(destination.kind, step);
  const isOver = answer.kind === 'unsure' && !repeatable;
  const pauseMs = answer.kind === 'refused' || isOver ? undefined : limits.exportPausesMs[row.attempts - 1];
  const lastError = isOver ? unsure(answer.error) : answer.error;
  if (pauseMs === undefined) {
    await exports.note(db, row.id, { state: 'dead', lastError, sending: null });
    return { kind: 'again', dueAt: now };
  }
  // What surely did not arrive is decided anew at the next try; what may have arrived goes out again unchanged.
  const sending = answer.kind === 'unsure' ? step : null;
  await exports.note(db, row.id, { state: 'waiting', lastError, sending });
  const askedMs = answer.kind === 'later' ? (answer.retryAfterMs ?? 0) : 0;
  const waitMs = Math.max(pauseMs, Math.min(askedMs, limits.deliveryRetryAfterMaxMs));
  return { kind: 'retry', dueAt: now + waitMs, error: lastError };
}

function unsure(error: string): string {
  return `${error}: it may have arrived, and a second one would count twice; look there, then replay`;
}

function tell({ log }: World, { id, destinationId }: ConversionExport, answer: VendorAnswer): void {
  const facts = { export: id, destination: destinationId };
  if (answer.kind === 'taken') log.info(facts, 'conversion-exported');
  else log.warn({ ...facts, answer: answer.kind, error: answer.error }, 'conversion-not-exported');
}
