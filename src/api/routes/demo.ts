/**
 * `GET /demo`: a shop's page with the snippet on it, so that whoever has just typed `npm start` sees a number change in
 * their own browser. Only with the demo and the status page; its key is the demo's. The page's own number belongs to
 * nobody, and everything on it is there to be swapped, the command to copy included.
 */
import type { ApiWorld, App } from '../app-type.ts';
import { escapeHtml } from '../escape-html.ts';
import { scriptTag } from './snippet.ts';

const pageNumber = '+1 503 555 0100';
const style = `body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}.call{font-size:1.6rem;font-weight:600}
pre{background:#f3f5f7;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:.3rem}td{padding:.2rem 1.2rem .2rem 0}
.note{color:#51606e}a{color:#0b5cad}`;
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'";

export function registerDemoRoute(app: App, world: ApiWorld): void {
  const key = world.demoKey;
  if (!world.statusPage || key === null) return;
  const tag = scriptTag({ src: '/lk.js', 'data-key': key, 'data-numbers': pageNumber });
  app.get('/demo', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('content-security-policy', policy);
    return reply.type('text/html; charset=utf-8').send(page(tag, world.publicUrl()));
  });
}

function page(tag: string, url: string): string {
  const dial = `curl -s ${url}/carriers/sandbox/calls -H 'content-type: application/json' -d '{"from":"+12125550142","to":"+15035550100"}'`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Demo Shop</title><style>${style}</style>${tag}</head>
<body data-linekeeper-product="demo"><h1>Demo Shop</h1>
<p>Questions? Call us: <a class="call" href="tel:+15035550100">(503) 555-0100</a></p>
<p class="note">In its HTML this page has one number, <span data-linekeeper="off">(503) 555-0100</span>. The snippet has
leased you one of your own and shows it in its place, however it is written:</p>
<table><tr><td>with dots</td><td>503.555.0100</td></tr>
<tr><td>international</td><td>+1 503 555 0100</td></tr>
<tr><td>a text message</td><td><a href="sms:+15035550100?body=Are%20you%20open%3F">text 503-555-0100</a></td></tr>
<tr><td>kept as it is</td><td data-linekeeper="off">(503) 555-0100 with <code>data-linekeeper="off"</code></td></tr></table>
<h2>Call it</h2><p>The demo's telephones are pretend ones. The number in this command is yours, too:</p>
<pre>${escapeHtml(dial)}</pre>
<p>Then look at <a href="/">the status page</a>: the call stands there with your visit.</p>
<h2>The same number?</h2><p>Open this page in a second tab: one visit, one number. A private window is another visitor,
and is shown another number. When all are taken, the shared one is shown.</p>
<p class="note">Nothing changed? The demo knows the addresses localhost, 127.0.0.1 and PUBLIC_URL; open it at one of
those. The browser's console says when the gateway refuses.</p></body></html>`;
}
