/** The Calls resource: what is required, what a live call may be told, and Twilio's codes for what it may not. */

import type { LiveCall, StatusReport } from './far-end-call.ts';
import { callRecord, pageRecord } from './far-end-records.ts';
import type { Switchboard } from './far-end-switchboard.ts';
import type { World } from './far-end-world.ts';
import { fitsDates, type RestAnswer, type RestAsk } from './rest-request.ts';
import type { Source } from './verb-step.ts';

/** Ring time when a create names none. */
const defaultRingSeconds = 60;

/** Answers one request about calls. */
export function answerCalls(world: World, switchboard: Switchboard, ask: RestAsk): RestAnswer {
  if (ask.what === 'create') return createOne(world, switchboard, ask.fields);
  if (ask.sid === null) return listCalls(world, switchboard, ask.fields);
  const live = switchboard.find(ask.sid);
  if (live === undefined)
    return { status: 404, code: 20_404, message: `The requested resource ${ask.sid} was not found` };
  const refusal = ask.what === 'update' ? updateOne(world, live, ask.fields) : null;
  return refusal ?? { status: 200, body: callRecord(world, live.line) };
}

function createOne(world: World, switchboard: Switchboard, fields: RestAsk['fields']): RestAnswer {
  const { To: to, From: from } = fields;
  if (to === undefined) return { status: 400, code: 21_201, message: "No 'To' number is specified" };
  if (from === undefined) return { status: 400, code: 21_213, message: "No 'From' number is specified" };
  const source = sourceOf(world, fields);
  if (source === null) return { status: 400, code: 21_205, message: 'Url parameter is required.' };
  const ringTimeoutMs = Number(fields.Timeout ?? defaultRingSeconds) * 1000;
  const live = switchboard.dial({
    to,
    from,
    source,
    report: reportOf(fields),
    machineUrl: machineUrlOf(fields),
    ringTimeoutMs,
  });
  return { status: 201, body: callRecord(world, live.line) };
}

function sourceOf(world: World, fields: RestAsk['fields']): Source | null {
  const method = fields.Method?.toUpperCase() === 'GET' ? 'GET' : 'POST';
  if (fields.Twiml !== undefined) return { kind: 'twiml', twiml: fields.Twiml, baseUrl: world.hookUrl('voice') };
  if (fields.Url === undefined) return null;
  const isMachineAsked =
    fields.MachineDetection !== undefined && fields.MachineDetection !== 'none' && fields.AsyncAmd !== 'true';
  return { kind: 'url', url: fields.Url, method, fields: isMachineAsked ? { AnsweredBy: 'human' } : {} };
}

/** Only `completed` is reported unless others are asked for. */
function reportOf(fields: RestAsk['fields']): StatusReport | null {
  if (fields.StatusCallback === undefined) return null;
  const events = (fields.StatusCallbackEvent ?? 'completed').split(/[\s,]+/);
  const method = fields.StatusCallbackMethod?.toUpperCase() === 'GET' ? 'GET' : 'POST';
  return { url: fields.StatusCallback, method, events };
}

/** Where is told who picked up, when that is not waited for. */
function machineUrlOf(fields: RestAsk['fields']): string | null {
  const isAsked = fields.MachineDetection !== undefined && fields.MachineDetection !== 'none';
  return isAsked && fields.AsyncAmd === 'true' ? (fields.AsyncAmdStatusCallback ?? null) : null;
}

/** Null when done. */
function updateOne(world: World, live: LiveCall, fields: RestAsk['fields']): RestAnswer | null {
  const status = live.line.status();
  const waits = status === 'queued' || status === 'ringing';
  const over = !waits && status !== 'in-progress';
  if (fields.Status === 'canceled') {
    if (waits) live.end('canceled');
    else if (over) return refused('Call is not in-progress. Cannot cancel.');
    return null;
  }
  if (over) return refused('Call is not in-progress. Cannot redirect.');
  if (fields.Status === 'completed') {
    live.end(waits ? 'canceled' : 'completed');
    return null;
  }
  const source = sourceOf(world, fields);
  if (source === null) return { status: 400, code: 21_219, message: 'Nothing to update' };
  if (waits && live.call.direction !== 'inbound') return refused('Call is not in-progress. Cannot redirect.');
  live.redirect(source);
  return null;
}

function refused(why: string): RestAnswer {
  return { status: 400, code: 21_220, message: `Unable to update record. ${why}` };
}

function listCalls(world: World, switchboard: Switchboard, fields: RestAsk['fields']): RestAnswer {
  const found = switchboard.all().filter(({ line }) => {
    const { facts } = line;
    const startedAt = line.answeredAtMs() ?? facts.createdAtMs;
    return (
      facts.to === (fields.To ?? facts.to) &&
      facts.from === (fields.From ?? facts.from) &&
      line.status() === (fields.Status ?? line.status()) &&
      (facts.parentSid ?? '') === (fields.ParentCallSid ?? facts.parentSid ?? '') &&
      fitsDates(startedAt, 'StartTime', fields)
    );
  });
  const limit = Number(fields.PageSize ?? 50);
  const path = `/2010-04-01/Accounts/${world.accountSid}/Calls.json`;
  const records = found.slice(0, limit).map(({ line }) => callRecord(world, line));
  return { status: 200, body: pageRecord(path, 'calls', records) };
}
