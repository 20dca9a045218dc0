import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consentWordOf } from '../../src/identity/consent-words.ts';
import { dresses, stops, words } from './consent-samples.ts';
import { nearMisses } from './near-misses.ts';

const subscribed = { optedOut: false };
const optedOut = { optedOut: true };
const notStops = nearMisses.filter((text) => consentWordOf(text, subscribed) === 'stop');

describe('stop', () => {
  test.each(Object.entries(dresses))('every word counts with %s', (_dress, wear) => {
    const missed = words.map(wear).filter((text) => consentWordOf(text, subscribed) !== 'stop');
    expect(missed).toEqual([]);
  });

  test('is heard in every way people say it', () => {
    expect(stops.length).toBeGreaterThanOrEqual(150);
    expect(stops.filter((text) => consentWordOf(text, subscribed) !== 'stop')).toEqual([]);
  });

  test('is heard the same from somebody who has opted out', () => {
    expect(stops.filter((text) => consentWordOf(text, optedOut) !== 'stop')).toEqual([]);
  });

  test('is not heard in what only uses its words', () => {
    expect(nearMisses.length).toBeGreaterThanOrEqual(150);
    expect(notStops).toEqual([]);
  });

  test('is not heard in a near miss in capitals, or with punctuation after it', () => {
    const shouted = nearMisses.flatMap((text) => [text.toUpperCase(), `${text}!!`, `${text} 🙂`]);
    expect(shouted.filter((text) => consentWordOf(text, subscribed) === 'stop')).toEqual([]);
  });
});

describe('start', () => {
  test.each(['START', 'start', 'Start.', ' START! ', 'UNSTOP', 'unstop', '"START"', 'ＳＴＡＲＴ'])(
    '%j opts in',
    (text) => {
      expect([consentWordOf(text, subscribed), consentWordOf(text, optedOut)]).toEqual(['start', 'start']);
    },
  );

  test.each(['YES', 'yes', 'Yes!', 'yes 👍'])('%j opts in only who had opted out', (text) => {
    expect([consentWordOf(text, subscribed), consentWordOf(text, optedOut)]).toEqual([null, 'start']);
  });

  test.each([
    'start my order',
    'when do you start',
    'please start',
    'yes please',
    'yes I want that one',
    'starting tomorrow',
    'restart',
    'yesterday',
    'subscribe',
    'y',
  ])('%j does not: consent is given by the word alone', (text) => {
    expect([consentWordOf(text, subscribed), consentWordOf(text, optedOut)]).toEqual([null, null]);
  });
});

describe('help', () => {
  test.each(['HELP', 'help', 'Help!', 'help?', '"HELP"', 'INFO', 'info.', 'ｈｅｌｐ', 'H E L P'])(
    '%j is answered',
    (text) => {
      expect([consentWordOf(text, subscribed), consentWordOf(text, optedOut)]).toEqual(['help', 'help']);
    },
  );

  test.each([
    'help me choose',
    'can you help',
    'I need help',
    'helpful',
    'more info',
    'info about the blue one',
    'information',
    'self help books',
    'please help',
  ])('%j is for the agent', (text) => {
    expect(consentWordOf(text, subscribed)).toBeNull();
  });
});

describe('any text', () => {
  test('is read without failing, and the same with spaces around it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(consentWordOf(`  ${text}\t`, subscribed)).toBe(consentWordOf(text, subscribed));
      }),
    );
  });

  test('of the longest kind is read in no time: no pattern of ours blows up', () => {
    const pieces = [
      'stop ',
      'dont want ',
      'unsubscribe ',
      'take me off ',
      'a ',
      ' ',
      'do not ever ',
      'stop the these ',
    ];
    const startedAt = performance.now();
    for (const piece of pieces) consentWordOf(piece.repeat(1_600), subscribed);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
