/**
 * Holds the record, as the public API shows it, against what the far end knows to have been acknowledged. Each fault is
 * a line of text; none means that nothing was lost and nothing doubled.
 */
import type { Delivery } from '../../src/simulate/far-end/far-end-webhooks.ts';
import type { Shop } from './busy-shop.ts';

export interface Audit {
  readonly faults: readonly string[];
  readonly acknowledged: { readonly webhooks: number; readonly leases: number; readonly replies: number };
}

interface CallShown {
  readonly id: string;
  readonly carrierCallId: string;
  readonly state: string;
  readonly bridgedAt: string | null;
  readonly verdict: { readonly slug: string } | null;
  readonly legs: readonly { readonly id: string; readonly state: string }[];
}

interface MessageShown {
  readonly id: string;
  readonly body: string;
  readonly direction: string;
  readonly state: string;
}

interface EventShown {
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
}

interface Shown {
  readonly calls: readonly CallShown[];
  readonly messages: readonly MessageShown[];
  readonly events: readonly EventShown[];
}

const deliveriesWithinMs = 10_000;

/** Reads everything and compares. */
export async function auditRecord(shop: Shop): Promise<Audit> {
  const shown = await readShown(shop);
  const webhooks = shop.farEnd.deliveries().filter(({ acknowledged }) => acknowledged);
  const faults = [
    ...webhooks.flatMap((webhook) => effectFaults(webhook, shown)),
    ...(await leaseFaults(shop)),
    ...shop.replies.flatMap((reply) => replyFaults(shop, shown, reply)),
    ...doubles(
      'call',
      shown.calls.map(({ carrierCallId }) => carrierCallId),
    ),
    ...doubles(
      'message',
      shown.messages.map(({ body }) => body),
    ),
    ...doubles(
      'text sent',
      shop.farEnd.texts().map(({ body }) => body),
    ),
    ...doubles('leg dialled', dialledLegs(shop)),
    ...shown.calls.flatMap((call) => (isOver(call) ? [] : [`call ${call.id} is ${call.state} without a verdict`])),
    ...sequenceFaults(shown.events),
    ...(await deliveryFaults(shop, shown.events)),
    ...(await agentFaults(shop)),
    ...shop.centre.refused.map((why) => `an event was not proven: ${why}`),
  ];
  const acknowledged = { webhooks: webhooks.length, leases: shop.leased.length, replies: shop.replies.length };
  return { faults: faults.map((fault) => `${shop.name}: ${fault}`), acknowledged };
}

async function readShown(shop: Shop): Promise<Shown> {
  const calls = await readAll<CallShown>(shop, '/v1/calls');
  const conversations = await readAll<{ id: string }>(shop, '/v1/conversations');
  const details = await Promise.all(conversations.map(({ id }) => read(shop, `/v1/conversations/${id}`)));
  const messages = details.flatMap((detail) => detail.messages as MessageShown[]);
  return { calls, messages, events: await readAll<EventShown>(shop, '/v1/events') };
}

/** What an acknowledged webhook must have left behind. */
function effectFaults({ url, fields, answer, subject }: Delivery, shown: Shown): string[] {
  const { pathname, searchParams } = new URL(url);
  const call = shown.calls.find(
    ({ id, carrierCallId }) => id === searchParams.get('call') || carrierCallId === subject,
  );
  const leg = call?.legs.find(({ id }) => id === searchParams.get('leg'));
  const missing = (what: string, isThere: boolean) =>
    isThere ? [] : [`${what} of ${pathname} ${subject} is not there`];
  const body = answer.kind === 'answered' ? answer.body : '';
  switch (pathname.replace('/carriers/twilio', '')) {
    case '/voice':
      return missing('the call', call !== undefined);
    case '/status':
      return missing('the end', call === undefined || call.state === 'ended');
    case '/voice/agent':
      return missing('the leg', leg !== undefined);
    case '/voice/leg-status':
      return missing(
        'the leg’s end',
        leg !== undefined && (fields.CallStatus !== 'completed' || leg.state === 'ended'),
      );
    case '/voice/next':
      if (searchParams.get('step') !== 'keys') return missing('the call', call !== undefined);
      return missing('the bridge', call !== undefined && (!body.includes('<Conference') || call.bridgedAt !== null));
    case '/messages':
      return missing(
        'the text',
        shown.messages.some((message) => message.body === fields.Body),
      );
    case '/messages/status':
      return missing(
        'the message',
        shown.messages.some(({ id }) => id === searchParams.get('message')),
      );
    default:
      return [`${pathname} is a webhook this audit does not know`];
  }
}

