/**
 * Every record has an id that says what it is (`call_…`, `visit_…`) and sorts by the time it was made. The tail is a
 * UUIDv7-like value in Crockford base 32: 48 bits of milliseconds, 15 of a count within the millisecond, 65 random ones, so
 * two processes never agree by chance. Branded, so a call's id cannot be handed over where a visit's is wanted.
 */
import type { Clock } from './clock.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type EnterpriseId = Branded<'EnterpriseId'>;
export type ApiKeyId = Branded<'ApiKeyId'>;
export type WebsiteId = Branded<'WebsiteId'>;
export type PoolId = Branded<'PoolId'>;
export type NumberId = Branded<'NumberId'>;
export type LeaseId = Branded<'LeaseId'>;
export type BatchId = Branded<'BatchId'>;
export type VisitId = Branded<'VisitId'>;
export type AgentId = Branded<'AgentId'>;
export type ProductId = Branded<'ProductId'>;
export type CallId = Branded<'CallId'>;
export type CallbackId = Branded<'CallbackId'>;
export type LegId = Branded<'LegId'>;
export type OfferId = Branded<'OfferId'>;
export type AttributionId = Branded<'AttributionId'>;
export type ConversationId = Branded<'ConversationId'>;
export type MessageId = Branded<'MessageId'>;
export type OutcomeId = Branded<'OutcomeId'>;
export type EndpointId = Branded<'EndpointId'>;
export type EventId = Branded<'EventId'>;
export type ConversionId = Branded<'ConversionId'>;
export type DestinationId = Branded<'DestinationId'>;
export type ExportId = Branded<'ExportId'>;

interface IdKinds {
  ent: EnterpriseId;
  key: ApiKeyId;
  site: WebsiteId;
  pool: PoolId;
  num: NumberId;
  lease: LeaseId;
  batch: BatchId;
  visit: VisitId;
  agent: AgentId;
  prod: ProductId;
  call: CallId;
  cb: CallbackId;
  leg: LegId;
  offer: OfferId;
  attr: AttributionId;
  conv: ConversationId;
  msg: MessageId;
  out: OutcomeId;
  ep: EndpointId;
  evt: EventId;
  cnv: ConversionId;
  dest: DestinationId;
  exp: ExportId;
}

/** Fills and returns random bytes; `main.ts` gives Node's, tests give a seeded one. */
export type RandomBytes = (length: number) => Uint8Array;

/** Makes ids; `ids.make('call')` is a `CallId` such as `call_01k9…` (26 characters after the prefix). */
export interface Ids {
  make<Kind extends keyof IdKinds>(kind: Kind): IdKinds[Kind];
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ids from a clock and a source of randomness. Those of one process sort in the order in which they were made. */
export function createIds(world: { clock: Clock; randomBytes: RandomBytes }): Ids {
  let instantMs = 0;
  let count = 0;
  let written = { instantMs: -1, text: '' };
  let drawn: Uint8Array = new Uint8Array(0);
  let used = 0;

  /** Randomness is drawn for many ids at once: asking for each takes longer than all the rest of it. */
  function randomPart(): string {
    if (used >= drawn.length) {
      drawn = world.randomBytes(randomPlaces * idsPerDraw);
      used = 0;
    }
    let text = '';
    for (const end = used + randomPlaces; used < end; used += 1) text += alphabet[(drawn[used] ?? 0) % 32];
    return text;
  }

  return Object.freeze({
    make<Kind extends keyof IdKinds>(kind: Kind): IdKinds[Kind] {
      const now = world.clock.now();
      count = now > instantMs ? 0 : count + 1;
      instantMs = Math.max(now, instantMs) + (count < countMax ? 0 : 1);
      count %= countMax;
      if (written.instantMs !== instantMs) written = { instantMs, text: base32(instantMs, 10) };
      const tail = `${written.text}${base32(count, 3)}${randomPart()}`;
      return `${kind}_${tail}` as IdKinds[Kind];
    },
  });
}

/** Ids within one millisecond before the next is borrowed: three characters. */
const countMax = 32 ** 3;
const randomPlaces = 13;
const idsPerDraw = 256;

function base32(value: number, places: number): string {
  let rest = value;
  let text = '';
  for (let place = 0; place < places; place += 1) {
    text = `${alphabet[rest % 32]}${text}`;
    rest = Math.floor(rest / 32);
  }
  return text;
}
