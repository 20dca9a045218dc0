/**
 * What a carrier must be able to do with calls. Each answer is a value: a carrier that is away is expected. `gone`
 * means the carrier knows the call has ended, which is as good as done. What not every carrier can do has a name, so that
 * it is refused when a plan is saved and not discovered on a live call.
 */
import type { E164 } from '../ports/e164.ts';
import type { CallId, LegId } from '../ports/ids.ts';
import type { Dialable, Instruction } from './instructions.ts';

export type CarrierAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

export type DialAnswer =
  | { readonly kind: 'dialled'; readonly carrierCallId: string }
  | Exclude<CarrierAnswer, { kind: 'done' | 'gone' }>;

export interface DialOrder {
  readonly callId: CallId;
  readonly legId: LegId;
  readonly from: E164;
  readonly to: Dialable;
  readonly ringTimeoutMs: number;
  /** Whether to listen, once it is picked up, if a machine has; needs the capability `answering-machine`. */
  readonly detectMachine?: boolean;
  /** Unix ms at which the order was first given: a repeated order looks for the call it may already have made. */
  readonly orderedAt: number;
  /** True when an earlier try may have reached the carrier. */
  readonly repeated: boolean;
  /** With `repeated`: calls to this phone that are known as other legs' own, so that none of them is taken for this one. */
  readonly taken?: readonly string[];
}

export type Capability =
  /** Spoken text and audio files. */
  | 'announce'
  | 'hold-music'
  /** Whoever waits stands outside of the room, with `hold`, and asks by itself what comes next: no order need reach it. */
  | 'hold-outside'
  /** Prompts that are answered with keys. */
  | 'keys'
  | 'voicemail'
  | 'record-conversation'
  | 'pause-recording'
  /** More than two in a room. */
  | 'three-way'
  /** A supervisor hears without being heard. */
  | 'supervise'
  /** A supervisor is heard by one side only. */
  | 'coach'
  /** Legs of a live call are moved between rooms: hold, transfers. */
  | 'move-legs'
  | 'hand-over-number'
  | 'hand-over-sip'
  /** Tells when a machine has picked up a phone that was rung. */
  | 'answering-machine'
  | 'attestation'
  /** Agents as SIP phones. */
  | 'sip-agents';

export interface VoiceCarrier {
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;
  dial(order: DialOrder): Promise<DialAnswer>;
  /** Replaces what a live call is doing. */
  instruct(carrierCallId: string, instructions: readonly Instruction[]): Promise<CarrierAnswer>;
  hangUp(carrierCallId: string): Promise<CarrierAnswer>;
  /** Whether a call still rings or talks; `unknown` when the carrier does not answer. */
  look(carrierCallId: string): Promise<'live' | 'gone' | 'unknown'>;
  /** Calls made to this account's numbers since then (Unix ms), newest first; absent where all of them are known here. */
  listIncoming?(since: number): Promise<ListedCalls>;
  /** Records what is said on this leg, both directions; absent where the carrier cannot. */
  record?(carrierCallId: string, act: RecordingAct, callId: CallId): Promise<CarrierAnswer>;
  /** The recording that would have to be made before these words can be said; absent where any words can be. */
  missingPrompt?(text: string): string | null;
  /** Fetches what it has recorded, under the id it gave; absent where it is kept elsewhere. */
  fetchRecording?(recordingId: string): Promise<RecordingMedia>;
}

export type ListedCalls =
  /** `isWhole` false: there were more than are looked through, and the oldest are missing. */
  | { readonly kind: 'listed'; readonly calls: readonly ListedCall[]; readonly isWhole: boolean }
  | Exclude<CarrierAnswer, { kind: 'done' | 'gone' }>;

/** A call as the carrier keeps it. Times in Unix ms; `endedAt` null while it goes on. */
export interface ListedCall {
  readonly carrierCallId: string;
  readonly dnis: E164;
  readonly ani: E164 | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** The sound of a recording, on its way. */
export type RecordingMedia =
  | {
      readonly kind: 'media';
      /** Media type, such as `audio/mpeg`. */
      readonly type: string;
      readonly bytes: number | null;
      readonly body: ReadableStream<Uint8Array>;
    }
  | Exclude<CarrierAnswer, { kind: 'done' }>;

export type RecordingAct = 'start' | 'pause' | 'resume' | 'stop';
