/** The Messages resource: create, fetch, list, with the refusals a gateway has to tell apart. */
import type { Messages } from './far-end-messages.ts';
import { messageRecord, pageRecord } from './far-end-records.ts';
import type { World } from './far-end-world.ts';
import { fitsDates, type RestAnswer, type RestAsk } from './rest-request.ts';

/** Longest body Twilio takes, in characters. */
const bodyCharactersMax = 1600;

/** Answers one request about messages. */
export function answerMessages(world: World, messages: Messages, ask: RestAsk): RestAnswer {
  if (ask.what === 'create') return createOne(world, messages, ask.fields);
  if (ask.sid === null) return listMessages(world, messages, ask.fields);
  const text = messages.find(ask.sid);
  if (text === undefined || ask.what === 'update') {
    return { status: 404, code: 20_404, message: `The requested resource ${ask.sid} was not found` };
  }
  return { status: 200, body: messageRecord(world, text) };
}

function createOne(world: World, messages: Messages, fields: RestAsk['fields']): RestAnswer {
  const { To: to, From: from, Body: body = '', MediaUrl: media } = fields;
  if (to === undefined) return { status: 400, code: 21_604, message: "A 'To' phone number is required." };
  if (from === undefined) return { status: 400, code: 21_603, message: "A 'From' phone number is required." };
  if (body === '' && media === undefined) return { status: 400, code: 21_602, message: 'Message body is required.' };
  if (body.length > bodyCharactersMax) {
    return { status: 400, code: 21_617, message: 'The concatenated message body exceeds the 1600 character limit.' };
  }
  const created = messages.create({
    from,
    to,
    body,
    media: media?.split(' ') ?? [],
    statusCallback: fields.StatusCallback ?? null,
  });
  if (created === 'opted-out') {
    return { status: 400, code: 21_610, message: 'Attempt to send to unsubscribed recipient' };
  }
  return { status: 201, body: messageRecord(world, created) };
}

function listMessages(world: World, messages: Messages, fields: RestAsk['fields']): RestAnswer {
  const found = messages
    .all()
    .filter(
      ({ to, from, createdAtMs }) =>
        to === (fields.To ?? to) && from === (fields.From ?? from) && fitsDates(createdAtMs, 'DateSent', fields),
    );
  const path = `/2010-04-01/Accounts/${world.accountSid}/Messages.json`;
  const records = found.slice(0, Number(fields.PageSize ?? 50)).map((text) => messageRecord(world, text));
  return { status: 200, body: pageRecord(path, 'messages', records) };
}
