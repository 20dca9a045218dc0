/**
 * Acts out a document on a line, verb by verb, until one of them says where to go next. Every wait can be cut short by
 * a hang-up or by a redirect over REST, which is how Twilio takes a live call out of whatever it is doing. Dial has a
 * file of its own.
 */

import type { CallStatus, Input, Line } from './far-end-line.ts';
import type { Answer } from './far-end-webhooks.ts';
import { rfc2822, type World } from './far-end-world.ts';
import type { GatherVerb, Method, NumberNoun, RecordVerb, Verb } from './read-twiml.ts';
import { runDial } from './run-dial.ts';
import type { Fields } from './sign-request.ts';

/** Where a document comes from. `baseUrl` resolves relative addresses in inline TwiML. */
export type Source =
  | { readonly kind: 'url'; readonly url: string; readonly method: Method; readonly fields: Fields }
  | { readonly kind: 'twiml'; readonly twiml: string; readonly baseUrl: string };

/** What a verb leads to. */
export type Outcome =
  | { readonly kind: 'next' }
  | { readonly kind: 'go'; readonly source: Source }
  | { readonly kind: 'end'; readonly status: CallStatus };

/** A verb's surroundings. */
export interface Step {
  readonly world: World;
  readonly line: Line;
  /** Aborted with the reason `hung-up` or `redirected`. */
  readonly signal: AbortSignal;
  readonly baseUrl: string;
  /** Rings a number for `<Dial>`. */
  readonly dialLeg: (leg: LegWanted) => Leg;
}

/** A leg for `<Dial><Number>`. */
export interface LegWanted {
  readonly noun: NumberNoun;
  readonly from: string;
  readonly parent: Line;
  readonly timeoutMs: number;
  readonly baseUrl: string;
  /** Answered, and the whisper is over: it may be joined. */
  readonly onReady: (leg: Leg) => void;
  /** Ended, or was redirected elsewhere. */
  readonly onGone: (leg: Leg, status: CallStatus) => void;
}

export interface Leg {
  readonly line: Line;
  /** Ends it if this dial still owns it. */
  end(status: CallStatus): void;
}

/** The line was hung up or redirected while a verb waited. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Verbs that Twilio acts on without picking up. */
const quietVerbs: ReadonlySet<Verb['kind']> = new Set(['reject', 'pause', 'redirect', 'unknown', 'message']);

/** Runs all verbs in order. Falling off the end hangs up, unless the caller of this decides otherwise. */
export async function runVerbs(verbs: readonly Verb[], step: Step): Promise<Outcome> {
  for (const verb of verbs) {
    if (step.signal.aborted) throw new Interrupted();
    if (!quietVerbs.has(verb.kind) && !(verb.kind === 'dial' && verb.answerOnBridge)) step.line.answer();
    const outcome = await runVerb(verb, step);
    if (outcome.kind !== 'next') return outcome;
    step.line.enter('listening');
  }
  return { kind: 'next' };
}

async function runVerb(verb: Verb, step: Step): Promise<Outcome> {
  const { line, world } = step;
  switch (verb.kind) {
    case 'say':
    case 'play':
      line.hear(heardOf(verb));
      return { kind: 'next' };
    case 'pause':
      return pauseFor(verb.lengthMs, step);
    case 'gather':
      return runGather(verb, step);
    case 'record':
      return runRecord(verb, step);
    case 'dial':
      return runDial(verb, step);
    case 'redirect':
      return go(verb.url, verb.method, {}, step);
    case 'hangup':
      return { kind: 'end', status: 'completed' };
    case 'reject':
      return {
        kind: 'end',
        status: line.answeredAtMs() !== null ? 'completed' : verb.reason === 'busy' ? 'busy' : 'no-answer',
      };
    case 'message':
    case 'unknown':
      world.noteFault({
        code: 12_200,
        subject: line.facts.sid,
        message: `not a voice verb: ${verb.kind === 'unknown' ? verb.name : 'Message'}`,
      });
      return { kind: 'next' };
  }
}

function heardOf(verb: Extract<Verb, { kind: 'say' | 'play' }>) {
  if (verb.kind === 'say') return { kind: 'say', text: verb.text } as const;
  return { kind: 'play', text: verb.digits === null ? verb.url : `digits ${verb.digits}` } as const;
}

/** The next document: `url` relative to the present one, its own address when null. */
export function go(url: string | null, method: Method, fields: Fields, step: Pick<Step, 'baseUrl'>): Outcome {
  return { kind: 'go', source: { kind: 'url', url: new URL(url ?? '', step.baseUrl).href, method, fields } };
}

async function pauseFor(lengthMs: number, { world, signal }: Step): Promise<Outcome> {
  return awaitOutcome<Outcome>(signal, (settle) => world.timers.after(lengthMs, () => settle({ kind: 'next' })));
}

