/**
 * A business's website on loopback: pages by their path, each with the snippet's tag as an operator would paste it.
 */
import { createServer } from 'node:http';
import { listen } from './loopback-listener.ts';

export interface Page {
  readonly body: string;
  /** Attributes of the snippet's tag beside src and data-key. */
  readonly tag?: string;
  /** Put before the tag. */
  readonly head?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The page brings its own tag, or none. */
  readonly bare?: boolean;
}

export interface PageServer {
  readonly origin: string;
  /** Where the snippet comes from, and with which key. */
  useSnippet(src: string, key: string): void;
  /** Serves `page` at `path`; answers with its address. */
  put(path: string, page: Page): string;
  close(): Promise<void>;
}

export async function startPageServer(): Promise<PageServer> {
  const pages = new Map<string, Page>();
  let script = '';
  const server = createServer((request, answer) => {
    const page = pages.get(new URL(request.url ?? '/', 'http://page').pathname);
    if (page === undefined) return void answer.writeHead(404).end();
    const { head = '', tag = 'data-numbers="+1 503 555 0100"', headers = {}, bare = false } = page;
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
    answer.end(`<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">${head}
${bare ? '' : `<script async ${script} ${tag}></script>`}</head><body>${page.body}</body></html>`);
  });
  const { url, close } = await listen(server);
  return Object.freeze({
    origin: url,
    useSnippet: (src: string, key: string) => {
      script = `src="${src}" data-key="${key}"`;
    },
    put: (path: string, page: Page) => {
      pages.set(path, page);
      return `${url}${path}`;
    },
    close,
  });
}
