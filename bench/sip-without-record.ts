/**
 * The SIP carrier alone, as a process: every call is put through to one outside number from memory, with no record behind
 * it. Beside the whole gateway it shows what the record costs.
 */
import { randomBytes } from 'node:crypto';
import { createSipCarrier } from '../src/carriers/sip/sip-carrier.ts';
import { parseTrunkList } from '../src/carriers/sip/trunk-list.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { E164 } from '../src/ports/e164.ts';
import { silentLog } from '../src/ports/log.ts';

const elsewhere = '+15035550177' as E164;
const trunks = parseTrunkList(['127.0.0.1']);
if (trunks === null) throw new Error('the trunk list is wrong');

const carrier = createSipCarrier({
  drachtio: { host: '127.0.0.1', port: Number(process.env.DRACHTIO_PORT), secret: process.env.DRACHTIO_SECRET ?? '' },
  domain: 'lines.example',
  trunks,
  media: null,
  trunk: { uri: process.env.SIP_TRUNK_URI ?? '', user: null, password: null },
  phones: {
    findAccount: async () => null,
    bindings: async () => [],
    agentBindings: async () => [],
    changeBindings: async (_user, change) => change([]),
  },
  desk: { hear: async () => ({ kind: 'unknown' }) },
  answerInTime: async () => ({ kind: 'failover', to: elsewhere }),
  hearInTime: {
    hear: async () => ({ kind: 'unknown' }),
    tell: async ({ tell }) => tell(),
  },
  mayCall: async () => false,
  clock: systemClock,
  randomBytes,
  random: Math.random,
  log: silentLog,
});
await carrier.connected;
process.stdout.write('connected http://127.0.0.1:0\n');
process.on('SIGTERM', () => {
  void carrier.close().then(() => process.exit(0));
});
