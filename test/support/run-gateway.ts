/**
 * The real gateway, in this process, on a free port: settings read from an environment as in production, the demo made,
 * real stores, real HTTP. Only the log is silent.
 */
import pino from 'pino';
import { loadSettings } from '../../config/load.ts';
import { startGateway } from '../../src/gateway/start-gateway.ts';
import { type Practice, readPractice } from '../../src/ports/practice-file.file.ts';
import type { Place } from './deployments.ts';

export interface RunningGateway {
  readonly url: string;
  /** The demo's keys, as a first start leaves them. */
  readonly practice: Practice;
  /** Drains and closes; done after the test anyway. */
  close(): Promise<void>;
}

/** Starts a gateway on `place`; `environment` adds settings or overrides them. */
export async function runGateway(
  place: Place,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningGateway> {
  const loaded = loadSettings({
    NODE_ENV: 'test',
    PORT: '0',
    DEMO: 'on',
    WEBHOOK_ALLOW_LOOPBACK: 'on',
    ...place.environment,
    ...environment,
  });
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  const gateway = await startGateway(loaded.settings, pino({ level: 'silent' }));
  place.keep(gateway.close);
  const practice = await readPractice(place.folder);
  if (practice === null) throw new Error('the first start has left no practice.json');
  return Object.freeze({ url: gateway.url, practice, close: gateway.close });
}
