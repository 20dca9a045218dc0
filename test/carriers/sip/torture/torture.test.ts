/**
 * What strangers and broken phones send: the torture messages of RFC 4475 and seeded mutations of them and of our own
 * traffic, handed to the gateway by the scripted edge, which lets more through than a real server would. Nothing of it may
 * end the process, and good calls in between connect. SIP_MUTATIONS says how many (100,000 is the full number).
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PhoneCall } from '../../../support/sip-edge/phone-call.ts';
import { writeSip } from '../../../support/sip-edge/sip-text.ts';
import { domain } from '../staged-phone-book.ts';
import { agentA, onlyOnEdge, ours, type StagedSip, stageSip, strangerHost, until } from '../staged-sip.ts';
import { breakMessage, readTortureMessages } from './torture-messages.ts';

const mutations = Number(process.env.SIP_MUTATIONS ?? 3_000);
const goodCallEvery = Math.max(200, Math.floor(mutations / 100));
const messages = readTortureMessages();

let staged: StagedSip;
const faults: unknown[] = [];
const keepFault = (fault: unknown) => void faults.push(fault);

beforeEach(async () => {
  // drachtio-srf prints what it cannot read.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  process.on('uncaughtException', keepFault).on('unhandledRejection', keepFault);
  staged = await stageSip({ agents: [agentA] });
});
afterEach(async () => {
  await staged.close();
  process.off('uncaughtException', keepFault).off('unhandledRejection', keepFault);
  vi.restoreAllMocks();
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What our own phones and trunk say, of a call that is going on. */
function traffic(talking: PhoneCall, rung: PhoneCall): string[] {
  const place = '127.0.0.2:20001';
  const write = (method: string, uri: string, more: readonly (readonly [string, string])[], body = '') => {
    const usual = [
      ['Via', `SIP/2.0/UDP ${place};branch=z9hG4bKx`],
      ['Max-Forwards', '70'],
      ['CSeq', `9 ${method}`],
      ['Contact', `<sip:a@${place}>`],
    ] as const;
    return writeSip({ start: `${method} ${uri} SIP/2.0`, headers: [...usual, ...more], body });
  };
  const fresh = [
    ['From', '<sip:+15035550123@trunk.example>;tag=f1'],
    ['To', `<sip:${ours}@${domain}>`],
    ['Call-ID', 'fresh-1@x'],
  ] as const;
  const dialogOf = (call: PhoneCall) =>
    [
      ['From', `<sip:a@x>;tag=${call.localTag}`],
      ['To', '<sip:b@y>;tag=edge'],
      ['Call-ID', call.callId],
    ] as const;
  const proof = `Digest username="${agentA}", realm="${domain}", nonce="x.y.z", uri="sip:${domain}", response="${'0'.repeat(64)}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`;
  const sdp = [['Content-Type', 'application/sdp']] as const;
  return [
    write(
      'INVITE',
      `sip:${ours}@${domain}`,
      [...fresh, ...sdp, ['P-Asserted-Identity', '<sip:+15035550123@t;verstat=TN-Validation-Passed-A>']],
      talking.ourSdp,
    ),
    write('REGISTER', `sip:${domain}`, [
      ['From', `<sip:${agentA}@${domain}>;tag=r`],
      ['To', `<sip:${agentA}@${domain}>`],
      ['Call-ID', 'r1'],
      ['Authorization', proof],
      ['Expires', '600'],
    ]),
    write('INVITE', `sip:gw@${domain}`, [...dialogOf(talking), ...sdp], talking.ourSdp),
    write(
      'INFO',
      `sip:gw@${domain}`,
      [...dialogOf(talking), ['Content-Type', 'application/dtmf-relay']],
      'Signal=5\r\nDuration=100\r\n',
    ),
    write('REFER', `sip:gw@${domain}`, [...dialogOf(rung), ['Refer-To', `<sip:+15035550177@${domain}>`]]),
    write('UPDATE', `sip:gw@${domain}`, [...dialogOf(talking), ...sdp], talking.ourSdp),
    write('BYE', `sip:gw@${domain}`, dialogOf(talking)),
    write('ACK', `sip:gw@${domain}`, [...dialogOf(talking), ...sdp], talking.ourSdp),
    write('OPTIONS', `sip:${domain}`, fresh),
  ];
}

async function connect(): Promise<{ made: PhoneCall; rung: PhoneCall; hangUp: () => Promise<void> }> {
  const phone = await staged.phone(agentA);
  staged.phones.keepOne(agentA, { contact: phone.address, via: `sip:${phone.port.host}:${phone.port.port}` });
  const made = staged.call();
  await until(() => made.status === 200 && phone.calls[0] !== undefined, 'a good call connects');
  const rung = phone.calls[0] as PhoneCall;
  const hangUp = async () => {
    await made.hangUp();
    await until(() => rung.ended, 'a good call ends');
    phone.close();
  };
  return { made, rung, hangUp };
}

describe.skipIf(!onlyOnEdge)('on the scripted edge', () => {
  test('all 49 messages of RFC 4475 are there', () => {
    expect(messages.size).toBe(49);
  });

  test.each([...messages])('%s is survived, from the trunk and from a stranger', async (_name, text) => {
    staged.edge?.deliver(text, '127.0.0.2', 5060);
    staged.edge?.deliver(text, strangerHost, 5060);
    const { hangUp } = await connect();
    await hangUp();
    expect(faults).toEqual([]);
  });

  test(`${mutations} mutations end nothing, and good calls in between connect`, { timeout: 600_000 }, async () => {
    const random = seeded(4475);
    let good = await connect();
    for (let count = 1; count <= mutations; count += 1) {
      const texts = [...messages.values(), ...traffic(good.made, good.rung)];
      const chosen = texts[Math.floor(random() * texts.length)] ?? '';
      const broken = breakMessage(chosen, texts, random);
      staged.edge?.deliver(broken, random() < 0.7 ? '127.0.0.2' : strangerHost, 20_001);
      if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (count % goodCallEvery !== 0) continue;
      staged.phones.keepOne(agentA, null);
      good = await connect();
      expect(faults, `after ${count}`).toEqual([]);
    }
    await good.hangUp().catch(() => undefined);
  });
});
