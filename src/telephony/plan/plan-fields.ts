/**
 * The field shapes a route plan is made of. A plan may come from the contact centre's hook as well as over the API, so
 * what the record cannot hold is refused here and not only at the API's door.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import type { E164 } from '../../ports/e164.ts';
import type { Dialable } from '../instructions.ts';
import { isE164, readDialable } from './read-dialable.ts';

/** Something that is said to the caller. */
export const spokenField = z
  .string()
  .min(1)
  .max(limits.spokenCharactersMax)
  .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), {
    error: 'holds characters that cannot be spoken',
    params: { cure: 'send one line of well-formed text' },
  });

/** A word of the contact centre's own, such as `solar-panels`. */
export const slugField = z
  .string()
  .max(limits.slugCharactersMax)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'is not a word such as solar-panels');

export const numberField = z
  .string()
  .refine((value) => isE164(value), {
    error: 'is not a telephone number in E.164',
    params: { cure: 'write it such as +15035550123' },
  })
  .describe('telephone number in E.164; on the allowed-destination list') as unknown as z.ZodType<E164, string>;

export const dialableField = z
  .string()
  .refine((value) => readDialable(value) !== null, {
    error: 'is neither a telephone number in E.164 nor a SIP address',
    params: { cure: 'write it such as +15035550123 or sip:calls@centre.example' },
  })
  .describe('E.164, or sip:user@host at an allowed SIP host') as unknown as z.ZodType<Dialable, string>;
