/** Everything that a media server makes possible, put together: prompts, music, keys, recordings. */
import type { Log } from '../../../ports/log.ts';
import { type Anchors, createAnchors } from './anchor.ts';
import { createHears, type Hears } from './hears.ts';
import type { Prompts } from './prompts.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createRecordings, type Recordings } from './recordings.ts';
import { connectRtpengine, type PressedKey, type RtpengineAddress } from './rtpengine.ts';

export interface MediaSettings {
  readonly address: RtpengineAddress;
  /** Seen by rtpengine under the same path. */
  readonly folder: string;
  readonly prompts: Prompts;
}

export interface Media {
  readonly anchors: Anchors;
  readonly hears: Hears;
  readonly recorder: Recorder;
  readonly recordings: Recordings;
  readonly prompts: Prompts;
  close(): void;
}

interface World extends MediaSettings {
  readonly onKey: (pressed: PressedKey) => void;
  readonly makeWord: () => string;
  readonly log: Log;
}

export function openMedia(world: World): Media {
  const rtpengine = connectRtpengine(world);
  const anchors = createAnchors({ ...world, rtpengine });
  const recordings = createRecordings(world.folder);
  const recorder = createRecorder({ ...world, anchors, recordings });
  const hears = createHears({ ...world, anchors });
  return Object.freeze({ anchors, hears, recorder, recordings, prompts: world.prompts, close: rtpengine.close });
}
