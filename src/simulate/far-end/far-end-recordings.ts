/**
 * Recordings ordered over REST on a live call, as Twilio keeps them: begun, paused, resumed, stopped, over when the call
 * is, and told to the address that was named. There is no sound; the media are a few bytes that name the recording.
 */
import type { LiveCall } from './far-end-call.ts';
import { pageRecord } from './far-end-records.ts';
import { rfc2822, type World } from './far-end-world.ts';
import type { RestAnswer } from './rest-request.ts';

type Fields = Readonly<Record<string, string>>;

interface Recording {
  readonly sid: string;
  readonly callSid: string;
  readonly startedAtMs: number;
  readonly callback: string | null;
  status: 'in-progress' | 'paused' | 'completed';
}

export interface Recordings {
  create(live: LiveCall, fields: Fields): RestAnswer;
  list(callSid: string): RestAnswer;
  /** `which` is a SID or `Twilio.CURRENT`. */
  update(callSid: string, which: string, fields: Fields): RestAnswer;
  /** What the media's address answers with; null when there is no such recording. */
  media(sid: string): Buffer | null;
  /** By call, oldest first. */
  statesOf(callSid: string): readonly Recording['status'][];
}

const notFound = { status: 404, code: 20_404, message: 'The requested resource was not found' };

export function createRecordings(world: World): Recordings {
  const recordings: Recording[] = [];

  function create(live: LiveCall, fields: Fields): RestAnswer {
    if (live.line.status() !== 'in-progress')
      return { status: 400, code: 21_220, message: 'Requested resource is not eligible for recording' };
    const { sid: callSid } = live.line.facts;
    const startedAtMs = world.clock.now();
    const callback = fields.RecordingStatusCallback ?? null;
    const made: Recording = { sid: world.makeSid('RE'), callSid, startedAtMs, callback, status: 'in-progress' };
    recordings.push(made);
    world.waits.changed();
    void live.call.waitFor('ended', world.waitLimitMs * 100).then(
      () => finish(made),
      () => undefined,
    );
    return { status: 201, body: recordOf(made) };
  }

  function finish(made: Recording): void {
    if (made.status === 'completed') return;
    made.status = 'completed';
    world.waits.changed();
    if (made.callback === null) return;
    world.webhooks.post({
      kind: 'recording',
      subject: made.callSid,
      url: made.callback,
      method: 'POST',
      fields: {
        AccountSid: world.accountSid,
        CallSid: made.callSid,
        RecordingSid: made.sid,
        RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${world.accountSid}/Recordings/${made.sid}`,
        RecordingStatus: 'completed',
        RecordingDuration: String(Math.round((world.clock.now() - made.startedAtMs) / 1_000)),
        RecordingChannels: '2',
        RecordingSource: 'StartCallRecordingAPI',
        RecordingStartTime: rfc2822(made.startedAtMs),
      },
    });
  }

  const recordOf = ({ sid, callSid, status, startedAtMs }: Recording) => ({
    sid,
    account_sid: world.accountSid,
    call_sid: callSid,
    status,
    source: 'StartCallRecordingAPI',
    date_created: rfc2822(startedAtMs),
    start_time: rfc2822(startedAtMs),
    uri: `/2010-04-01/Accounts/${world.accountSid}/Calls/${callSid}/Recordings/${sid}.json`,
  });

  return Object.freeze({
    create,
    list(callSid: string): RestAnswer {
      const path = `/2010-04-01/Accounts/${world.accountSid}/Calls/${callSid}/Recordings.json`;
      const items = recordings.filter((one) => one.callSid === callSid).map(recordOf);
      return { status: 200, body: pageRecord(path, 'recordings', items) };
    },
    update(callSid: string, which: string, fields: Fields): RestAnswer {
      const found = recordings.findLast(
        (one) =>
          one.callSid === callSid && (which === 'Twilio.CURRENT' ? one.status !== 'completed' : one.sid === which),
      );
      if (found === undefined) return notFound;
      if (fields.Status === 'stopped') finish(found);
      else found.status = fields.Status === 'paused' ? 'paused' : 'in-progress';
      world.waits.changed();
      return { status: 200, body: recordOf(found) };
    },
    media: (sid: string) => (recordings.some((one) => one.sid === sid) ? Buffer.from(`sound of ${sid}`) : null),
    statesOf: (callSid: string) => recordings.filter((one) => one.callSid === callSid).map(({ status }) => status),
  });
}
