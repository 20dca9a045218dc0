/** The wire is cut where the protocol says, however it arrives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commandDone,
  cutRequests,
  queryRequest,
  readAnswer,
  subscriptionIn,
  welcome,
} from '../src/ports/wire-frames.ts';

const sync = Buffer.from([0x53, 0, 0, 0, 4]);
const parse = Buffer.from([0x50, 0, 0, 0, 8, 1, 2, 3, 4]);

function notification(channel: string, payload: string): Buffer {
  const body = Buffer.concat([Buffer.alloc(4), Buffer.from(`${channel}\0${payload}\0`)]);
  const header = Buffer.alloc(5, 'A');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

describe('requests', () => {
  test('an extended request ends at its Sync, a simple one at itself', () => {
    const written = Buffer.concat([parse, sync, queryRequest('select 1'), parse]);
    const { requests, rest } = cutRequests(written);
    expect(requests).toEqual([Buffer.concat([parse, sync]), queryRequest('select 1')]);
    expect(rest).toEqual(parse);
  });

  test('cutting what was written does not depend on how it was chopped up', () => {
    const whole = Buffer.concat([parse, parse, sync, queryRequest('select $1; select 2'), parse, sync]);
    const expected = cutRequests(whole).requests;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length })), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const found: Buffer[] = [];
        let rest: Buffer = Buffer.alloc(0);
        edges.slice(1).forEach((edge, index) => {
          const cut = cutRequests(Buffer.concat([rest, whole.subarray(edges[index], edge)]));
          found.push(...cut.requests);
          rest = cut.rest;
        });
        expect(found).toEqual(expected);
      }),
    );
  });

  test.each([
    ['LISTEN bullmq_jobs', { verb: 'listen', channel: 'bullmq_jobs' }],
    ['-- a word\n--another\nLISTEN News;\n', { verb: 'listen', channel: 'news' }],
    ['listen "News"', { verb: 'listen', channel: 'News' }],
    ['UNLISTEN *', { verb: 'unlisten', channel: '*' }],
    ['select 1', null],
    ['-- LISTEN news\nselect 1', null],
    ['listen a; select 1', null],
  ])('%j is read as the subscription %j', (text, expected) => {
    expect(subscriptionIn(queryRequest(text))).toEqual(expected);
  });
});

describe('answers', () => {
  test('notifications are taken out, the rest keeps its order', () => {
    const news = notification('news', 'one');
    const answer = readAnswer(Buffer.concat([parse, news, commandDone('SELECT 1', 'transaction')]));
    expect(answer.own).toEqual(Buffer.concat([parse, commandDone('SELECT 1', 'transaction')]));
    expect(answer.notifications).toEqual([{ channel: 'news', bytes: news }]);
    expect(answer.state).toBe('transaction');
  });

  test('an answer without ReadyForQuery is not finished', () => {
    expect(readAnswer(parse).state).toBeNull();
    expect(readAnswer(welcome()).state).toBe('idle');
    expect(readAnswer(commandDone('ROLLBACK', 'aborted')).state).toBe('aborted');
  });
});
