/**
 * `npm run listen`: a receiver to develop against. It checks every event with the official Standard Webhooks library
 * and prints one line each; telephone numbers are masked and bodies of texts left out. Ctrl-C ends it.
 */
import { parseArgs } from 'node:util';
import { maskNumber } from '../ports/e164.ts';
import { type Practice, readPractice } from '../ports/practice-file.file.ts';
import { type ReceivedEvent, startEventReceiver } from './event-receiver.ts';
import type { LoopbackServer } from './loopback-server.ts';

const usage = `Usage: npm run listen -- --secret whsec_… [--port 8090] [--host 127.0.0.1]
The secret may also come from LINEKEEPER_WEBHOOK_SECRET, or from the demo on this machine.
`;

const shownKeys = ['callId', 'conversationId', 'visitId', 'agentId', 'decision', 'probability', 'outcome', 'state'];

/** Starts the receiver; `write` gets one line an event. */
export function startListening(options: {
  readonly secret: string;
  readonly host: string;
  readonly port: number;
  readonly write: (line: string) => void;
}): Promise<LoopbackServer> {
  const { secret, host, port, write } = options;
  return startEventReceiver({
    host,
    port,
    secret: () => secret,
    onEvent: (event) => write(`${describeEvent(event)}\n`),
    onRefused: (why) => write(`refused: ${why}\n`),
  });
}

/** `10:15:00 call.received call_… #3 from=+1***0123`. */
export function describeEvent(event: ReceivedEvent): string {
  const facts = Object.entries(event.data).flatMap(([name, value]) => {
    if (['from', 'to', 'ani', 'dnis'].includes(name))
      return [`${name}=${maskNumber(value === null ? null : String(value))}`];
    if (name === 'verdict' && value !== null && typeof value === 'object' && 'slug' in value)
      return [`verdict=${value.slug}`];
    const isPlain = typeof value === 'string' || typeof value === 'number';
    return shownKeys.includes(name) && isPlain && value !== event.subject ? [`${name}=${value}`] : [];
  });
  const time = event.timestamp.slice(11, 19);
  return [time, event.type, event.subject, `#${event.sequence ?? '?'}`, ...facts].join(' ');
}

/** How to switch the demo's endpoint on: it is off, so that a gateway nobody listens to does not knock in vain. */
function switchOnHint(practice: Practice): string {
  const url = `${process.env.LINEKEEPER_URL ?? 'http://127.0.0.1:8080'}/v1/endpoints/${practice.endpointId}`;
  const headers = `-H 'Authorization: Bearer ${practice.secretKey}' -H 'content-type: application/json'`;
  return `The demo's endpoint is off until you switch it on:\n  curl -s -X PATCH ${url} ${headers} -d '{"enabled":true}'\n`;
}

/** Listens as `args` ask until Ctrl-C; answers with the exit code. */
export async function listenCommand(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { secret: text, port: text, host: text, help: { type: 'boolean' } },
  });
  const practice = await readPractice(process.env.DATA_DIR ?? './data');
  const given = values.secret ?? process.env.LINEKEEPER_WEBHOOK_SECRET;
  const secret = given ?? practice?.webhookSecret;
  if (values.help || !secret) {
    process.stderr.write(usage);
    return 2;
  }
  const write = (line: string) => void process.stdout.write(line);
  try {
    const port = Number(values.port ?? 8090);
    const receiver = await startListening({ secret, host: values.host ?? '127.0.0.1', port, write });
    process.stderr.write(`Listening on ${receiver.url} for events; Ctrl-C ends.\n`);
    if (given === undefined && practice !== null) process.stderr.write(switchOnHint(practice));
    await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
    await receiver.close();
    return 0;
  } catch (fault) {
    process.stderr.write(`Cannot listen: ${fault instanceof Error ? fault.message : String(fault)}\n`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await listenCommand(process.argv.slice(2));
