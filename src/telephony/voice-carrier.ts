/**
 * What a carrier must be able to do with calls. Each answer is a value: a carrier that is away is expected. `gone`
 * means the carrier knows the call has ended, which is as good as done.
 */
import type { E164 } from '../ports/e164.ts';
import type { CallId, LegId } from '../ports/ids.ts';
import type { Instruction } from './instructions.ts';

/** What a plan or a command may ask of a carrier. */
export type Capability =
  | 'announce'
  | 'hold-music'
  | 'keys'
  | 'voicemail'
  | 'record-conversation'
  | 'pause-recording'
  | 'three-way'
  | 'supervise'
  | 'coach'
  | 'hand-over-number'
  | 'hand-over-sip'
  | 'answering-machine'
  | 'attestation'
  | 'sip-agents'
  | 'move-legs';

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
  readonly to: E164;
  readonly ringTimeoutMs: number;
  /** Unix ms at which the order was first given: a repeated order looks for the call it may already have made. */
  readonly orderedAt: number;
  /** True when an earlier try may have reached the carrier. */
  readonly repeated: boolean;
  /** With `repeated`: calls to this phone that are known as other legs' own, so that none of them is taken for this one. */
  readonly taken?: readonly string[];
}

export interface VoiceCarrier {
  readonly name: string;
  dial(order: DialOrder): Promise<DialAnswer>;
  /** Replaces what a live call is doing. */
  instruct(carrierCallId: string, instructions: readonly Instruction[]): Promise<CarrierAnswer>;
  hangUp(carrierCallId: string): Promise<CarrierAnswer>;
  /** Whether a call still rings or talks; `unknown` when the carrier does not answer. */
  look(carrierCallId: string): Promise<'live' | 'gone' | 'unknown'>;
}
