/**
 * The menu of a route plan as it is sent: a prompt, and where each key leads. Menus stand within menus to a fixed depth,
 * so the schema is built level by level and no document can nest without end.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { numberField, slugField, spokenField } from './plan-fields.ts';
import type { Menu } from './plan-parts.ts';

const keyField = z.enum(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#']);
const leaves = [
  z.strictObject({ to: z.literal('agents') }),
  z.strictObject({ to: z.literal('product'), product: slugField }),
  z.strictObject({ to: z.literal('queue'), queue: slugField }),
  z.strictObject({ to: z.literal('number'), number: numberField }),
  z.strictObject({ to: z.literal('voicemail') }),
] as const;
const leaf = z.discriminatedUnion('to', leaves, {
  error: 'leads nowhere: to is one of agents, product, queue, number, voicemail',
});

export const menuSchema: z.ZodType<Menu> = menuOfDepth(limits.menuDepthMax) as unknown as z.ZodType<Menu>;

function menuOfDepth(depth: number): z.ZodType {
  const choice: z.ZodType =
    depth <= 1
      ? leaf
      : z.discriminatedUnion(
          'to',
          [...leaves, z.strictObject({ to: z.literal('menu'), menu: menuOfDepth(depth - 1) })],
          {
            error: 'leads nowhere: to is one of agents, product, queue, number, voicemail, menu',
          },
        );
  return z.strictObject({
    prompt: spokenField.describe('said first, such as: for sales press 1'),
    keys: z
      .partialRecord(keyField, choice)
      .refine((keys) => Object.keys(keys).length > 0, {
        error: 'has no key',
        params: { cure: 'name at least one of 0 to 9, * and #' },
      })
      .describe('where each key leads'),
    retries: z.int().min(0).max(limits.menuRetriesMax).default(1),
    timeoutMs: z
      .int()
      .min(limits.menuTimeoutMsMin)
      .max(limits.menuTimeoutMsMax)
      .default(limits.menuTimeoutMsUsual)
      .describe('how long a key is waited for'),
    otherwise: leaf.default({ to: 'agents' }).describe('after silence or wrong keys'),
  });
}
