/**
 * The conversation is recorded once the caller and an agent are together, when the plan says so: its opening has then
 * announced it to the caller. It can be paused while card data are spoken. What the carrier has recorded is kept by its id;
 * where it lies is the carrier's affair and leaves this house with nobody.
 */
import type { Call, CallEffect } from './call.ts';
import type { EventOf, Moved } from './moved.ts';

const next = {
  start: { from: ['off'], to: 'on' },
  pause: { from: ['on'], to: 'paused' },
  resume: { from: ['paused'], to: 'on' },
  stop: { from: ['on', 'paused'], to: 'off' },
} as const;

/** Null where it changes nothing, and when a recording is asked for that nobody has been told of. */
export function changeRecording(call: Call, { act }: EventOf<'recording-asked'>): Moved | null {
  const { from, to } = next[act];
  if (!from.some((state) => state === call.recording)) return null;
  if (act === 'start' && !call.plan.record) return null;
  return { call: { ...call, recording: to }, effects: [{ kind: 'record', act }] };
}

/** Begins what the plan has announced; once a call. */
export function beginRecording(call: Call): { call: Call; effects: readonly CallEffect[] } {
  if (!call.plan.record || call.isRecordingBegun) return { call, effects: [] };
  return {
    call: { ...call, recording: 'on', isRecordingBegun: true },
    effects: [{ kind: 'record', act: 'start' }],
  };
}

/** A customer whom we have called has been told that the call is recorded. */
export function recordAnnounced(call: Call): Moved | null {
  const begun = beginRecording(call);
  return begun.effects.length === 0 ? null : begun;
}

/** In whatever state: the carrier tells of a recording when it has been filed, often after the call. */
export function keepRecording(call: Call, { recordingId, seconds }: EventOf<'conversation-recorded'>): Moved | null {
  if (call.recordings.some(({ id }) => id === recordingId)) return null;
  return {
    call: { ...call, recordings: [...call.recordings, { id: recordingId, seconds }] },
    effects: [{ kind: 'tell', type: 'call.recorded', data: { recordingId, seconds } }],
  };
}
