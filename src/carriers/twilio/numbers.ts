/**
 * Numbers through Twilio's REST API: AvailablePhoneNumbers to look, IncomingPhoneNumbers to buy, configure and give back.
 * Twilio retries a webhook once and only when it cannot connect, so every address is given the fragment that asks for
 * three tries, also on a read timeout and a 5xx, and a fallback address. The fragment is not part of what is signed.
 */
import { limits } from '../../../config/limits.ts';
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
import { readFailure, type TwilioClient } from './rest-client.ts';

/** Connection overrides: three tries, after a failed connection, a read timeout and a server error. */
const retries = '#rc=3&rp=ct,rt,5xx';

interface Capabilities {
  readonly voice?: boolean;
  readonly sms?: boolean;
  readonly mms?: boolean;
  readonly SMS?: boolean;
  readonly MMS?: boolean;
}

export function createTwilioNumbers({ client }: { client: TwilioClient }): NumberSupplier {
  return Object.freeze({
    name: 'twilio',

    async search(wish: SearchWish) {
      return attempt(async () => {
        const country = client.availablePhoneNumbers(wish.country);
        const query = {
          limit: Math.min(wish.limit, limits.numbersOfferedMax),
          voiceEnabled: true,
          ...(wish.contains === null ? {} : { contains: wish.contains }),
        };
        const areaCode = wish.areaCode === null ? {} : { areaCode: Number(wish.areaCode) };
        const found =
          wish.kind === 'tfn'
            ? await country.tollFree.list(query)
            : await country.local.list({ ...query, ...areaCode });
        return { kind: 'found' as const, numbers: found.flatMap((number) => offeredOf(number, wish.kind)) };
      });
    },

    async buy(e164: E164) {
      return attempt(async () => {
        const bought = await client.incomingPhoneNumbers.create({ phoneNumber: e164 });
        return { kind: 'bought' as const, number: { ...heldOf(bought), e164 } };
      });
    },

    async setWebhooks(number: HeldNumber, urls: WebhookUrls) {
      return attemptOnHeld(() =>
        client.incomingPhoneNumbers(number.carrierNumberId).update({
          voiceUrl: `${urls.voice}${retries}`,
          voiceMethod: 'POST',
          voiceFallbackUrl: `${urls.voiceFallback}${retries}`,
          voiceFallbackMethod: 'POST',
          statusCallback: `${urls.status}${retries}`,
          statusCallbackMethod: 'POST',
          smsUrl: `${urls.messages}${retries}`,
          smsMethod: 'POST',
          smsFallbackUrl: `${urls.messagesFallback}${retries}`,
          smsFallbackMethod: 'POST',
        }),
      );
    },

    release: (number: HeldNumber) => attemptOnHeld(() => client.incomingPhoneNumbers(number.carrierNumberId).remove()),

    async list(e164?: E164) {
      return attempt(async () => {
        const held = await client.incomingPhoneNumbers.list(e164 === undefined ? {} : { phoneNumber: e164, limit: 20 });
        const numbers = held.flatMap((number) => {
          const parsed = parseE164(number.phoneNumber);
          return parsed === null ? [] : [{ ...heldOf(number), e164: parsed }];
        });
        return { kind: 'listed' as const, numbers };
      });
    },
  });
}

function offeredOf(
  found: { phoneNumber: string; locality: string; region: string; capabilities: Capabilities },
  kind: OfferedNumber['kind'],
): OfferedNumber[] {
  const e164 = parseE164(found.phoneNumber);
  if (e164 === null) return [];
  const place = [found.locality, found.region].filter(Boolean).join(', ');
  const capabilities = capabilitiesOf(found.capabilities);
  return [{ e164, kind, capabilities, place: place === '' ? null : place, monthlyCost: null, currency: null }];
}

function heldOf({ sid, capabilities }: { sid: string; capabilities: Capabilities }): Omit<HeldNumber, 'e164'> {
  return { carrierNumberId: sid, capabilities: capabilitiesOf(capabilities) };
}

/** Twilio writes `SMS` where it offers a number and `sms` where it holds one. */
function capabilitiesOf({ voice, sms, mms, SMS, MMS }: Capabilities): Capability[] {
  const can: readonly (readonly [Capability, boolean | undefined])[] = [
    ['voice', voice],
    ['sms', sms ?? SMS],
    ['mms', mms ?? MMS],
  ];
  return can.flatMap(([capability, has]) => (has === true ? [capability] : []));
}

async function attempt<Answer>(request: () => Promise<Answer>): Promise<Answer | NotDone> {
  try {
    return await request();
  } catch (fault) {
    const { kind, reason } = readFailure(fault);
    return { kind: kind === 'unavailable' ? 'unavailable' : 'refused', reason };
  }
}

async function attemptOnHeld(request: () => Promise<unknown>): Promise<{ kind: 'done' } | { kind: 'gone' } | NotDone> {
  try {
    await request();
    return { kind: 'done' };
  } catch (fault) {
    const { kind, reason } = readFailure(fault);
    return kind === 'gone' ? { kind } : { kind, reason };
  }
}
