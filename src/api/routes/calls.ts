/**
 * Calls and what came of them, for the contact centre's servers.
 */
import { z } from 'zod';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { Row } from '../../records/schema.ts';
import { type Call, talkMs } from '../../telephony/call.ts';
import { directionOf } from '../../telephony/outbound.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { callDetailView, callView, outcomeBody, outcomeView } from '../contract/calls.ts';
import { callIdField, pageOf, pageQuery, text } from '../contract/fields.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';
import { attributionViewOf } from './attribution.ts';

const tags = ['calls'];
const params = z.object({ id: callIdField });

export function registerCallRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/calls',
    {
      schema: {
        tags,
        summary: 'Calls, newest first',
        querystring: pageQuery.extend({ carrierCallId: text(64).optional() }),
        response: { 200: pageOf(callView) },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const calls = await world.reads.calls(enterpriseId, request.query);
      return {
        items: calls.map(callViewOf),
        next: calls.length < request.query.limit ? null : (calls.at(-1)?.id ?? null),
      };
    },
  );

  app.get(
    '/v1/calls/:id',
    {
      schema: {
        tags,
        summary: 'One call with its attribution and outcomes',
        params,
        response: { 200: callDetailView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const call = await callOf(world, enterpriseId, request.params.id);
      const attribution = await world.reads.attribution(enterpriseId, call.id);
      const outcomes = await world.reads.outcomes(enterpriseId, call.id);
      return {
        ...callViewOf(call),
        plan: planOf(call),
        attribution: attribution === undefined ? null : attributionViewOf(attribution),
        outcomes: outcomes.map(outcomeViewOf),
      };
    },
  );

  app.post(
    '/v1/calls/:id/outcome',
    {
      schema: {
        tags,
        summary: 'Say what came of a call',
        params,
        body: outcomeBody,
        headers: idempotencyHeaders,
        response: { 201: outcomeView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const call = await callOf(world, enterpriseId, request.params.id);
      const { disposition, value = null, currency = null, note = null } = request.body;
      if ((value === null) !== (currency === null)) {
        const field = value === null ? 'value' : 'currency';
        const fault = { field, problem: 'a value and its currency go together', cure: 'send both or neither' };
        throw new AppError('invalid-request', { fields: [fault] });
      }
      const answer = await answerOnce(world, request, enterpriseId, async (work) => {
        const outcome = { enterpriseId, callId: call.id, visitId: call.visitId, disposition, value, currency, note };
        return { status: 201, body: outcomeViewOf(await world.outcomes.append(work, outcome)) };
      });
      return reply.code(201).send(answer.body as z.infer<typeof outcomeView>);
    },
  );
}

async function callOf(world: ApiWorld, enterpriseId: Call['enterpriseId'], id: Call['id']): Promise<Call> {
  const call = await world.reads.call(enterpriseId, id);
  if (call === null) throw new AppError('not-found', { detail: 'no such call' });
  return call;
}

/** A call as the wire shows it. */
export function callViewOf(call: Call): z.infer<typeof callView> {
  return {
    id: call.id,
    carrier: call.carrier,
    carrierCallId: call.carrierCallId,
    direction: directionOf(call),
    from: call.outbound === null ? call.ani : call.dnis,
    to: call.outbound === null ? call.dnis : call.ani,
    attestation: call.attestation,
    state: call.state,
    startedAt: toIso(call.startedAt),
    bridgedAt: call.bridgedAt === null ? null : toIso(call.bridgedAt),
    endedAt: call.endedAt === null ? null : toIso(call.endedAt),
    talkMs: talkMs(call),
    visitId: call.visitId,
    verdict: call.verdict === null ? null : { ...call.verdict },
    voicemail: call.voicemail === null ? null : { ...call.voicemail },
    recording: call.recording,
    recordings: call.recordings.map((one) => ({ ...one })),
    queue: call.queue,
    outbound: outboundViewOf(call),
    legs: call.legs.map(({ id, role, agentId, state, hears, ending }) => ({
      id,
      role,
      agentId,
      state,
      mode: hears,
      ending,
    })),
  };
}

function outboundViewOf({ outbound }: Call): z.infer<typeof callView>['outbound'] {
  if (outbound === null) return null;
  const { first, purpose, agentId, about, callbackId, metadata, answeredAt } = outbound;
  const answered = answeredAt === null ? null : toIso(answeredAt);
  return { first, purpose, agentId, about, callbackId, metadata: { ...metadata }, answeredAt: answered };
}

function planOf({ plan: { source, version, hook } }: Call): z.infer<typeof callDetailView>['plan'] {
  return { source, version, hook: hook === null ? null : { ...hook } };
}

function outcomeViewOf(row: Row<'outcome'>): z.infer<typeof outcomeView> {
  const { id, disposition, value, currency, note, at } = row;
  return { id, disposition, value, currency, note, at: toIso(at.getTime()) };
}
