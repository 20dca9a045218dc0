/** The real drachtio-server of this run, where DRACHTIO_HOST names one; null: the scripted edge plays it. */
import type { Phone } from '../../support/sip-edge/phone-call.ts';
import { udpNetwork } from '../../support/sip-edge/sip-network.ts';

export const realServer = process.env.DRACHTIO_HOST
  ? {
      drachtio: {
        host: process.env.DRACHTIO_HOST,
        port: Number(process.env.DRACHTIO_PORT ?? 9022),
        secret: process.env.DRACHTIO_SECRET ?? 'cymru',
      },
      /** Where it listens for SIP. */
      network: () => udpNetwork(process.env.DRACHTIO_SIP ?? '127.0.0.1:5060'),
    }
  : null;

/** The gateway does not wait for its server; a test does. */
export async function isServed(trunk: Phone, server: string): Promise<void> {
  for (let attempt = 1; attempt <= 40; attempt += 1) {
    const pause = new Promise<null>((resolve) => setTimeout(resolve, 100, null));
    const answer = await Promise.race([trunk.ask('OPTIONS', `sip:${server}`), pause]);
    if (answer?.start.includes(' 200 ')) return;
    await pause;
  }
  throw new Error('the gateway serves no SIP');
}
