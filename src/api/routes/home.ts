/**
 * `GET /`: a plain page made on the server, for the person who has just typed `npm start`. What runs, the numbers and
 * who holds them, the latest calls and texts, what to try. Telephone numbers of callers are masked; in production the
 * page says no more than that something runs, unless settings turn it on.
 */
import { maskNumber, nationalFormat } from '../../ports/e164.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { escapeHtml } from '../escape-html.ts';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde3e8;vertical-align:top}th{font-weight:600;color:#51606e}
pre{background:#f3f5f7;padding:.8rem;overflow-x:auto;border-radius:.3rem}.none{color:#51606e}`;

export function registerHomeRoute(app: App, world: ApiWorld): void {
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    return reply.type('text/html; charset=utf-8').send(page(world.statusPage ? await body(world) : ''));
  });
}

function page(content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="15"><title>Linekeeper</title><style>${style}</style></head>
<body><h1>Linekeeper is running</h1><p>The API is described at <a href="/docs">/docs</a>.</p>${content}</body></html>`;
}

async function body(world: ApiWorld): Promise<string> {
  const facts = table(['what', 'how'], Object.entries(world.facts));
  const enterprise = await world.reads.firstEnterprise();
  if (enterprise === null)
    return `<h2>What runs</h2>${facts}<p>No enterprise yet. Make one with linekeeper enterprise add, or start with DEMO=on.</p>`;
  const numbers = await world.reads.numbers(enterprise.id, world.clock.now());
  const calls = await world.reads.calls(enterprise.id, { limit: 10 });
  const conversations = await world.reads.conversations(enterprise.id, { limit: 10 });
  const numberRows = numbers.map((row) => [
    nationalFormat(row.e164),
    row.carrier,
    row.visit_id ?? 'free',
    when(row.expires_at),
  ]);
  const callRows = calls.map((call) => [
    when(new Date(call.startedAt)),
    maskNumber(call.ani),
    nationalFormat(call.dnis),
    call.visitId ?? 'nobody sure',
    call.verdict?.slug ?? call.state,
  ]);
  const textRows = conversations.map((row) => [
    when(row.last_message_at),
    maskNumber(row.customer),
    nationalFormat(row.e164),
    row.visit_id ?? 'nobody sure',
  ]);
  return `<h2>What runs</h2>${facts}
<h2>What to try</h2>${world.demoKey === null ? '' : '<p>See a number change in your browser: <a href="/demo">the demo page</a>.</p>'}${whatToTry(world.publicUrl(), numbers[0]?.e164 ?? '+15035550101')}
<h2>Latest calls</h2>${table(['at (UTC)', 'from', 'to', 'visit', 'where it stands'], callRows)}
<h2>Latest texts</h2>${table(['last at (UTC)', 'from', 'to', 'visit'], textRows)}
<h2>Numbers of ${escapeHtml(enterprise.name)}</h2>${table(['number', 'carrier', 'held by', 'until (UTC)'], numberRows)}`;
}

function whatToTry(url: string, number: string): string {
  const commands = [
    '# lease a number to a visitor (the publishable key was printed at the first start)',
    `curl -s ${url}/v1/visits -H 'Authorization: Bearer pk_…' -H 'Origin: https://shop.example' -H 'content-type: application/json' -d '{"url":"https://shop.example/"}'`,
    '# call that number, and look at what the phone hears',
    `curl -s ${url}/carriers/sandbox/calls -H 'content-type: application/json' -d '{"from":"+12125550142","to":"${number}"}'`,
    '# a whole busy day in a minute',
    'npm run simulate',
  ];
  return `<pre>${escapeHtml(commands.join('\n'))}</pre>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p class="none">None yet.</p>';
  const head = heads.map((text) => `<th>${escapeHtml(text)}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`).join('\n');
  return `<table><thead><tr>${head}</tr></thead><tbody>${lines}</tbody></table>`;
}

function when(at: Date | null): string {
  return at === null ? '' : at.toISOString().slice(0, 19).replace('T', ' ');
}
