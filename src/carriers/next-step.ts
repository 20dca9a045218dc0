/**
 * What the addresses say that we give carriers which work by webhooks: which call, which leg of it, and which step has run
 * its course. Written and read here, so that what comes back is what was sent, at every carrier.
 */
import { z } from 'zod';
import type { CallId, LegId } from '../ports/ids.ts';
import type { NextStep } from '../telephony/instructions.ts';

const callId = z.string().regex(/^call_[0-9a-z]{26}$/, 'is not a call’s id') as unknown as z.ZodType<CallId>;
const legId = z.string().regex(/^leg_[0-9a-z]{26}$/, 'is not a leg’s id') as unknown as z.ZodType<LegId>;
const stepOf = { call: callId, leg: legId.optional() };
const asked = z.coerce.number().int().min(0).max(99);

export const callQuery = z.object({ call: callId });
export const legQuery = z.object({ call: callId, leg: legId });
export const nextQuery = z.discriminatedUnion('step', [
  z.object({ step: z.literal('left-room'), ...stepOf, room: z.string().max(64) }),
  z.object({ step: z.literal('keys'), ...stepOf, turn: z.coerce.number().int().min(0).max(1_000).optional() }),
  z.object({ step: z.literal('waited'), call: callId, asked }),
  z.object({ step: z.literal('again'), ...stepOf, asked }),
  z.object({ step: z.literal('recorded'), call: callId }),
  z.object({ step: z.literal('dial-ended'), call: callId.optional() }),
]);

export type CallQuery = z.infer<typeof callQuery>;
export type LegQuery = z.infer<typeof legQuery>;
export type NextQuery = z.infer<typeof nextQuery>;

/** What stands behind the question mark of the address where a step is reported. */
export function queryOfNext(next: NextStep): string {
  const query = new URLSearchParams({ step: next.step });
  if (next.callId !== null) query.set('call', next.callId);
  if (next.legId !== null) query.set('leg', next.legId);
  if (next.step === 'left-room') query.set('room', next.room);
  if (next.step === 'keys' && next.turn !== undefined) query.set('turn', String(next.turn));
  if (next.step === 'again' || next.step === 'waited') query.set('asked', String(next.asked));
  return query.toString();
}
