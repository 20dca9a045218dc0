/**
 * Conversations for the contact centre's servers: read them, and answer in an agent's name.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { toIso } from '../../ports/clock.ts';
import { AppError } from '../../ports/errors.ts';
import type { Row } from '../../records/schema.ts';
import type { Message } from '../../sms/conversations.postgres.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { conversationDetailView, conversationView, messageView, replyBody } from '../contract/conversations.ts';
import { conversationIdField, pageOf, pageQuery } from '../contract/fields.ts';
import { answerOnce, idempotencyHeaders } from '../once.ts';

const tags = ['conversations'];
const params = z.object({ id: conversationIdField });

export function registerConversationRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/conversations',
    {
      schema: {
        tags,
        summary: 'Conversations, newest first',
        querystring: pageQuery,
        response: { 200: pageOf(conversationView) },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const rows = await world.reads.conversations(enterpriseId, request.query);
      return {
        items: rows.map(conversationViewOf),
        next: rows.length < request.query.limit ? null : (rows.at(-1)?.id ?? null),
      };
    },
  );

  app.get(
    '/v1/conversations/:id',
    {
      schema: {
        tags,
        summary: 'One conversation with its latest messages',
        params,
        response: { 200: conversationDetailView },
      },
    },
    async (request) => {
      const enterpriseId = await world.authorise.secret(request);
      const row = await world.reads.conversation(enterpriseId, request.params.id);
      if (row === undefined) throw new AppError('not-found', { detail: 'no such conversation' });
      const messages = await world.reads.messages(enterpriseId, row.id, limits.pageItemsMax);
      return { ...conversationViewOf(row), messages: messages.reverse().map(messageViewOf) };
    },
  );

  app.post(
    '/v1/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'Answer the customer',
        params,
        body: replyBody,
        headers: idempotencyHeaders,
        response: { 202: messageView },
      },
    },
    async (request, reply) => {
      const enterpriseId = await world.authorise.secret(request);
      const { body, author } = request.body;
      const answer = await answerOnce(world, request, enterpriseId, async (work) => {
        const replied = await world.messageDesk.replyIn(work, {
          enterpriseId,
          conversationId: request.params.id,
          body,
          author,
        });
        if (replied.kind === 'unknown') throw new AppError('not-found', { detail: 'no such conversation' });
        if (replied.kind === 'opted-out') throw new AppError('opted-out');
        return { status: 202, body: sentViewOf(replied.message) };
      });
      return reply.code(202).send(answer.body as z.infer<typeof messageView>);
    },
  );
}

type ConversationRow = NonNullable<Awaited<ReturnType<ApiWorld['reads']['conversation']>>>;

function conversationViewOf(row: ConversationRow): z.infer<typeof conversationView> {
  return {
    id: row.id,
    customer: row.customer,
    ours: row.e164,
    carrier: row.carrier,
    state: row.state,
    visitId: row.visit_id,
    openedAt: toIso(row.opened_at.getTime()),
    lastMessageAt: toIso(row.last_message_at.getTime()),
  };
}

function messageViewOf(row: Row<'message'>): z.infer<typeof messageView> {
  const { id, direction, body, segments, state, failure, author } = row;
  const createdAt = toIso(row.created_at.getTime());
  return { id, conversationId: row.conversation_id, direction, body, segments, state, failure, author, createdAt };
}

function sentViewOf(message: Message): z.infer<typeof messageView> {
  const { id, conversationId, direction, body, segments, state, failure, author } = message;
  return { id, conversationId, direction, body, segments, state, failure, author, createdAt: toIso(message.createdAt) };
}
