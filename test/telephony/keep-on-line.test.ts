/** What a leg does in the middle of its call when the record does not say. */
import { expect, test } from 'vitest';
import { limits } from '../../config/limits.ts';
import type { E164 } from '../../src/ports/e164.ts';
import type { CallId, LegId } from '../../src/ports/ids.ts';
import { keepOnLine } from '../../src/telephony/keep-on-line.ts';

const callId = 'call_1' as CallId;
const legId = 'leg_1' as LegId;
const failover = { to: '+15035550188' as E164, dnis: '+19715550100' as E164 };
const leftRoom = { what: 'left-room', room: 'room_1' } as const;
const caller = { callId, legId: null, fact: leftRoom };
const agent = { callId, legId, fact: { what: 'keys', digits: '1' } as const };
const patience = (asked: number) => ({ asked, failover });

test('a leg is asked to wait and asks again, counting', () => {
  for (const report of [caller, agent]) {
    const { instructions, isFailover } = keepOnLine(report, patience(1));
    expect(isFailover).toBe(false);
    expect(instructions).toMatchObject([
      { verb: 'gather', next: { step: 'again', callId, legId: report.legId, asked: 2 } },
    ]);
  }
});

test('a caller who has asked often enough goes to the failover destination, an agent is let go', () => {
  const often = patience(limits.askedAgainMax);
  expect(keepOnLine(caller, often)).toMatchObject({
    isFailover: true,
    instructions: [{ verb: 'dial', to: failover.to, callerId: failover.dnis }],
  });
  expect(keepOnLine(agent, often)).toMatchObject({
    isFailover: false,
    instructions: [{ verb: 'say' }, { verb: 'hang-up' }],
  });
});

test('a caller without a failover destination, or who comes from it, hears that nobody can be had', () => {
  const often = { asked: limits.askedAgainMax, failover: null };
  const goodbye = [{ verb: 'say' }, { verb: 'hang-up' }];
  expect(keepOnLine(caller, often).instructions).toMatchObject(goodbye);
  const unanswered = { ...caller, fact: { what: 'dial-ended', answered: false } as const };
  expect(keepOnLine(unanswered, patience(limits.askedAgainMax)).instructions).toMatchObject(goodbye);
});

test('after a message, or a conversation with the failover destination, there is nothing to wait for', () => {
  const recorded = { ...caller, fact: { what: 'recorded', seconds: 4, recordingId: null } as const };
  const talked = { ...caller, fact: { what: 'dial-ended', answered: true } as const };
  for (const report of [recorded, talked])
    expect(keepOnLine(report, patience(0)).instructions).toEqual([{ verb: 'hang-up' }]);
});
