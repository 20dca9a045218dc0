/**
 * The shapes of the sandbox's HTTP routes. Their descriptions are the newcomer's manual: they appear at /docs as they
 * stand here.
 */
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { parseE164, parseTextAddress } from '../../ports/e164.ts';

const number = (description: string) => z.string().max(20).transform(readE164).describe(description);

function readE164(text: string, context: z.RefinementCtx) {
  const read = parseE164(text);
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: 'must be a number in E.164 such as +15035550123' });
  return z.NEVER;
}

function readTextAddress(text: string, context: z.RefinementCtx) {
  const read = parseTextAddress(text);
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: 'must be E.164 such as +15035550123, or a short code of 3 to 8 digits' });
  return z.NEVER;
}

function readCaller(text: string, context: z.RefinementCtx) {
  return text === 'anonymous' ? null : readE164(text, context);
}

export const newCall = z.object({
  from: z
    .string()
    .max(20)
    .transform(readCaller)
    .optional()
    .describe('the caller’s number in E.164, or `anonymous` (also when left out)'),
  to: number('one of our numbers, in E.164'),
  attestation: z
    .enum(['A', 'B', 'C', 'failed', 'none'])
    .optional()
    .describe('STIR/SHAKEN as the network verified it; left out, the carrier says nothing'),
});

export const newText = z.object({
  from: z.string().max(20).transform(readTextAddress).describe('the sender: E.164 or a short code'),
  to: number('one of our numbers, in E.164'),
  body: z.string().min(1).max(limits.messageCharactersMax).describe('the text'),
});

export const textTaken = z.object({
  id: z.string().describe('the carrier’s id of the text'),
  conversationId: z.string().describe('the conversation it belongs to'),
});

export const keys = z.object({
  digits: z
    .string()
    .regex(/^[0-9*#]+$/, 'must be keys of a telephone: 0 to 9, * and #')
    .max(limits.sandboxKeysMax)
    .describe('the keys pressed, in order'),
});

export const declining = z
  .object({ reason: z.enum(['busy', 'no-answer']).optional().describe('left out, the call is declined') })
  .nullish();

export const speech = z.object({
  seconds: z.number().int().min(1).max(limits.voicemailSecondsMax).describe('how long is spoken, in seconds'),
});

export const reachability = z.object({
  reachable: z.boolean().describe('false: calls to the phone fail and texts are reported undelivered'),
});

export const callPath = z.object({ id: z.string().max(40).describe('the call: `SB` and 32 hexadecimal digits') });

export const phonePath = z.object({ number: number('the phone’s number in E.164') });

export const inboxPath = z.object({
  number: z.string().max(20).transform(readTextAddress).describe('the phone’s number in E.164, or a short code'),
});

export const callView = z
  .object({
    id: z.string().describe('names the call in the other routes'),
    from: z.string().describe('who calls: E.164 or `anonymous`'),
    to: z.string().describe('who is called'),
    direction: z.enum(['inbound', 'outbound']).describe('inbound: the phone called us; outbound: we ring the phone'),
    state: z.enum(['ringing', 'in-progress', 'completed']),
    hears: z.array(z.string()).describe('what the phone has heard, oldest first'),
    expects: z.enum(['keys', 'speech']).nullable().describe('what the call waits for from the phone'),
    connectedWith: z.string().nullable().describe('who is on the line'),
  })
  .describe('A call as its phone sees it');

export const phoneView = z
  .object({
    number: z.string(),
    ringing: z.array(callView).describe('calls that ring this phone, newest first'),
    calls: z
      .array(callView)
      .describe(`all its calls, ringing and ended ones too, newest first (${limits.sandboxPhoneItemsMax} at most)`),
    texts: z
      .array(z.object({ from: z.string(), body: z.string(), at: z.string().describe('ISO 8601, UTC') }))
      .describe(`texts it received, newest first (${limits.sandboxPhoneItemsMax} at most)`),
  })
  .describe('A pretend phone');
