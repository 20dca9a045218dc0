/**
 * Numbers through Vonage's REST API, by its SDK. Vonage speaks of msisdns, which are E.164 without the plus, and points a
 * number at an application, whose own webhooks take the calls; only incoming texts get an address of their own.
 */
import { Vonage } from '@vonage/server-sdk';
import { getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max';
import { limits } from '../../../config/limits.ts';
import type { VonageSettings } from '../../../config/settings.ts';
import { numberFacts } from '../../numbers/number-facts.ts';
import type {
  Capability,
  HeldNumber,
  NotDone,
  NumberSupplier,
  OfferedNumber,
  SearchWish,
  WebhookUrls,
} from '../../numbers/number-supplier.ts';
import { type E164, parseE164 } from '../../ports/e164.ts';
import { readFailure } from './rest-client.ts';

type Client = Vonage['numbers'];
type Search = Parameters<Client['getAvailableNumbers']>[0];
type Available = NonNullable<Awaited<ReturnType<Client['getAvailableNumbers']>>['numbers']>[number];
type Owned = NonNullable<Awaited<ReturnType<Client['getOwnedNumbers']>>['numbers']>[number];
type Done = { readonly kind: 'done' };
type Gone = { readonly kind: 'gone' };

/** Vonage's words: how a pattern is matched, and what a toll-free line is called. */
const startsWith = 0;
const contains = 1;
const tollFree = 'landline-toll-free';
/** Vonage bills in euros. */
const currency = 'EUR';
const pageSize = 100;

type Account = Pick<VonageSettings, 'apiKey' | 'apiSecret' | 'applicationId' | 'apiUrl'>;

export function createVonageNumbers(account: Account): NumberSupplier {
  const credentials = { apiKey: account.apiKey, apiSecret: account.apiSecret };
  const { numbers } = new Vonage(credentials, {
    restHost: account.apiUrl,
    timeout: limits.carrierRequestTimeoutMs,
  });

  return Object.freeze({
    name: 'vonage',

    search: (wish: SearchWish) =>
      attempt(async () => {
        const { numbers: found = [] } = await numbers.getAvailableNumbers(searchOf(wish));
        const offered = found.flatMap(offeredOf).filter((number) => fits(number, wish));
        return { kind: 'found' as const, numbers: offered.slice(0, wish.limit) };
      }),

    buy: (e164: E164) =>
      attempt(async () => {
        accept(await numbers.buyNumber(subjectOf(e164)));
        const { carrierNumberId, capabilities } = (await findOwned(numbers, e164)) ?? bare(e164);
        return { kind: 'bought' as const, number: { e164, carrierNumberId, capabilities } };
      }),

    setWebhooks: async ({ e164 }: HeldNumber, urls: WebhookUrls): Promise<Done | Gone | NotDone> => {
      const { applicationId } = account;
      if (applicationId === null) return { kind: 'refused', reason: 'VONAGE_APPLICATION_ID is not set' };
      return changeHeld(numbers, e164, () =>
        numbers.updateNumber({ ...subjectOf(e164), applicationId, moHttpUrl: urls.messages }),
      );
    },

    release: ({ e164 }: HeldNumber) => changeHeld(numbers, e164, () => numbers.cancelNumber(subjectOf(e164))),

    list: (e164?: E164) =>
      attempt(async () => {
        if (e164 === undefined) return { kind: 'listed' as const, numbers: await allOwned(numbers) };
        const held = await findOwned(numbers, e164);
        return { kind: 'listed' as const, numbers: held === null ? [] : [held] };
      }),
  });
}

function searchOf({ country, kind, areaCode, contains: digits, limit }: SearchWish): Search {
  const callingCode = isSupportedCountry(country) ? getCountryCallingCode(country) : '';
  const wish = {
    country,
    size: Math.min(limit, limits.numbersOfferedMax),
    features: ['VOICE'],
    ...(kind === 'tfn' ? { type: tollFree } : {}),
    ...(areaCode === null ? {} : { pattern: `${callingCode}${areaCode}`, searchPattern: startsWith }),
    ...(areaCode === null && digits !== null ? { pattern: digits, searchPattern: contains } : {}),
  };
  return wish as Search;
}

/** Only one pattern can be asked for; the rest is sifted here. */
function fits(number: OfferedNumber, { kind, contains: digits }: SearchWish): boolean {
  return number.kind === kind && (digits === null || number.e164.includes(digits));
}

function offeredOf({ msisdn, type, cost, features }: Available): OfferedNumber[] {
  const e164 = parseE164(`+${msisdn}`);
  if (e164 === null) return [];
  const kind = String(type) === tollFree ? 'tfn' : 'did';
  const monthlyCost = cost === undefined ? null : String(cost);
  const price = { monthlyCost, currency: monthlyCost === null ? null : currency };
  return [{ e164, kind, capabilities: capabilitiesOf(features), place: null, ...price }];
}

function heldOf({ msisdn, features }: Owned): HeldNumber[] {
  const e164 = parseE164(`+${msisdn}`);
  return e164 === null ? [] : [{ e164, carrierNumberId: `${msisdn}`, capabilities: capabilitiesOf(features) }];
}

function capabilitiesOf(features: readonly string[] | undefined): Capability[] {
  const can: readonly Capability[] = ['voice', 'sms', 'mms'];
  return can.filter((capability) => features?.map(String).includes(capability.toUpperCase()) ?? false);
}

/** Vonage names a number by its country beside its digits. */
function subjectOf(e164: E164): { country: string; msisdn: string } {
  return { country: numberFacts(e164).country ?? 'US', msisdn: e164.slice(1) };
}

function bare(e164: E164): Omit<HeldNumber, 'e164'> {
  return { carrierNumberId: e164.slice(1), capabilities: ['voice'] };
}

async function findOwned(numbers: Client, e164: E164): Promise<HeldNumber | null> {
  const { numbers: found = [] } = await numbers.getOwnedNumbers({ pattern: e164.slice(1), searchPattern: contains });
  return found.flatMap(heldOf).find((held) => held.e164 === e164) ?? null;
}

async function allOwned(numbers: Client): Promise<HeldNumber[]> {
  const held: HeldNumber[] = [];
  for (let index = 1; ; index += 1) {
    const page = await numbers.getOwnedNumbers({ size: pageSize, index });
    held.push(...(page.numbers ?? []).flatMap(heldOf));
    if ((page.numbers?.length ?? 0) < pageSize) return held;
  }
}

/** Vonage answers 420 both to what it will not do and to a number that is not ours: the account tells them apart. */
async function changeHeld(
  numbers: Client,
  e164: E164,
  request: () => Promise<{ errorCode?: string }>,
): Promise<Done | Gone | NotDone> {
  const changed = await attempt(async (): Promise<Done> => {
    accept(await request());
    return { kind: 'done' };
  });
  if (changed.kind !== 'refused') return changed;
  const held = await attempt(async () => ({ kind: 'looked' as const, number: await findOwned(numbers, e164) }));
  if (held.kind !== 'looked') return held;
  return held.number === null ? { kind: 'gone' } : changed;
}

class Refused extends Error {}

/** A body may say no under HTTP 200. */
function accept({ errorCode }: { errorCode?: string }): void {
  if (errorCode !== '200') throw new Refused(`vonage ${errorCode}`);
}

/** 420 is Vonage's "method failed". */
async function attempt<Answer>(request: () => Promise<Answer>): Promise<Answer | NotDone> {
  try {
    return await request();
  } catch (fault) {
    if (fault instanceof Refused) return { kind: 'refused', reason: fault.message };
    const { kind, reason } = readFailure(fault);
    return { kind: kind === 'unavailable' ? kind : 'refused', reason };
  }
}
