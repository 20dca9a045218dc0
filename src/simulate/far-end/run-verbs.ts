/**
 * Acts out a document on a line, verb by verb, until one of them says where to go next. Every wait can be cut short by
 * a hang-up or by a redirect over REST, which is how Twilio takes a live call out of whatever it is doing. Dial has a
 * file of its own.
 */

import { awaitOutcome, Interrupted } from '../await-outcome.ts';
import type { Input } from './far-end-line.ts';
import { runDial } from './run-dial.ts';
import { runRecord } from './run-record.ts';
import type { GatherVerb, Verb } from './twiml-verbs.ts';
import { go, type Outcome, type Step } from './verb-step.ts';

/** Verbs that Twilio acts on without picking up. */
const quietVerbs: ReadonlySet<Verb['kind']> = new Set(['reject', 'pause', 'redirect', 'unknown', 'message']);

const defaultMusicSeconds = 16;

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
    case 'play':
      if (isHoldMusic(verb.url)) return holdFor(verb.url, step);
      line.hear(heardOf(verb));
      return { kind: 'next' };
    case 'say':
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

/** Files that waiting callers hear last as long as they say; any other is over at once. */
function isHoldMusic(url: string): boolean {
  return /\/hold-music\b/.test(url);
}

async function holdFor(url: string, { line, world, signal }: Step): Promise<Outcome> {
  line.hear({ kind: 'hold', text: url });
  line.enter('holding');
  const lengthMs = Number(new URL(url).searchParams.get('seconds') ?? defaultMusicSeconds) * 1_000 * world.musicPace;
  return awaitOutcome<Outcome>(signal, (settle) => world.timers.after(lengthMs, () => settle({ kind: 'next' })));
}

function heardOf(verb: Extract<Verb, { kind: 'say' | 'play' }>) {
  if (verb.kind === 'say') return { kind: 'say', text: verb.text } as const;
  return { kind: 'play', text: verb.digits === null ? verb.url : `digits ${verb.digits}` } as const;
}

async function pauseFor(lengthMs: number, { world, signal }: Step): Promise<Outcome> {
  return awaitOutcome<Outcome>(signal, (settle) => world.timers.after(lengthMs, () => settle({ kind: 'next' })));
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
      const keys = input.kind === 'digits' ? input.digits : '';
      for (const key of keys) {
        if (key !== verb.finishOnKey) digits += key;
        if (key === verb.finishOnKey || digits.length === verb.numDigits) {
          done(key === verb.finishOnKey ? key : '');
          return;
        }
      }
      stopTimer();
      if (keys === '') done();
      else stopTimer = world.timers.after(verb.timeoutMs, done);
    }
  });
}
