/**
 * Conversations and messages as a contact centre reads and writes them.
 */
import { z } from 'zod';
import { conversationIdField, e164Field, instantField, text, visitIdField } from './fields.ts';

export const messageView = z.object({
  id: z.string(),
  conversationId: conversationIdField,
  direction: z.enum(['inbound', 'outbound']),
  body: z.string(),
  segments: z.int(),
  state: z.string(),
  failure: z.string().nullable(),
  author: z.string().nullable(),
  createdAt: instantField,
});

export const conversationView = z.object({
  id: conversationIdField,
  customer: z.string().describe('E.164, or a short code'),
  ours: e164Field,
  carrier: z.string(),
  state: z.enum(['open', 'closed']),
  visitId: visitIdField.nullable(),
  openedAt: instantField,
  lastMessageAt: instantField,
});

export const conversationDetailView = conversationView.extend({ messages: z.array(messageView) });

export const replyBody = z.strictObject({
  body: text(1_600),
  author: text(64).default('agent').describe('who writes: an agent’s id or name'),
});
