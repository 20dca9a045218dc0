/**
 * From a TwiML document to the verbs a far end can act out, in the order they were written. Defaults are Twilio's own
 * (https://www.twilio.com/docs/voice/twiml), so a gateway that leaves an attribute out gets what Twilio would do. What
 * is not a verb of Twilio's is kept as `unknown` for the far end to report, because Twilio skips it with warning 12200.
 */
import { XMLParser } from 'fast-xml-parser';
import type { ConferenceNoun, DialVerb, GatherVerb, Method, NumberNoun, RecordVerb, Verb } from './twiml-verbs.ts';

/** The document is not TwiML at all; Twilio reports 12100 and speaks an application error. */
export class TwimlFault extends Error {
  override readonly name = 'TwimlFault';
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Element[];
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** Reads `<Response>`. Throws a TwimlFault when the text is not well-formed or has another root. */
export function readTwiml(xml: string): readonly Verb[] {
  let nodes: unknown;
  try {
    nodes = parser.parse(xml, true);
  } catch (cause) {
    throw new TwimlFault('not well-formed XML', { cause });
  }
  const roots = readElements(nodes);
  const root = roots[0];
  if (root === undefined || roots.length !== 1 || root.name !== 'Response') throw new TwimlFault('no <Response> root');
  return Object.freeze(root.children.map(readVerb));
}

function readElements(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: Record<string, unknown>) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
    if (name === undefined) return [];
    const inside = node[name];
    const attributes = (node[':@'] ?? {}) as Record<string, string>;
    return [{ name, attributes, text: textOf(inside), children: readElements(inside) }];
  });
}

function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  return nodes
    .map((node: Record<string, unknown>) => (typeof node['#text'] === 'string' ? node['#text'] : ''))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}

function readVerb(element: Element): Verb {
  const { attributes, text } = element;
  switch (element.name) {
    case 'Say':
      return { kind: 'say', text, language: attributes.language ?? null };
    case 'Play':
      return { kind: 'play', url: text, digits: attributes.digits ?? null };
    case 'Pause':
      return { kind: 'pause', lengthMs: seconds(attributes.length, 1) };
    case 'Gather':
      return readGather(element);
    case 'Dial':
      return readDial(element);
    case 'Record':
      return readRecord(element);
    case 'Redirect':
      return { kind: 'redirect', url: text, method: method(attributes.method) };
    case 'Hangup':
      return { kind: 'hangup' };
    case 'Reject':
      return { kind: 'reject', reason: attributes.reason === 'busy' ? 'busy' : 'rejected' };
    case 'Message':
      return { kind: 'message', body: bodyOf(element), to: attributes.to ?? null, from: attributes.from ?? null };
    default:
      return { kind: 'unknown', name: element.name };
  }
}

function bodyOf(message: Element): string {
  return message.children.find((child) => child.name === 'Body')?.text ?? message.text;
}

function readGather({ attributes, children }: Element): GatherVerb {
  return {
    kind: 'gather',
    action: attributes.action ?? null,
    method: method(attributes.method),
    timeoutMs: seconds(attributes.timeout, 5),
    numDigits: attributes.numDigits === undefined ? null : Number(attributes.numDigits),
    finishOnKey: attributes.finishOnKey ?? '#',
    actionOnEmptyResult: attributes.actionOnEmptyResult === 'true',
    prompts: children.map(readVerb),
  };
}

function readRecord({ attributes }: Element): RecordVerb {
  return {
    kind: 'record',
    action: attributes.action ?? null,
    method: method(attributes.method),
    maxLengthMs: seconds(attributes.maxLength, 3600),
    playBeep: attributes.playBeep !== 'false',
    recordingStatusCallback: attributes.recordingStatusCallback ?? null,
  };
}

function readDial({ attributes, children, text }: Element): DialVerb {
  const conference = children.find((child) => child.name === 'Conference');
  const nouns = children.filter((child) => ['Number', 'Sip', 'Client'].includes(child.name)).map(readNumber);
  const bare =
    text === '' || conference !== undefined ? [] : [readNumber({ name: 'Number', attributes: {}, text, children: [] })];
  return {
    kind: 'dial',
    action: attributes.action ?? null,
    method: method(attributes.method),
    timeoutMs: seconds(attributes.timeout, 30),
    callerId: attributes.callerId ?? null,
    answerOnBridge: attributes.answerOnBridge === 'true',
    record: (attributes.record ?? 'do-not-record') !== 'do-not-record',
    recordingStatusCallback: attributes.recordingStatusCallback ?? null,
    conference: conference === undefined ? null : readConference(conference),
    numbers: [...bare, ...nouns],
  };
}

function readConference({ attributes, text }: Element): ConferenceNoun {
  return {
    name: text,
    startOnEnter: attributes.startConferenceOnEnter !== 'false',
    endOnExit: attributes.endConferenceOnExit === 'true',
    beep: (attributes.beep ?? 'true') !== 'false',
    muted: attributes.muted === 'true',
    waitUrl: attributes.waitUrl ?? null,
    waitMethod: method(attributes.waitMethod),
    statusCallback: attributes.statusCallback ?? null,
    statusCallbackEvents: words(attributes.statusCallbackEvent),
    record: (attributes.record ?? 'do-not-record') !== 'do-not-record',
    recordingStatusCallback: attributes.recordingStatusCallback ?? null,
  };
}

function readNumber({ attributes, text }: Element): NumberNoun {
  return {
    address: text,
    url: attributes.url ?? null,
    method: method(attributes.method),
    statusCallback: attributes.statusCallback ?? null,
    statusCallbackEvents: words(attributes.statusCallbackEvent),
  };
}

function method(written: string | undefined): Method {
  return written?.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

function seconds(written: string | undefined, otherwise: number): number {
  const read = Number(written ?? otherwise);
  return (Number.isFinite(read) ? read : otherwise) * 1000;
}

function words(written: string | undefined): readonly string[] {
  return (written ?? '').split(/[\s,]+/).filter((word) => word !== '');
}