/** Waits for `settle`, or throws Interrupted on abort. `start` returns its clean-up, which runs in both cases. */
export function awaitOutcome<Value>(
  signal: AbortSignal,
  start: (settle: (value: Value) => void) => () => void,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  let over = false;
  let cleanUp: (() => void) | null = null;
  const finish = (how: () => void) => {
    if (over) return;
    over = true;
    signal.removeEventListener('abort', interrupt);
    how();
    cleanUp?.();
  };
  const interrupt = () => finish(() => reject(new Interrupted()));
  if (signal.aborted) {
    reject(new Interrupted());
    return promise;
  }
  signal.addEventListener('abort', interrupt);
  cleanUp = start((value) => finish(() => resolve(value)));
  if (over) cleanUp();
  return promise;
}

async function runGather(verb: GatherVerb, step: Step): Promise<Outcome> {
  const { line } = step;
  for (const prompt of verb.prompts) {
    if (prompt.kind === 'say' || prompt.kind === 'play') line.hear(heardOf(prompt));
  }
  const pausesMs = verb.prompts.reduce((sum, prompt) => sum + (prompt.kind === 'pause' ? prompt.lengthMs : 0), 0);
  const keyed = await collectDigits(verb, pausesMs + verb.timeoutMs, step);
  if (keyed.digits === '' && keyed.finishedOn === '' && !verb.actionOnEmptyResult) return { kind: 'next' };
  const fields = { Digits: keyed.digits, FinishedOnKey: keyed.finishedOn, msg: 'Gather End' };
  return go(verb.action, verb.method, fields, step);
}

function collectDigits(verb: GatherVerb, firstTimeoutMs: number, step: Step) {
  const { line, signal, world } = step;
  return awaitOutcome<{ digits: string; finishedOn: string }>(signal, (settle) => {
    let digits = '';
    let stopTimer = world.timers.after(firstTimeoutMs, done);
    const stopListening = line.listen(take);
    line.enter('gathering');
    return () => {
      stopTimer();
      stopListening();
    };

    function done(finishedOn = ''): void {
      settle({ digits, finishedOn });
    }
    function take(input: Input): void {
      if (input.kind !== 'digits') return done();
      for (const key of input.digits) {
        if (key === verb.finishOnKey) return done(key);
        digits += key;
        if (digits.length === verb.numDigits) return done();
      }
      stopTimer();
      stopTimer = world.timers.after(verb.timeoutMs, done);
    }
  });
}

async function runRecord(verb: RecordVerb, step: Step): Promise<Outcome> {
  const { line, signal, world } = step;
  if (verb.playBeep) line.hear({ kind: 'beep', text: '' });
  try {
    const ended = await awaitOutcome<Input>(signal, (settle) => {
      const stopTimer = world.timers.after(verb.maxLengthMs, () =>
        settle({ kind: 'message', seconds: verb.maxLengthMs / 1000 }),
      );
      const stopListening = line.listen(settle);
      line.enter('recording');
      return () => {
        stopTimer();
        stopListening();
      };
    });
    if (ended.kind === 'silence') return { kind: 'next' };
    const seconds = ended.kind === 'message' ? ended.seconds : line.spoken.seconds;
    const fields = { ...finishRecording(verb, seconds, step), Digits: ended.kind === 'digits' ? ended.digits : '' };
    return go(verb.action, verb.method, fields, step);
  } catch (fault) {
    if (fault instanceof Interrupted && signal.reason === 'hung-up') {
      const fields = { ...finishRecording(verb, line.spoken.seconds, step), Digits: 'hangup' };
      tellAction(verb.action ?? step.baseUrl, verb.method, fields, step);
    }
    throw fault;
  }
}

/** Files a recording, posts its callback when one is asked for, and returns the fields an action gets. */
export function finishRecording(
  asked: { readonly recordingStatusCallback: string | null },
  seconds: number,
  { line, world, baseUrl }: Step,
  source: 'RecordVerb' | 'DialVerb' | 'Conference' = 'RecordVerb',
): Fields {
  const sid = world.makeSid('RE');
  const fields = {
    RecordingSid: sid,
    RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${world.accountSid}/Recordings/${sid}`,
    RecordingDuration: String(Math.round(seconds)),
  };
  if (asked.recordingStatusCallback !== null) {
    world.webhooks.post({
      kind: 'recording',
      subject: line.facts.sid,
      url: new URL(asked.recordingStatusCallback, baseUrl).href,
      method: 'POST',
      fields: {
        AccountSid: world.accountSid,
        CallSid: line.facts.sid,
        ...fields,
        RecordingStatus: 'completed',
        RecordingChannels: '1',
        RecordingSource: source,
        RecordingStartTime: rfc2822(world.clock.now() - seconds * 1000),
      },
    });
  }
  return fields;
}

/** Twilio asks the action even though the caller is gone; the document that comes back is dropped. */
export function tellAction(
  url: string,
  method: Method,
  fields: Fields,
  { line, world, baseUrl }: Step,
): Promise<Answer> {
  return world.webhooks.fetch({
    kind: 'action',
    subject: line.facts.sid,
    url: new URL(url, baseUrl).href,
    method,
    fields: { ...line.fields(), ...fields },
  });
}
