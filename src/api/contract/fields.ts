/**
 * The field shapes the wire types are made of: numbers in E.164, ids, instants in ISO 8601, texts the record can hold.
 */
import { z } from 'zod';
import { type E164, parseE164 } from '../../ports/e164.ts';
import type {
  AgentId,
  CallbackId,
  CallId,
  ConversationId,
  DestinationId,
  EndpointId,
  ExportId,
  NumberId,
  PoolId,
  VisitId,
  WebsiteId,
} from '../../ports/ids.ts';

/** Text without NUL and lone surrogates, which PostgreSQL cannot hold. */
export function text(charactersMax: number) {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'holds characters that are not text');
}

/** A telephone number in E.164, checked and branded. */
export const e164Field = z
  .string()
  .refine(
    (value): value is E164 => parseE164(value) !== null,
    'is not a telephone number in E.164, such as +15035550123',
  )
  .describe('telephone number in E.164, such as +15035550123') as unknown as z.ZodType<E164, string>;

function idField<Id extends string>(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`), `is not an id of the form ${prefix}_…`) as unknown as z.ZodType<
    Id,
    string
  >;
}

export const agentIdField = idField<AgentId>('agent');
export const callbackIdField = idField<CallbackId>('cb');
export const callIdField = idField<CallId>('call');
export const conversationIdField = idField<ConversationId>('conv');
export const destinationIdField = idField<DestinationId>('dest');
export const endpointIdField = idField<EndpointId>('ep');
export const exportIdField = idField<ExportId>('exp');
export const numberIdField = idField<NumberId>('num');
export const poolIdField = idField<PoolId>('pool');
export const websiteIdField = idField<WebsiteId>('site');
export const visitIdField = idField<VisitId>('visit');

/** An amount of money, never below zero. */
export const amountField = z.string().regex(/^\d{1,10}(?:\.\d{1,2})?$/, 'is not an amount such as 129.00');
export const currencyField = z.string().regex(/^[A-Z]{3}$/, 'is not a currency of ISO 4217 such as USD');

/** An instant as ISO 8601 in UTC. */
export const instantField = z.iso.datetime().describe('instant, ISO 8601 in UTC');

/** Query of every list: newest first, `before` an item's id continues after it. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('items a page'),
  before: text(64).optional().describe('the last item’s id of the page before'),
});

/** A page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable().describe('pass as before; null at the end') });
}
