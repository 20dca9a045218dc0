import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createEventPoster } from '../../src/records/post-event.http.ts';

const certificate = makeCertificate('hooks.example.com');
if (certificate === null) process.stdout.write('skipped: no openssl here to make a certificate with\n');

/** A key and a certificate for `name` that live as long as this run; null without openssl. */
function makeCertificate(name: string): { key: string; cert: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'linekeeper-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const naming = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, ...naming, '-days', '1', '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function setup(trusted: boolean) {
  const { key, cert } = certificate ?? { key: '', cert: '' };
  const seen: (string | false | null)[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    seen.push((request.socket as TLSSocket).servername);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = getCACertificates('default');
  if (trusted) setDefaultCACertificates([cert]);
  const poster = createEventPoster({
    clock: { now: () => 0 },
    allowLoopback: true,
    timeoutMs: 5_000,
    responseBytesMax: 16 * 1_024,
    resolveHost: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  onTestFinished(() => {
    poster.close();
    setDefaultCACertificates(before);
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, post: (host: string) => poster.post(`https://${host}:${port}/`, {}, '{}') };
}

test.skipIf(certificate === null)('TLS names the host and checks the certificate against it', async () => {
  const { seen, post } = await setup(true);
  expect(await post('hooks.example.com')).toMatchObject({ kind: 'answered', status: 200 });
  expect(seen).toEqual(['hooks.example.com']);
  expect(await post('other.example.com')).toEqual({ kind: 'failed', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  expect(await post('127.0.0.1')).toEqual({ kind: 'failed', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  expect(seen).toHaveLength(1);
});

test.skipIf(certificate === null)('a certificate nobody vouches for is a failure', async () => {
  const { seen, post } = await setup(false);
  expect(await post('hooks.example.com')).toEqual({ kind: 'failed', reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(seen).toEqual([]);
});
