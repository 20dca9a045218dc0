/**
 * Records a leg whose sound the media server holds, both directions. A pause ends one capture and the end of the pause begins
 * another; together they are one recording. What is asked of one leg's is done in that order, and a pause that the media
 * server did not acknowledge is none. The end of a leg closes what is being recorded on it, told before the leg's own end is.
 */
import type { Log } from '../../../ports/log.ts';
import type { Leg } from '../leg.ts';
import type { Anchors } from './anchor.ts';
import type { Recordings } from './recordings.ts';

export interface Recorder {
  /** False when the media server does not record. */
  begin(leg: Leg): Promise<boolean>;
  /** False when it may still be recorded. */
  pause(leg: Leg): Promise<boolean>;
  resume(leg: Leg): Promise<boolean>;
  /** Null when nothing was being recorded. */
  end(leg: Leg): Promise<{ readonly recordingId: string; readonly seconds: number } | null>;
}

interface World {
  readonly anchors: Anchors;
  readonly recordings: Recordings;
  /** A fresh word of hexadecimal digits. */
  readonly makeWord: () => string;
  readonly log: Log;
}

export function createRecorder({ anchors, recordings, makeWord, log }: World): Recorder {
  const turns = new WeakMap<Leg, Promise<unknown>>();
  function inTurn<Value>(leg: Leg, act: () => Promise<Value>): Promise<Value> {
    const done = (turns.get(leg) ?? Promise.resolve()).then(act);
    turns.set(
      leg,
      done.catch(() => undefined),
    );
    return done;
  }

  /** What cannot be taken over now stays where it was captured. */
  async function collect({ id, anchor, recording }: Leg): Promise<void> {
    if (anchor === null || recording === null) return;
    await recordings
      .collect(anchor.id, recording.id)
      .catch((fault: unknown) => log.error({ fault, leg: id }, 'sip-recording-not-collected'));
  }

  async function stop(leg: Leg): Promise<boolean> {
    const { anchor, recording } = leg;
    if (anchor === null || recording === null || !recording.isOn) return true;
    try {
      await anchors.stopRecording(anchor);
    } catch (fault) {
      log.warn({ fault, leg: leg.id }, 'sip-recording-not-stopped');
      return false;
    }
    recording.isOn = false;
    await collect(leg);
    return true;
  }

  async function start(leg: Leg): Promise<boolean> {
    const { anchor, recording } = leg;
    if (anchor === null || recording === null) return false;
    if (recording.isOn) return true;
    try {
      await anchors.startRecording(anchor);
    } catch (fault) {
      log.warn({ fault, leg: leg.id }, 'sip-not-recorded');
      return false;
    }
    recording.isOn = true;
    return true;
  }

  async function begin(leg: Leg): Promise<boolean> {
    leg.recording = { id: `rec-${makeWord()}`, isOn: false };
    if (await start(leg)) return true;
    leg.recording = null;
    return false;
  }

  async function end(leg: Leg): ReturnType<Recorder['end']> {
    const { recording } = leg;
    if (recording === null) return null;
    if (!(await stop(leg))) await collect(leg);
    leg.recording = null;
    const seconds = await recordings.seconds(recording.id).catch((fault: unknown) => {
      log.error({ fault, leg: leg.id, recordingId: recording.id }, 'sip-recording-unreadable');
      return 0;
    });
    return { recordingId: recording.id, seconds };
  }

  return Object.freeze({
    begin: (leg: Leg) => inTurn(leg, () => begin(leg)),
    pause: (leg: Leg) => inTurn(leg, () => stop(leg)),
    resume: (leg: Leg) => inTurn(leg, () => start(leg)),
    end: (leg: Leg) => inTurn(leg, () => end(leg)),
  });
}
