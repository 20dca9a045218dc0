/**
 * A short busy day, played against a running gateway over HTTP alone: visitors open pages and get numbers, some call
 * and some text, agents' phones ring, sales are reported, and the contact centre's webhooks are taken and checked. The
 * truth of who called is known here, so the gateway's attribution can be marked right or wrong.
 */

import { randomInt } from 'node:crypto';
import { type ReceivedEvent, startEventReceiver } from './event-receiver.ts';
import { createEventTally, type EventTally } from './event-tally.ts';
import { createTwilioFarEnd } from './far-end/twilio-far-end.ts';
import { createGatewayClient, GatewayRefusal } from './gateway-client.ts';
import { fictionalPhone, planVisit, trackingNumber, trackingNumbersMax } from './plan-visit.ts';
import { type CallEnding, staffPhones } from './play-caller.ts';
import { playVisit, type VisitRecord } from './play-visit.ts';
import { createRandom } from './random.ts';
import type { Day, SimulationOptions } from './simulation-day.ts';
import type { SimulationSummary } from './simulation-summary.ts';

/** Longest wait for the carrier's last webhooks to be answered. */
const settleWithinMs = 5_000;
/** Longest wait for the events to cease. */
const quietWaitMaxMs = 15_000;

/** Plays the day. Rejects only when it cannot begin: the gateway is away, or refuses the keys. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationSummary> {
  const { accountSid, authToken, gatewayUrl, publicUrl = gatewayUrl, seed, farEndPort: port } = options;
  const pace = options.pace ?? 0.02;
  const client = createGatewayClient(options);
  const farEnd = await createTwilioFarEnd({
    accountSid,
    authToken,
    gatewayUrl,
    publicUrl,
    port,
    // SIDs must be new each day: the gateway rightly takes a CallSid it knows for a repeated webhook.
    seed: randomInt(2 ** 31),
    pace,
    // The gateway's own waits take real time, and so does what a caller hears meanwhile.
    musicPace: 1 / pace,
  });
  const errors = new Map<string, number>();
  const noteError = (what: string, fault: unknown) => {
    const text = `${what}: ${fault instanceof Error ? fault.message : String(fault)}`.slice(0, 200);
    errors.set(text, (errors.get(text) ?? 0) + 1);
  };
  const day: Day = { options, pace, client, farEnd, noteError };
  const tally = createEventTally();
  try {
    await using centre = await openContactCentre(day, tally);
    const reachable = await furnish(day);
    staffPhones(farEnd, createRandom(seed));
    const records = await playVisits(day, reachable);
    // Stopped early or not, nobody is left on the line: an agent still engaged would be missing from the next day.
    for (const call of farEnd.calls()) call.hangUp();
    await farEnd.settled(settleWithinMs).catch((fault: unknown) => noteError('carrier webhooks', fault));
    await centre.quiet();
    return await sumUp(day, records, tally, errors);
  } finally {
    await farEnd.close();
  }
}

/**
 * Numbers and agents, as many as are missing. All are reserved for fiction, so no telephone can ring. Answers with the
 * numbers a call through Twilio reaches; the pool may hold others.
 */
async function furnish(day: Day): Promise<ReadonlySet<string>> {
  const { client, options } = day;
  const there = await client.numbers();
  const poolId = there.find((number) => number.poolId != null)?.poolId;
  const reachable = new Set(there.filter(({ carrier }) => carrier === 'twilio').map(({ number }) => number));
  const wanted = Math.min(options.numbers ?? options.visits, trackingNumbersMax);
  for (let index = 0; index < trackingNumbersMax && reachable.size < wanted; index += 1) {
    const number = trackingNumber(index);
    if (reachable.has(number)) continue;
    const body = { number, ...(poolId == null ? {} : { poolId }), carrier: 'twilio', failover: '+12125550199' };
    if (await unlessThere(client.addNumber(body))) reachable.add(number);
  }
  const phones = new Set((await client.agents()).map(({ phone }) => phone));
  for (let index = 0; index < (options.agents ?? 4); index += 1) {
    const phone = fictionalPhone(1_990 + index);
    if (!phones.has(phone))
      await unlessThere(client.addAgent({ name: `Agent ${index + 1}`, phone, presence: 'ready' }));
  }
  return reachable;
}

/** False when it is somebody else's already. */
async function unlessThere(adding: Promise<unknown>): Promise<boolean> {
  try {
    await adding;
    return true;
  } catch (fault) {
    if (fault instanceof GatewayRefusal && fault.status === 409) return false;
    throw fault;
  }
}

