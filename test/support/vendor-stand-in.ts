/** An advertising vendor on loopback: remembers what it was posted, and answers what the test says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Place } from './deployments.ts';

export interface VendorStandIn {
  readonly url: string;
  /** The status of every answer from now on. */
  answer(status: number): void;
  /** Bodies by path, in the order they came; JSON read where it is some. */
  posted(path: string): readonly unknown[];
}

/** Listens on a free port until the test ends. */
export async function standInForVendor(place: Pick<Place, 'keep'>): Promise<VendorStandIn> {
  const heard: { path: string; body: unknown }[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    heard.push({ path, body: text.startsWith('{') ? JSON.parse(text) : text });
    const body = path === '/token' ? { access_token: 'ya29', expires_in: 3_600 } : { requestId: 'r1' };
    response.writeHead(path === '/token' ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.keep(async () => {
    server.closeAllConnections();
    server.close();
  });
  return Object.freeze({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (next: number) => {
      status = next;
    },
    posted: (path: string) => heard.filter((one) => one.path === path).map(({ body }) => body),
  });
}
