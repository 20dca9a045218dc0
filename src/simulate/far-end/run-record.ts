/**
 * `<Record>`, and recordings made by other verbs: their SIDs, their callbacks, and the action that is asked even though
 * the caller has hung up. No sound exists; a recording is a length in seconds.
 */
import { awaitOutcome, Interrupted } from '../await-outcome.ts';
import type { Input } from './far-end-line.ts';
import { rfc2822 } from './far-end-world.ts';
import type { Answer } from './send-webhook.ts';
import type { Fields } from './sign-request.ts';
import type { Method, RecordVerb } from './twiml-verbs.ts';
import { go, type Outcome, type Step } from './verb-step.ts';

/** Records until the caller is silent, presses a key, reaches the limit or hangs up. */
export async function runRecord(verb: RecordVerb, step: Step): Promise<Outcome> {
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
