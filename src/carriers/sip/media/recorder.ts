/**
 * Records a leg whose sound the media server holds, both directions. A pause ends one capture and the end of the pause begins
 * another; together they are one recording. The end of a leg closes what is being recorded on it, and it is told before the
 * leg's own end is.
 */
import type { Log } from '../../../ports/log.ts';
import type { Leg } from '../leg.ts';
import type { Anchors } from './anchor.ts';
import type { Recordings } from './recordings.ts';

export interface Recorder {
  /** False when the media server does not record. */
  begin(leg: Leg): Promise<boolean>;
  pause(leg: Leg): Promise<void>;
  resume(leg: Leg): Promise<void>;
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
  async function stop(leg: Leg): Promise<void> {
    const { anchor, recording } = leg;
    if (anchor === null || recording === null || !recording.isOn) return;
    recording.isOn = false;
    await anchors
      .stopRecording(anchor)
      .catch((fault: unknown) => log.warn({ fault, leg: leg.id }, 'sip-recording-not-stopped'));
    await recordings.collect(anchor.id, recording.id);
  }

  async function start(leg: Leg): Promise<void> {
    const { anchor, recording } = leg;
    if (anchor === null || recording === null || recording.isOn) return;
    await anchors.startRecording(anchor);
    recording.isOn = true;
  }

  return Object.freeze({
    async begin(leg: Leg): Promise<boolean> {
      if (leg.anchor === null) return false;
      leg.recording = { id: `rec-${makeWord()}`, isOn: false };
      try {
        await start(leg);
        return true;
      } catch (fault) {
        log.warn({ fault, leg: leg.id }, 'sip-not-recorded');
        leg.recording = null;
        return false;
      }
    },
    pause: stop,
    resume: start,
    async end(leg: Leg) {
      const { recording } = leg;
      if (recording === null) return null;
      await stop(leg);
      leg.recording = null;
      return { recordingId: recording.id, seconds: await recordings.seconds(recording.id) };
    },
  });
}
