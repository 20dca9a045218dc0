/**
 * Just enough of the PostgreSQL wire protocol (PostgreSQL manual, "Frontend/Backend Protocol", version 3) to let
 * several clients share one session: where one client's request ends, whether the session stands in a transaction
 * after the answer, and which parts of an answer are notifications that belong to somebody else.
 */

/** Whether a session is idle, inside a transaction, or inside one that an error has aborted. */
export type SessionState = 'idle' | 'transaction' | 'aborted';

/** An answer taken apart. `state` is null when it carries no ReadyForQuery, so the request is not finished. */
export interface Answer {
  readonly state: SessionState | null;
  /** The answer without its notifications. */
  readonly own: Buffer;
  readonly notifications: readonly Notification[];
}

/** A NotificationResponse: its channel, and its bytes as they are to be passed on. */
export interface Notification {
  readonly channel: string;
  readonly bytes: Buffer;
}

const headerBytes = 5;
const requestEnds = new Set(['Q', 'S', 'H'].map((letter) => letter.charCodeAt(0)));
const readyForQuery = 'Z'.charCodeAt(0);
const notificationResponse = 'A'.charCodeAt(0);

/** Splits what a client has written into requests a server would answer, and the rest that is not complete yet. */
export function cutRequests(written: Buffer): { readonly requests: readonly Buffer[]; readonly rest: Buffer } {
  const requests: Buffer[] = [];
  let from = 0;
  for (const frame of framesIn(written)) {
    if (!requestEnds.has(frame.letter)) continue;
    requests.push(written.subarray(from, frame.end));
    from = frame.end;
  }
  return { requests, rest: written.subarray(from) };
}

/** Takes a server's answer apart. */
export function readAnswer(bytes: Buffer): Answer {
  let state: SessionState | null = null;
  const notifications: Notification[] = [];
  const kept: Buffer[] = [];
  let keptFrom = 0;
  for (const frame of framesIn(bytes)) {
    if (frame.letter === readyForQuery) state = stateOf(bytes[frame.start + headerBytes]);
    if (frame.letter !== notificationResponse) continue;
    kept.push(bytes.subarray(keptFrom, frame.start));
    keptFrom = frame.end;
    notifications.push(readNotification(bytes.subarray(frame.start, frame.end)));
  }
  if (notifications.length === 0) return { state, own: bytes, notifications };
  kept.push(bytes.subarray(keptFrom));
  return { state, own: Buffer.concat(kept), notifications };
}

/** A simple query, as a client writes it. */
export function queryRequest(text: string): Buffer {
  return frameOf('Q', Buffer.from(`${text}\0`));
}

/** What a server says to a client it lets in: authentication is passed, and it may ask. */
export function welcome(): Buffer {
  return Buffer.concat([frameOf('R', Buffer.alloc(4)), frameOf('K', Buffer.alloc(8)), readyFrame('idle')]);
}

/** What a server says when a command such as UNLISTEN is done. */
export function commandDone(command: string, state: SessionState): Buffer {
  return Buffer.concat([frameOf('C', Buffer.from(`${command}\0`)), readyFrame(state)]);
}

/** The LISTEN or UNLISTEN a simple query consists of, or null. The channel `*` stands for all. */
export function subscriptionIn(
  request: Buffer,
): { readonly verb: 'listen' | 'unlisten'; readonly channel: string } | null {
  if (request[0] !== 'Q'.charCodeAt(0)) return null;
  const text = request.toString('utf8', headerBytes, Math.min(request.length - 1, 2_048));
  const found = /^(?:\s|--[^\n]*\n)*(listen|unlisten)\s+(?:"([^"]+)"|([\w$]+|\*))\s*;?\s*$/i.exec(text);
  if (found === null) return null;
  const channel = found[2] ?? found[3]?.toLowerCase() ?? '';
  return { verb: found[1]?.toLowerCase() === 'listen' ? 'listen' : 'unlisten', channel };
}

function* framesIn(
  bytes: Buffer,
): Generator<{ readonly letter: number; readonly start: number; readonly end: number }> {
  let start = 0;
  while (start + headerBytes <= bytes.length) {
    const end = start + 1 + bytes.readUInt32BE(start + 1);
    if (end > bytes.length) return;
    yield { letter: bytes[start] ?? 0, start, end };
    start = end;
  }
}

/** Layout: letter, length, backend's process id (4 bytes), channel, payload; both texts end with a zero byte. */
function readNotification(frame: Buffer): Notification {
  const channelAt = headerBytes + 4;
  return { channel: frame.toString('utf8', channelAt, frame.indexOf(0, channelAt)), bytes: frame };
}

function stateOf(letter: number | undefined): SessionState {
  if (letter === 'I'.charCodeAt(0)) return 'idle';
  return letter === 'T'.charCodeAt(0) ? 'transaction' : 'aborted';
}

function readyFrame(state: SessionState): Buffer {
  const letters = { idle: 'I', transaction: 'T', aborted: 'E' } as const;
  return frameOf('Z', Buffer.from(letters[state]));
}

function frameOf(letter: string, body: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes, letter);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}
