/** An answering machine on an agent's phone, as far as listening can tell. */
import { expect, test } from 'vitest';
import type { CallEvent } from '../../src/telephony/call.ts';
import { apply, chosen, legId, moveThrough, newCall } from './sample-call.ts';

test('a machine makes room for the next agent and is hung up; one that has accepted is a person', () => {
  const machine: CallEvent = { type: 'leg-ended', legId: legId(1), reason: 'machine' };
  const answered = moveThrough(newCall().call, [chosen(1), { type: 'leg-answered', legId: legId(1) }]);
  const next = apply(answered, machine);
  expect(next.call.legs).toMatchObject([{ state: 'ended', ending: 'machine' }]);
  expect(next.effects).toMatchObject([
    { kind: 'hang-up-leg', legId: legId(1) },
    { kind: 'settle-offer', legId: legId(1), as: 'missed' },
    { kind: 'choose-agent' },
  ]);
  const accepted = moveThrough(answered, [{ type: 'leg-accepted', legId: legId(1) }]);
  expect(apply(accepted, machine).ignored).toBe(true);
});
