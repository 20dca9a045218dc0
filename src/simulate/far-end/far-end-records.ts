/**
 * Calls, messages and errors as Twilio's REST API writes them: snake case, RFC 2822 dates, numbers as text. Enough of
 * each resource for the SDK to read and for a gateway that reconciles.
 */
import { durationSeconds } from './far-end-call.ts';
import type { Line } from './far-end-line.ts';
import type { FarEndText } from './far-end-messages.ts';
import { rfc2822, type World } from './far-end-world.ts';
import { segmentsOf } from './message-fields.ts';
import type { RestRefusal } from './rest-request.ts';

/** The error body of the REST API. */
export function errorRecord({ status, code, message }: RestRefusal) {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

/** A Call resource. */
export function callRecord(world: World, line: Line) {
  const { sid, from, to, direction, parentSid, createdAtMs } = line.facts;
  const [answeredAt, endedAt] = [line.answeredAtMs(), line.endedAtMs()];
  return {
    sid,
    account_sid: world.accountSid,
    api_version: '2010-04-01',
    parent_call_sid: parentSid,
    from,
    from_formatted: from,
    to,
    to_formatted: to,
    status: line.status(),
    direction,
    date_created: rfc2822(createdAtMs),
    date_updated: rfc2822(endedAt ?? answeredAt ?? createdAtMs),
    start_time: rfc2822(answeredAt ?? createdAtMs),
    end_time: endedAt === null ? null : rfc2822(endedAt),
    duration: endedAt === null ? null : String(durationSeconds(line)),
    answered_by: null,
    caller_name: line.facts.extra.CallerName ?? null,
    forwarded_from: line.facts.extra.ForwardedFrom ?? null,
    phone_number_sid: null,
    group_sid: null,
    trunk_sid: null,
    queue_time: '0',
    price: null,
    price_unit: 'USD',
    uri: `/2010-04-01/Accounts/${world.accountSid}/Calls/${sid}.json`,
    subresource_uris: {},
  };
}

/** A Message resource. */
export function messageRecord(world: World, text: FarEndText) {
  const created = rfc2822(text.createdAtMs);
  return {
    sid: text.sid,
    account_sid: world.accountSid,
    api_version: '2010-04-01',
    messaging_service_sid: null,
    from: text.from,
    to: text.to,
    body: text.body,
    status: text.status,
    direction: text.direction,
    num_segments: String(segmentsOf(text.body)),
    num_media: String(text.media.length),
    date_created: created,
    date_updated: created,
    date_sent: text.status === 'queued' ? null : created,
    error_code: text.errorCode,
    error_message: null,
    price: null,
    price_unit: 'USD',
    uri: `/2010-04-01/Accounts/${world.accountSid}/Messages/${text.sid}.json`,
    subresource_uris: {},
  };
}

/** One page that holds everything: the far end never has a second. */
export function pageRecord(path: string, name: 'calls' | 'messages' | 'recordings', items: readonly object[]) {
  const uri = `${path}?Page=0&PageSize=${items.length}`;
  return {
    [name]: items,
    page: 0,
    page_size: items.length,
    start: 0,
    end: Math.max(0, items.length - 1),
    uri,
    first_page_uri: uri,
    next_page_uri: null,
    previous_page_uri: null,
  };
}
