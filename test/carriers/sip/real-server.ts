/** The real drachtio-server of this run, where DRACHTIO_HOST names one; null: the scripted edge plays it. */
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
