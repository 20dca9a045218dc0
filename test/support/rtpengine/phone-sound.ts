/** What a test knows of the sound of one phone in one call, whichever media server carries it. */
export interface PhoneSound {
  /** What the phone describes. */
  readonly sdp: string;
  /** Says where the phone's sound goes: to what its far end described last. */
  follow(theirSdp: () => string): void;
  /** Names of the files it has heard, in order: `please-hold`, `hold-music`, `beep`. */
  heard(): readonly string[];
  /** What is being played to it. */
  hearsNow(): string | null;
  /** Whether another phone hears it. */
  isTalking(): boolean;
  isRecorded(): boolean;
  press(keys: string): Promise<void>;
  /** Says something of this length. */
  speak(seconds: number): Promise<void>;
}

export interface StagedMediaServer {
  /** What the gateway is told of it. */
  readonly address: { readonly host: string; readonly port: number; readonly keysPort: number };
  /** The folder it shares with the gateway; `prompts/` in it holds what was recorded. */
  readonly folder: string;
  /** A phone's side of one call. */
  plug(host: string): Promise<PhoneSound>;
  close(): Promise<void>;
}

/** Address and port of a description's audio. */
export function placeOfSound(sdp: string): string {
  return `${/^c=IN IP4 (\S+)/m.exec(sdp)?.[1]}:${/^m=audio (\d+)/m.exec(sdp)?.[1]}`;
}

/** The words of a file's path: `…/prompts/please-hold.wav` is `please-hold`. */
export function nameOfFile(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.wav$/, '');
}