/** Takes webhooks, and answers texts as an agent would: once for each, whatever comes twice. */
async function openContactCentre(day: Day, tally: EventTally) {
  let secret: string | null = null;
  let lastEventAt = performance.now();
  const onEvent = (event: ReceivedEvent) => {
    lastEventAt = performance.now();
    if (!tally.count(event) || event.type !== 'message.received') return;
    const reply = `Thank you, we will look into it. (${event.sequence ?? ''})`;
    day.client
      .reply(event.subject, reply, `reply-${event.id}`)
      .catch((fault: unknown) => day.noteError('reply', fault));
  };
  const receiver = await startEventReceiver({ secret: () => secret, onEvent, onRefused: tally.countRefused });
  const endpoint = await day.client.addEndpoint(`${receiver.url}/events`).catch(async (fault: unknown) => {
    await receiver.close();
    throw fault;
  });
  secret = endpoint.secret;
  return {
    async quiet(): Promise<void> {
      const began = performance.now();
      while (!day.options.signal?.aborted && performance.now() - began < quietWaitMaxMs) {
        const leftMs = lastEventAt + (day.options.quietMs ?? 1_000) - performance.now();
        if (leftMs <= 0) return;
        await new Promise<void>((resolve) => setTimeout(resolve, leftMs));
      }
    },
    async [Symbol.asyncDispose]() {
      await day.client.disableEndpoint(endpoint.id).catch(() => undefined);
      await receiver.close();
    },
  };
}

/** Visitors come through `atOnce` doors, each taking the next plan. */
async function playVisits(day: Day, reachable: ReadonlySet<string>): Promise<readonly VisitRecord[]> {
  const { options } = day;
  const records: VisitRecord[] = [];
  let next = 0;
  const door = async () => {
    while (next < options.visits && !options.signal?.aborted) {
      const plan = planVisit(options.seed, next, options.origin);
      next += 1;
      records.push(await playVisit(day, plan, reachable));
      options.progress?.(records.length, options.visits);
    }
  };
  const stopped = Promise.withResolvers<void>();
  options.signal?.addEventListener('abort', () => stopped.resolve());
  await Promise.race([stopped.promise, Promise.all(Array.from({ length: options.atOnce ?? 8 }, door))]);
  return [...records];
}

async function sumUp(
  day: Day,
  records: readonly VisitRecord[],
  tally: EventTally,
  errors: ReadonlyMap<string, number>,
): Promise<SimulationSummary> {
  const { farEnd, options } = day;
  const calls = records.flatMap((record) => record.calls);
  const marks = await Promise.all(calls.map((call) => mark(day, call)));
  const ended = (ending: CallEnding) => calls.filter((call) => call.ending === ending).length;
  const marked = (wanted: Mark) => marks.filter((given) => given === wanted).length;
  const shown = (wanted: VisitRecord['shown']) => records.filter((record) => record.shown === wanted).length;
  const texts = records.filter((record) => record.texted !== null);
  const faults = Object.entries(Object.groupBy(farEnd.faults(), ({ code }) => String(code)));
  return Object.freeze({
    stopped: options.signal?.aborted ?? false,
    visits: { wanted: options.visits, made: records.length - shown('refused'), refused: shown('refused') },
    leases: {
      own: shown('own'),
      shared: shown('shared'),
      none: shown('none'),
      elsewhere: records.filter((record) => record.elsewhere).length,
    },
    calls: {
      placed: calls.length,
      answered: ended('answered'),
      missed: ended('missed'),
      voicemail: ended('voicemail'),
      gaveUp: ended('gave-up'),
      unknown: marked('unknown'),
    },
    attribution: {
      right: marked('right'),
      wrong: marked('wrong'),
      stranger: marked('stranger'),
      nobody: marked('nobody'),
    },
    outcomes: records.filter((record) => record.sold).length,
    texts: {
      in: texts.length,
      refused: texts.filter((record) => record.texted === 'refused').length,
      out: farEnd.texts().filter(({ direction }) => direction !== 'inbound').length,
      answered: texts.filter((record) => record.texted === 'answered').length,
    },
    events: tally.counts(),
    unacknowledged: farEnd.deliveries().filter(({ acknowledged }) => !acknowledged).length,
    faults: Object.fromEntries(faults.map(([code, list]) => [code, list?.length ?? 0])),
    errors: Object.fromEntries(errors),
  });
}

type Mark = 'right' | 'wrong' | 'stranger' | 'nobody' | 'unknown';

/** Marks the gateway's attribution against the truth. */
async function mark(day: Day, call: VisitRecord['calls'][number]): Promise<Mark> {
  try {
    const found = await day.client.findCall(call.carrierCallId);
    if (found === null) return 'unknown';
    const credited = found.attribution?.visitId ?? null;
    if (credited === call.truth) return 'right';
    if (credited === null) return 'nobody';
    return call.truth === null ? 'stranger' : 'wrong';
  } catch (fault) {
    day.noteError('reading a call', fault);
    return 'unknown';
  }
}