async function leaseFaults(shop: Shop): Promise<string[]> {
  const faults = await Promise.all(
    shop.leased.map(async ({ visitId, leaseId, number }) => {
      const visit = await read(shop, `/v1/visits/${visitId}`);
      const lease = visit.leases?.find((one: { id: string }) => one.id === leaseId);
      return lease?.number === number ? [] : [`lease ${leaseId} of ${number} is not in visit ${visitId}`];
    }),
  );
  return faults.flat();
}

function replyFaults(shop: Shop, shown: Shown, reply: Shop['replies'][number]): string[] {
  const message = shown.messages.find(({ id }) => id === reply.messageId);
  if (message === undefined) return [`reply ${reply.messageId} was accepted and is not there`];
  const sent = shop.farEnd.texts().some(({ body }) => body === reply.body);
  return sent ? [] : [`reply ${reply.messageId} is ${message.state} and never reached the carrier`];
}

/** Calls that the carrier was asked for and made, by the leg they are for. */
function dialledLegs(shop: Shop): string[] {
  return shop.farEnd
    .requests()
    .filter(({ path, what, status }) => path === 'Calls' && what === 'create' && status === 201)
    .map(({ fields }) => new URL(fields.Url ?? '').searchParams.get('leg') ?? 'no leg');
}

function doubles(what: string, keys: readonly string[]): string[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${what} ${key} is there twice`);
}

function isOver(call: CallShown): boolean {
  return call.state === 'ended' && call.verdict !== null;
}

function sequenceFaults(events: readonly EventShown[]): string[] {
  return [...Map.groupBy(events, ({ subject }) => subject)].flatMap(([subject, own]) => {
    const sequences = own.map(({ sequence }) => sequence).sort((one, other) => one - other);
    return sequences.every((sequence, index) => sequence === index + 1)
      ? []
      : [`${subject} has ${sequences.join(' ')}`];
  });
}

/** Every event reaches the contact centre, at its first delivery in its subject's order. */
async function deliveryFaults(shop: Shop, events: readonly EventShown[]): Promise<string[]> {
  const isHeard = ({ id }: EventShown) => shop.centre.heard.some((one) => one.id === id);
  const all = () => (events.every(isHeard) ? true : undefined);
  const missing = await shop.centre.until('every event', all, deliveriesWithinMs).then(
    () => [],
    () => events.filter((event) => !isHeard(event)).map(({ id }) => `event ${id} was not delivered`),
  );
  const firsts = shop.centre.heard.filter(
    ({ id }, index) => shop.centre.heard.findIndex((one) => one.id === id) === index,
  );
  const disorder = [...Map.groupBy(firsts, ({ subject }) => subject)].flatMap(([subject, own]) =>
    own.every(({ sequence }, index) => sequence === index + 1) ? [] : [`${subject} was told out of order`],
  );
  return [...missing, ...disorder];
}

async function agentFaults(shop: Shop): Promise<string[]> {
  const { items } = await read(shop, '/v1/agents');
  return items.flatMap(({ name, presence }: { name: string; presence: string }) =>
    presence === 'ready' ? [] : [`agent ${name} is left ${presence}`],
  );
}

// biome-ignore lint/suspicious/noExplicitAny: the caller knows the route it asks
async function read(shop: Shop, path: string): Promise<any> {
  return (await shop.gateway.ask(path, { key: shop.keys.secretKey })).body;
}

async function readAll<Item>(shop: Shop, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let before = '';
  for (;;) {
    const page = await read(shop, `${path}?limit=200${before}`);
    items.push(...page.items);
    if (page.next === null) return items;
    before = `&before=${page.next}`;
  }
}
