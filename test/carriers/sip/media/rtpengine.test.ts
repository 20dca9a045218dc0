/** The connection to rtpengine: what becomes of orders while its host is not known yet, or has moved. */
import type { LookupFunction } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connectRtpengine, type Rtpengine } from '../../../../src/carriers/sip/media/rtpengine.ts';
import { silentLog } from '../../../../src/ports/log.ts';
import { openScriptedRtpengine, type ScriptedRtpengine } from '../../../support/rtpengine/scripted-rtpengine.ts';

const host = 'rtpengine.example';
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** An rtpengine that stands under a name, and a book of names that a test writes. */
async function setup() {
  const engine = await openScriptedRtpengine();
  const names = { address: null as string | null };
  const lookup: LookupFunction = (name, options, tell) => {
    const address = name === host ? names.address : name;
    if (address === null) return void setImmediate(() => tell(new Error('ENOTFOUND'), ''));
    setImmediate(() => (options.all ? tell(null, [{ address, family: 4 }]) : tell(null, address, 4)));
  };
  const rtpengine = connectRtpengine({
    address: { ...engine.address, host },
    onKey: () => undefined,
    makeWord: () => 'word',
    lookup,
    log: silentLog,
  });
  open.push(rtpengine, engine);
  return { engine, names, rtpengine };
}

/** Rtpengine is looked for every two seconds. */
async function untilBack(rtpengine: Rtpengine, engine: ScriptedRtpengine): Promise<void> {
  await expect
    .poll(
      () =>
        rtpengine.ask('delete', { 'call-id': 'none' }).then(
          ({ result }) => result,
          () => 'away',
        ),
      {
        timeout: 8_000,
      },
    )
    .toBe('ok');
  expect(engine.orders()).toContain('ping');
}

test('a host whose name is not known when the gateway starts is found once it is', async () => {
  const { engine, names, rtpengine } = await setup();
  await expect(rtpengine.ask('delete', { 'call-id': 'none' })).rejects.toMatchObject({ kind: 'away' });
  names.address = '127.0.0.1';
  await untilBack(rtpengine, engine);
}, 20_000);

test('a host that has moved is looked up anew', async () => {
  const { engine, names, rtpengine } = await setup();
  // Nobody is there.
  names.address = '127.0.0.9';
  await expect(rtpengine.ask('delete', { 'call-id': 'none' })).rejects.toMatchObject({ kind: 'away' });
  names.address = '127.0.0.1';
  await untilBack(rtpengine, engine);
}, 20_000);
