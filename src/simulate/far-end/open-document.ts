/**
 * Gets the document a call follows next. When the gateway does not answer with TwiML, Twilio notes the fault in its
 * debugger and asks the number's fallback address, if it has one; only then does the caller hear an application error.
 */

import { Interrupted } from '../await-outcome.ts';
import type { Line } from './far-end-line.ts';
import type { World } from './far-end-world.ts';
import { readTwiml, TwimlFault } from './read-twiml.ts';
import type { Verb } from './twiml-verbs.ts';
import type { Source } from './verb-step.ts';

/** A document ready to be acted out. */
export interface Document {
  readonly verbs: readonly Verb[];
  /** What relative addresses in it are resolved against. */
  readonly baseUrl: string;
}

/** No document was to be had, from anywhere. The fault has been noted. */
export class DocumentFault extends Error {
  override readonly name = 'DocumentFault';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Surroundings {
  readonly world: World;
  readonly line: Line;
  readonly signal: AbortSignal;
}

/** Opens `source`, or the fallback. Throws DocumentFault, or Interrupted when the call went elsewhere meanwhile. */
export async function openDocument(source: Source, around: Surroundings): Promise<Document> {
  try {
    return await openOnce(source, around);
  } catch (fault) {
    const fallbackUrl = around.world.fallbackUrl();
    if (!(fault instanceof DocumentFault) || source.kind !== 'url' || fallbackUrl === null) throw fault;
    const fields = { ErrorCode: String(fault.code), ErrorUrl: source.url };
    return openOnce({ kind: 'url', url: fallbackUrl, method: 'POST', fields }, around);
  }
}

async function openOnce(source: Source, { world, line, signal }: Surroundings): Promise<Document> {
  const subject = line.facts.sid;
  const fail = (code: number, message: string): never => {
    world.noteFault({ code, subject, message });
    throw new DocumentFault(code, message);
  };
  if (source.kind === 'twiml') return { verbs: parse(source.twiml, fail), baseUrl: source.baseUrl };
  const { url, method } = source;
  const kind = url === world.hookUrl('voice') ? 'voice' : 'action';
  const answer = await world.webhooks.fetch({
    kind,
    subject,
    url,
    method,
    fields: { ...line.fields(), ...source.fields },
  });
  if (signal.aborted) throw new Interrupted();
  if (answer.kind === 'unanswered')
    return fail(answer.failure === 'refused' ? 11_205 : 11_200, `${url}: ${answer.failure}`);
  if (answer.status < 200 || answer.status >= 300) return fail(11_200, `${url}: HTTP ${answer.status}`);
  if (answer.status === 204 || answer.body.trim() === '') return { verbs: [], baseUrl: url };
  return { verbs: parse(answer.body, fail), baseUrl: url };
}

function parse(twiml: string, fail: (code: number, message: string) => never): readonly Verb[] {
  try {
    return readTwiml(twiml);
  } catch (fault) {
    if (fault instanceof TwimlFault) return fail(12_100, fault.message);
    throw fault;
  }
}
