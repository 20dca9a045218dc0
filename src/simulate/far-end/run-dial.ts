/**
 * `<Dial>`: into a conference, or to numbers that ring at once and of which the first to answer is joined. The action
 * is asked when the dial is over, also when it is over because the caller hung up; a redirect over REST skips it.
 */

import { awaitOutcome, Interrupted } from '../await-outcome.ts';
import type { CallStatus } from './far-end-line.ts';
import { readTwiml } from './read-twiml.ts';
import { finishRecording, tellAction } from './run-record.ts';
import type { Fields } from './sign-request.ts';
import type { ConferenceNoun, DialVerb } from './twiml-verbs.ts';
import { go, type Leg, type Outcome, type Step } from './verb-step.ts';

/** What Twilio plays to those who wait when the document names nothing. */
const twilioHoldMusic = 'http://twimlets.com/holdmusic?Bucket=com.twilio.music.classical';

/** Acts out one `<Dial>`. */
export async function runDial(verb: DialVerb, step: Step): Promise<Outcome> {
  let fields: Fields = { DialCallStatus: verb.conference === null ? 'completed' : 'answered' };
  try {
    fields = verb.conference === null ? await dialNumbers(verb, step) : await dialConference(verb.conference, step);
  } catch (fault) {
    if (fault instanceof Interrupted && step.signal.reason === 'hung-up' && verb.action !== null) {
      void tellAction(verb.action, verb.method, fields, step);
    }
    throw fault;
  }
  return verb.action === null ? { kind: 'next' } : go(verb.action, verb.method, fields, step);
}

async function dialConference(noun: ConferenceNoun, step: Step): Promise<Fields> {
  const { line, signal, world } = step;
  const joinedAt = world.clock.now();
  let heardMusic = false;
  try {
    await awaitOutcome<void>(signal, (settle) =>
      world.rooms.join({
        callSid: line.facts.sid,
        noun: withAbsoluteCallback(noun, step.baseUrl),
        onMoment: (moment) => {
          line.enter(moment);
          if (moment !== 'holding' || heardMusic) return;
          heardMusic = true;
          void playHoldMusic(noun, step);
        },
        onBeep: () => line.hear({ kind: 'beep', text: '' }),
        onEnd: () => settle(),
      }),
    );
  } finally {
    if (noun.record) finishRecording(noun, (world.clock.now() - joinedAt) / 1000, step, 'Conference');
  }
  return { DialCallStatus: 'answered', DialBridged: 'true' };
}

function withAbsoluteCallback(noun: ConferenceNoun, baseUrl: string): ConferenceNoun {
  return noun.statusCallback === null ? noun : { ...noun, statusCallback: new URL(noun.statusCallback, baseUrl).href };
}

/** Hold music is a document or a file. Only the gateway's own is fetched; anything else is noted by its address. */
async function playHoldMusic(noun: ConferenceNoun, { line, world, baseUrl }: Step): Promise<void> {
  if (noun.waitUrl === '') return;
  if (noun.waitUrl !== null && !URL.canParse(noun.waitUrl, baseUrl)) {
    world.noteFault({ code: 11_100, subject: line.facts.sid, message: `waitUrl ${noun.waitUrl}` });
    return;
  }
  const url = noun.waitUrl === null ? twilioHoldMusic : new URL(noun.waitUrl, baseUrl).href;
  line.hear({ kind: 'hold', text: url });
  if (new URL(url).origin !== new URL(baseUrl).origin) return;
  const subject = line.facts.sid;
  const answer = await world.webhooks.fetch({
    kind: 'wait',
    subject,
    url,
    method: noun.waitMethod,
    fields: line.fields(),
  });
  if (answer.kind !== 'answered' || !answer.body.trimStart().startsWith('<')) return;
  try {
    for (const verb of readTwiml(answer.body)) {
      if (verb.kind === 'say') line.hear({ kind: 'hold', text: verb.text });
      if (verb.kind === 'play') line.hear({ kind: 'hold', text: verb.url });
    }
  } catch (fault) {
    world.noteFault({ code: 12_100, subject, message: `waitUrl: ${String(fault)}` });
  }
}

interface DialEnd {
  readonly status: CallStatus;
  readonly leg: Leg | null;
  readonly bridgedAtMs: number | null;
}

async function dialNumbers(verb: DialVerb, step: Step): Promise<Fields> {
  const { signal, world } = step;
  if (verb.numbers.length === 0) {
    world.noteFault({ code: 13_214, subject: step.line.facts.sid, message: 'Dial without a noun' });
    return { DialCallStatus: 'failed' };
  }
  const end = await awaitOutcome<DialEnd>(signal, (settle) => ringAll(verb, step, settle));
  const seconds = end.bridgedAtMs === null ? 0 : (world.clock.now() - end.bridgedAtMs) / 1000;
  const recording = verb.record && end.bridgedAtMs !== null ? finishRecording(verb, seconds, step, 'DialVerb') : {};
  return {
    DialCallStatus: end.status,
    DialBridged: String(end.bridgedAtMs !== null),
    ...(end.leg === null ? {} : { DialCallSid: end.leg.line.facts.sid, DialCallDuration: String(Math.round(seconds)) }),
    ...recording,
  };
}

/** Rings every number; returns the clean-up that ends whatever still lives. */
function ringAll(verb: DialVerb, step: Step, settle: (end: DialEnd) => void): () => void {
  const { line, world } = step;
  const live = new Set<Leg>();
  let winner: Leg | null = null;
  let bridgedAtMs: number | null = null;
  line.enter('dialing');
  const callerId = verb.callerId ?? (line.facts.direction === 'inbound' ? line.facts.from : line.facts.to);
  for (const noun of verb.numbers) {
    const { timeoutMs } = verb;
    const { baseUrl } = step;
    live.add(step.dialLeg({ noun, from: callerId, parent: line, timeoutMs, baseUrl, onReady, onGone }));
  }
  return () => {
    for (const leg of [...live]) leg.end(leg === winner ? 'completed' : 'canceled');
  };

  function onReady(leg: Leg): void {
    if (winner !== null) {
      leg.end('completed');
      return;
    }
    winner = leg;
    bridgedAtMs = world.clock.now();
    for (const other of [...live]) if (other !== leg) other.end('canceled');
    line.answer();
    leg.line.enter('bridged');
    line.enter('bridged');
  }
  function onGone(leg: Leg, status: CallStatus): void {
    live.delete(leg);
    if (leg === winner) settle({ status: 'completed', leg, bridgedAtMs });
    // Answered but hung up in the whisper: to the caller that is nobody there.
    else if (winner === null && live.size === 0)
      settle({ status: status === 'completed' ? 'no-answer' : status, leg, bridgedAtMs });
  }
}
