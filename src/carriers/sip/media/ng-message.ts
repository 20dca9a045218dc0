/**
 * Messages of rtpengine's control protocol ("ng"): a cookie, a space, a bencoded dictionary; over UDP one to a datagram, over
 * TCP one behind the other. Pure. Every value is read as text, which is all that we ask for.
 */
import bencode from 'bencode';

export type NgValue = string | number | readonly NgValue[] | { readonly [name: string]: NgValue };
export type NgFields = Readonly<Record<string, NgValue>>;

export interface NgMessage {
  readonly cookie: string;
  readonly fields: NgFields;
}

const space = 0x20;

export function writeNg({ cookie, fields }: NgMessage): Buffer {
  return Buffer.concat([Buffer.from(`${cookie} `), bencode.encode(fields)]);
}

/** Null for what is no message, and for one that has not arrived whole. */
export function readNg(bytes: Uint8Array): { readonly message: NgMessage; readonly length: number } | null {
  const gap = bytes.indexOf(space);
  if (gap < 1) return null;
  try {
    const decoded: unknown = bencode.decode(bytes.subarray(gap + 1));
    const fields = textOf(decoded);
    if (typeof fields !== 'object' || Array.isArray(fields)) return null;
    const length = gap + 1 + bencode.encodingLength(decoded);
    if (length > bytes.length) return null;
    return { message: { cookie: Buffer.from(bytes.subarray(0, gap)).toString(), fields: fields as NgFields }, length };
  } catch {
    return null;
  }
}

/** What stands under a name within an answer, where it is text. */
export function textAt(fields: NgFields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

export function numberAt(fields: NgFields, name: string): number | null {
  const value = fields[name];
  return typeof value === 'number' ? value : null;
}

function textOf(value: unknown): NgValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(textOf);
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) throw new Error('not a value of this protocol');
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, textOf(inner)]));
}
