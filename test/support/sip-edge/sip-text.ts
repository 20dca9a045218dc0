/** SIP messages as the tests' phones and server read and write them: a start line, headers in order, a body. */

export interface SipText {
  readonly start: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const compact: Readonly<Record<string, string>> = {
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  f: 'from',
  t: 'to',
  v: 'via',
};

export function readSip(text: string): SipText {
  const split = text.indexOf('\r\n\r\n');
  const head = split < 0 ? text : text.slice(0, split);
  const [start = '', ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? ([line, ''] as const) : ([line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const);
  });
  return { start, headers, body: split < 0 ? '' : text.slice(split + 4) };
}

export function writeSip({ start, headers, body }: SipText): string {
  const lines = headers
    .filter(([name]) => nameOf(name) !== 'content-length')
    .map(([name, value]) => `${name}: ${value}`);
  return `${start}\r\n${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export function header(message: SipText, name: string): string | undefined {
  return message.headers.find(([other]) => nameOf(other) === nameOf(name))?.[1];
}

export function headersOf(message: SipText, name: string): string[] {
  return message.headers.filter(([other]) => nameOf(other) === nameOf(name)).map(([, value]) => value);
}

export function methodOf(message: SipText): string {
  return message.start.split(' ', 1)[0] ?? '';
}

/** Null for a request. */
export function statusOf(message: SipText): number | null {
  return message.start.startsWith('SIP/2.0 ') ? Number(message.start.split(' ')[1]) : null;
}

export function uriOf(message: SipText): string {
  return message.start.split(' ')[1] ?? '';
}

export function tagOf(value: string | undefined): string | undefined {
  return /;\s*tag=([^;\s>]+)/i.exec(value ?? '')?.[1];
}

/** `host:port` an address points at. */
export function placeOf(value: string): string {
  const [, host = '', port = '5060'] = /sips?:(?:[^@>;]*@)?([^:;>\s]+)(?::(\d+))?/i.exec(value) ?? [];
  return `${host}:${port}`;
}

export function branchOf(message: SipText): string {
  return /;\s*branch=([^;,\s]+)/i.exec(header(message, 'via') ?? '')?.[1] ?? '';
}

/** The same message with headers of these names replaced by these values. */
export function withHeaders(message: SipText, replaced: readonly (readonly [string, string])[]): SipText {
  const names = new Set(replaced.map(([name]) => nameOf(name)));
  return { ...message, headers: [...message.headers.filter(([name]) => !names.has(nameOf(name))), ...replaced] };
}

function nameOf(name: string): string {
  const lower = name.toLowerCase();
  return compact[lower] ?? lower;
}
