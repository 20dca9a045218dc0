/**
 * Whose call or text it is: every belief with its reasons for the contact centre's servers, the masked question that an
 * agent may be shown, and what the contact centre says afterwards.
 */
import { z } from 'zod';
import type { Revised } from '../../numbers/attribution/belief-desk.ts';
import { sayTerms } from '../../numbers/attribution/say-terms.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { EnterpriseId } from '../../ports/ids.ts';
import type { Row } from '../../records/schema.ts';
import type { ApiWorld, App } from '../app-type.ts';
import {
  type attributionView,
  beliefsView,
  type beliefView,
  codeBody,
  codeView,
  confirmBody,
  questionView,
} from '../contract/attribution.ts';
import { callIdField, conversationIdField } from '../contract/fields.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

const kinds = [
  { of: 'calls', noun: 'call', params: z.object({ id: callIdField }) },
  { of: 'conversations', noun: 'conversation', params: z.object({ id: conversationIdField }) },
] as const;

export function registerAttributionRoutes(app: App, world: ApiWorld): void {
  for (const kind of kinds) registerContact(app, world, kind);
  registerCode(app, world);
}

function registerContact(app: App, world: ApiWorld, { of, noun, params }: (typeof kinds)[number]): void {
  const path = `/v1/${of}/:id/attribution`;
  const unknown = () => new AppError('not-found', { detail: `no such ${noun}` });
  app.get(
    path,
    {
      schema: {
        tags: [of],
        summary: `Whose ${noun} it is: every belief, with its candidates and reasons (for servers, not for screens)`,
        params,
        response: { 200: beliefsView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      return beliefsOf(world, enterpriseId, request.params.id, unknown);
    },
  );

  app.get(
    `${path}/question`,
    {
      schema: {
        tags: [of],
        summary: 'Masked choices that an agent may be shown, to ask who it is',
        params,
        response: { 200: questionView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const about = { enterpriseId, subject: request.params.id };
      const question = await world.transact((work) => world.beliefDesk.question(work, about));
      if (question === null) throw unknown();
      const choices = question.choices.map(({ id, says }) => ({ choice: id, says }));
      return { revision: question.revision, choices, none: question.noneId };
    },
  );

  app.post(
    `${path}/confirm`,
    {
      schema: {
        tags: [of],
        summary: `Say whose ${noun} it was: the answer to the question, or the visit`,
        params,
        body: confirmBody,
        headers: idempotencyHeaders,
        response: { 200: beliefsView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const answer = { enterpriseId, subject: request.params.id, ...request.body };
      await answerOnce(world, request, enterpriseId, async (work) => {
        const revised = await world.beliefDesk.answer(work, answer);
        if (revised.kind === 'unknown-contact') throw unknown();
        if (revised.kind === 'unknown-choice') throw new AppError('invalid-request', { fields: [unknownChoice] });
        return { status: 200, body: revised satisfies Revised };
      });
      return beliefsOf(world, enterpriseId, request.params.id, unknown);
    },
  );
}

const unknownChoice = {
  field: 'choice',
  problem: 'is no choice of a question about this contact, and no visit of yours',
  cure: 'send a choice or none of GET …/attribution/question, or a visit’s id',
};

function registerCode(app: App, world: ApiWorld): void {
  app.post(
    '/v1/calls/:id/code',
    {
      schema: {
        tags: ['calls'],
        summary: 'The code a caller of a shared number has keyed',
        params: z.object({ id: callIdField }),
        body: codeBody,
        response: { 200: codeView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const about = { enterpriseId, subject: request.params.id, code: request.body.code };
      const keyed = await world.transact((work) => world.beliefDesk.codeKeyed(work, about));
      if (keyed.kind === 'unknown-contact') throw new AppError('not-found', { detail: 'no such call' });
      if (keyed.kind === 'too-many-tries')
        throw new AppError('too-many-requests', { detail: 'too many wrong codes on this call' });
      const rows = await world.attributionReads.revisions(enterpriseId, request.params.id);
      const latest = rows.at(-1);
      if (latest === undefined) throw new AppError('not-found', { detail: 'no such call' });
      const triesLeft = keyed.kind === 'unknown-code' ? keyed.triesLeft : null;
      return { matched: triesLeft === null, triesLeft, attribution: attributionViewOf(latest) };
    },
  );
}

async function beliefsOf(
  world: ApiWorld,
  enterpriseId: EnterpriseId,
  subject: z.infer<typeof beliefsView>['subject'],
  unknown: () => AppError,
): Promise<z.infer<typeof beliefsView>> {
  const rows = await world.attributionReads.revisions(enterpriseId, subject);
  if (rows.length === 0) throw unknown();
  return { subject, revisions: rows.map(beliefViewOf) };
}

/** The short of it, without candidates. */
export function attributionViewOf(row: Row<'attribution'>): z.infer<typeof attributionView> {
  const { decision, visit_id: visitId, probability, revision, cause } = row;
  return { decision, visitId, probability, revision, cause };
}

function beliefViewOf(row: Row<'attribution'>): z.infer<typeof beliefView> {
  const candidates = row.candidates as (Omit<z.infer<typeof beliefView>['candidates'][number], 'terms'> & {
    terms: Record<string, number>;
  })[];
  return {
    ...attributionViewOf(row),
    at: toIso(row.at.getTime()),
    nobody: row.nobody,
    others: row.others,
    threshold: row.threshold,
    modelVersion: row.model_version,
    candidates: candidates.map((candidate) => ({ ...candidate, terms: sayTerms(candidate.terms) })),
  };
}
