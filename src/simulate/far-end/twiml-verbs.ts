/**
 * TwiML's verbs and nouns with every default filled in, as the far end acts them out. Addresses are as written, so they
 * may be relative; times are milliseconds. Source: https://www.twilio.com/docs/voice/twiml.
 */

/** One verb. */
export type Verb =
  | { readonly kind: 'say'; readonly text: string; readonly language: string | null }
  | { readonly kind: 'play'; readonly url: string; readonly digits: string | null }
  | { readonly kind: 'pause'; readonly lengthMs: number }
  | GatherVerb
  | DialVerb
  | RecordVerb
  | { readonly kind: 'redirect'; readonly url: string; readonly method: Method }
  | { readonly kind: 'hangup' }
  | { readonly kind: 'reject'; readonly reason: 'rejected' | 'busy' }
  | { readonly kind: 'message'; readonly body: string; readonly to: string | null; readonly from: string | null }
  | { readonly kind: 'unknown'; readonly name: string };

export type Method = 'GET' | 'POST';

export interface GatherVerb {
  readonly kind: 'gather';
  readonly action: string | null;
  readonly method: Method;
  readonly timeoutMs: number;
  /** Null: as many as are keyed until `finishOnKey` or silence. */
  readonly numDigits: number | null;
  readonly finishOnKey: string;
  /** Request `action` even when nothing was keyed. */
  readonly actionOnEmptyResult: boolean;
  readonly prompts: readonly Verb[];
}

export interface RecordVerb {
  readonly kind: 'record';
  readonly action: string | null;
  readonly method: Method;
  readonly maxLengthMs: number;
  readonly playBeep: boolean;
  readonly recordingStatusCallback: string | null;
}

export interface DialVerb {
  readonly kind: 'dial';
  readonly action: string | null;
  readonly method: Method;
  readonly timeoutMs: number;
  readonly callerId: string | null;
  readonly answerOnBridge: boolean;
  readonly record: boolean;
  readonly recordingStatusCallback: string | null;
  /** Either one conference, or up to ten numbers that ring at once. */
  readonly conference: ConferenceNoun | null;
  readonly numbers: readonly NumberNoun[];
}

export interface ConferenceNoun {
  readonly name: string;
  readonly startOnEnter: boolean;
  readonly endOnExit: boolean;
  readonly beep: boolean;
  readonly muted: boolean;
  /** Null: Twilio's own hold music. Empty: silence. */
  readonly waitUrl: string | null;
  readonly waitMethod: Method;
  readonly statusCallback: string | null;
  readonly statusCallbackEvents: readonly string[];
  readonly record: boolean;
  readonly recordingStatusCallback: string | null;
}

export interface NumberNoun {
  readonly address: string;
  /** Whisper: a document run on the called side before the two are joined. */
  readonly url: string | null;
  readonly method: Method;
  readonly statusCallback: string | null;
  readonly statusCallbackEvents: readonly string[];
}
