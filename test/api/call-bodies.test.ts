/** What the sender of a call's order is told about a body that does not fit: what is wrong, and what to send. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { superviseBody, transferBody } from '../../src/api/contract/call-commands.ts';
import { callBody } from '../../src/api/contract/outbound.ts';
import { fieldFaults } from '../../src/ports/field-faults.ts';
import { slugField, spokenField } from '../../src/telephony/plan/plan-fields.ts';

const bounds = { ringTimeoutMs: { min: 1, max: 9, usual: 5 }, metadataEntries: 1, metadataCharacters: 9 };
const newCall = callBody(bounds, { slug: slugField, spoken: spokenField });
const call = { to: '+15035550142', purpose: 'service' };
const id = '0'.repeat(26);

test.each<[string, z.ZodType, object, object]>([
  ['no contact', newCall, { ...call, about: {} }, { field: 'about', problem: /exactly one of visitId, callId/ }],
  [
    'two contacts',
    newCall,
    { ...call, about: { visitId: `vis_${id}`, callId: `call_${id}` } },
    { field: 'about', problem: /exactly one of visitId, callId/ },
  ],
  ['a contact that is none', newCall, { ...call, about: { callId: 'x' } }, { field: 'about.callId', problem: /call_/ }],
  [
    'an agent and a queue',
    newCall,
    { ...call, agentId: `agent_${id}`, queue: 'sales' },
    { field: 'queue', cure: /agentId or queue/ },
  ],
  ['too many words', newCall, { ...call, metadata: { a: '1', b: '2' } }, { field: 'metadata', cure: /at most 1/ }],
  ['a transfer to nobody', transferBody, { to: {}, mode: 'warm' }, { field: 'to', problem: /exactly one of agentId/ }],
  ['nobody to listen', superviseBody, { by: {}, mode: 'listen' }, { field: 'by', problem: /exactly one of agentId/ }],
])('%s is refused by name', (_what, schema, body, fault) => {
  const faults = fieldFaults(schema.safeParse(body).error?.issues ?? []);
  const expected = Object.fromEntries(
    Object.entries(fault).map(([key, value]) => [key, value instanceof RegExp ? expect.stringMatching(value) : value]),
  );
  expect(faults).toEqual([
    { field: expect.any(String), problem: expect.any(String), cure: expect.any(String), ...expected },
  ]);
});
