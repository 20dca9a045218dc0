/** Reads the torture messages of RFC 4475 out of their file, and breaks messages in ways no sender means. */
import { readFileSync } from 'node:fs';

/** Name and text of each message, with lines ended as on the wire. */
export function readTortureMessages(): ReadonlyMap<string, string> {
  const file = readFileSync(new URL('./rfc-4475.txt', import.meta.url), 'utf8');
  const messages = file.split(/^=== /m).slice(1);
  return new Map(
    messages.map((message) => {
      const end = message.indexOf('\n');
      return [message.slice(0, end).split(' ', 1)[0] ?? '', expand(message.slice(end + 1))] as const;
    }),
  );
}

/** The notation of section 2 of the RFC. */
function expand(text: string): string {
  return text
    .replace(/<allOneLine>\n([\s\S]*?)\n<\/allOneLine>/g, (_all, lines: string) => lines.replace(/\n/g, ''))
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_all, count: string, part: string) => part.repeat(Number(count)))
    .replace(/<hex>([0-9A-F]*)<\/hex>/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString())
    .replace(/\r?\n/g, '\r\n');
}

const odd = [
  '\0',
  '\r\n',
  '\r\n\r\n',
  ';',
  ',',
  '<',
  '>',
  '"',
  '\\',
  '%',
  '%00',
  '%ff',
  '@',
  ':',
  '=',
  '|',
  '#',
  '\t',
  '\u{1f3a7}',
  '*',
];
const oddNumbers = ['-1', '0', '999999999999999999999', '4294967296', '1e9', 'NaN', ''];

/** One message, broken in one to six places; `random` in [0, 1) decides how. */
export function breakMessage(message: string, others: readonly string[], random: () => number): string {
  let text = message;
  for (let times = 1 + Math.floor(random() * 6); times > 0; times -= 1) text = breakOnce(text, others, random);
  return text;
}

function breakOnce(text: string, others: readonly string[], random: () => number): string {
  const at = Math.floor(random() * text.length);
  const lines = text.split('\r\n');
  const line = Math.floor(random() * lines.length);
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  switch (Math.floor(random() * 10)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 8));
    case 1:
      return text.slice(0, at) + (pick(odd) ?? '') + text.slice(at);
    case 2:
      return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
    case 3:
      return text.slice(0, at);
    case 4:
      return lines.toSpliced(line, 1).join('\r\n');
    case 5:
      return lines.toSpliced(line, 0, lines[line] ?? '').join('\r\n');
    case 6:
      return text.replace(/\d+/g, (number) => (random() < 0.2 ? (pick(oddNumbers) ?? number) : number));
    case 7: {
      const other = pick(others)?.split('\r\n') ?? [];
      return lines.toSpliced(line, 1, other[Math.floor(random() * other.length)] ?? '').join('\r\n');
    }
    case 8:
      return text.slice(0, at) + (text[at] ?? ' ').repeat(1 + Math.floor(random() * 6_000)) + text.slice(at);
    default:
      return text.replace(
        /(tag|branch|expires|nonce|response|nc)=[^;,\s]*/i,
        (found) => `${found.split('=')[0]}=${pick(odd) ?? ''}`,
      );
  }
}
