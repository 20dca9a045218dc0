/** What Twilio writes into the webhooks about texts. */
import type { Fields } from './sign-request.ts';

/** The form of an inbound message webhook. */
export function inboundFields(
  accountSid: string,
  text: { sid: string; from: string; to: string; body: string; media: readonly string[] },
): Fields {
  const media = text.media.flatMap((url, index) => [
    [`MediaUrl${index}`, url],
    [`MediaContentType${index}`, 'image/jpeg'],
  ]);
  return {
    ToCountry: 'US',
    SmsMessageSid: text.sid,
    MessageSid: text.sid,
    SmsSid: text.sid,
    SmsStatus: 'received',
    AccountSid: accountSid,
    From: text.from,
    To: text.to,
    Body: text.body,
    NumMedia: String(text.media.length),
    NumSegments: String(segmentsOf(text.body)),
    FromCountry: 'US',
    ApiVersion: '2010-04-01',
    ...Object.fromEntries(media),
  };
}

/** The form of a message status callback. */
export function statusFields(
  accountSid: string,
  text: { sid: string; from: string; to: string; status: string; errorCode: number | null },
): Fields {
  return {
    MessageSid: text.sid,
    SmsSid: text.sid,
    MessageStatus: text.status,
    SmsStatus: text.status,
    AccountSid: accountSid,
    From: text.from,
    To: text.to,
    ApiVersion: '2010-04-01',
    ...(text.errorCode === null ? {} : { ErrorCode: String(text.errorCode) }),
  };
}

/** Segments, counting plain ASCII as GSM-7; close enough for a field nobody bills on. */
export function segmentsOf(body: string): number {
  const isPlain = Array.from(body).every((character) => character <= '~');
  const [single, joined] = isPlain ? [160, 153] : [70, 67];
  return body.length <= single ? 1 : Math.ceil(body.length / joined);
}
