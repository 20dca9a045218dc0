/** What a vendor is to be told next, whatever was told before. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VisitId } from '../../src/ports/ids.ts';
import {
  type ConversionMessage,
  decideExport,
  type ExportQuestion,
  type ExportStep,
  isRepeatable,
} from '../../src/selling/conversion-export.ts';
import type { DestinationConfig, DestinationKind } from '../../src/selling/destination.ts';

const now = Date.parse('2026-05-04T12:00:00Z');
const hourMs = 3_600_000;
const common = { hashedPhone: true, withoutClick: false };
const configs: Record<DestinationKind, DestinationConfig> = {
  ga4: { kind: 'ga4', config: { measurementId: 'G-TEST123', sends: ['call', 'sale'] } },
  'google-ads': {
    kind: 'google-ads',
    config: { customerId: '1', loginCustomerId: null, callActionId: '2', saleActionId: '3', ...common },
  },
  meta: { kind: 'meta', config: { datasetId: '4', testEventCode: null, sends: ['call', 'sale'], ...common } },
};
const visitA = 'visit_a' as VisitId;
const visitB = 'visit_b' as VisitId;

function ask(vendor: DestinationKind, more: Partial<ExportQuestion> = {}): ExportQuestion {
  return {
    destination: { ...configs[vendor], enabled: true, minProbability: 0.8 },
    conversion: {
      key: 'out_1',
      kind: 'sale',
      occurredAt: now - hourMs,
      value: '80.00',
      currency: 'USD',
      talkMs: 9_000,
    },
    credit: creditTo(visitA),
    hasPhone: true,
    held: null,
    generation: 0,
    now,
    ...more,
  };
}

function creditTo(visitId: VisitId, more: object = {}) {
  const clicks = { gclid: `g-${visitId}`, fbclid: `f-${visitId}`, gaClientId: '12.34' };
  return { probability: 0.9, visit: { visitId, startedAt: now - 2 * hourMs, consented: true, clicks, ...more } };
}

function sent(vendor: DestinationKind, more: Partial<ExportQuestion> = {}): ConversionMessage {
  const decision = decideExport(ask(vendor, more));
  if (decision.kind !== 'step') throw new Error(JSON.stringify(decision));
  return decision.step.message;
}

const vendors = Object.keys(configs) as DestinationKind[];

describe.each(vendors)('an export to %s', (vendor) => {
  test('goes out once: what the vendor holds is not sent again', () => {
    const held = sent(vendor);
    expect(held).toMatchObject({ transactionId: 'out_1', value: '80.00', visitId: visitA });
    expect(decideExport(ask(vendor, { held, generation: 1 }))).toEqual({ kind: 'held' });
  });

  const consented = { consented: false };
  test.each<[string, Partial<ExportQuestion>, RegExp]>([
    ['credited to nobody', { credit: null }, /nobody/],
    ['credited too unsurely', { credit: { ...creditTo(visitA), probability: 0.79 } }, /0\.79 is below 0\.8/],
    ['without consent', { credit: creditTo(visitA, consented) }, /no consent/],
    ['of a visit without this vendor’s click', { credit: creditTo(visitA, { clicks: {} }) }, /has no/],
    ['refunded before', { conversion: { ...ask('meta').conversion, value: '0.00' } }, /refunded/],
    ['to a destination that is off', { destination: { ...ask(vendor).destination, enabled: false } }, /off/],
    ['that is too old', { now: now + 91 * 24 * hourMs }, /older/],
  ])('%s is left out, and says why', (_what, more, reason) => {
    const decision = decideExport(ask(vendor, more));
    expect(decision).toMatchObject({ kind: 'skipped', reason: expect.stringMatching(reason) });
  });

  test('is not taken back for what only keeps new ones from going out', () => {
    const held = sent(vendor);
    const unsure = { ...creditTo(visitA), probability: 0.7 };
    expect(decideExport(ask(vendor, { held, credit: unsure, now: now + 100 * 24 * hourMs }))).toEqual({ kind: 'held' });
  });

  test('never leaves the vendor with two of one conversion, whatever is believed in between', () => {
    const credits = fc.constantFrom(null, creditTo(visitA), creditTo(visitB), {
      ...creditTo(visitB),
      probability: 0.5,
    });
    const values = fc.constantFrom('80.00', '50.00', '90.00', '0.00');
    fc.assert(
      fc.property(fc.array(fc.tuple(credits, values), { maxLength: 12 }), (beliefs) => {
        const there = new Map<string, string | null>();
        let held: ConversionMessage | null = null;
        let generation = 0;
        for (const [credit, value] of beliefs) {
          for (let step = 0; step < 4; step += 1) {
            const conversion = { ...ask(vendor).conversion, value };
            const decision = decideExport(ask(vendor, { credit, conversion, held, generation }));
            if (decision.kind !== 'step') break;
            const { kind, message } = decision.step;
            if (kind === 'send') {
              expect(there.has(message.transactionId)).toBe(false);
              generation += 1;
            }
            held = kind === 'retract' ? null : message;
            there.set(message.transactionId, kind === 'retract' ? '0.00' : message.value);
            expect([...there.values()].filter((amount) => amount !== '0.00').length).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });
});

test('Google Ads and GA4 are told of a revised attribution: the old one is taken back, the new one goes out anew', () => {
  for (const vendor of ['ga4', 'google-ads'] as const) {
    const held = sent(vendor);
    const moved = ask(vendor, { held, generation: 1, credit: creditTo(visitB) });
    expect(decideExport(moved)).toMatchObject({
      step: { kind: 'retract', message: { transactionId: 'out_1', visitId: visitA }, lowersBy: '80.00' },
    });
    expect(decideExport({ ...moved, held: null })).toMatchObject({
      step: { kind: 'send', message: { transactionId: 'out_1-2', visitId: visitB } },
    });
  }
});

test('Meta keeps what it was sent, and the export says so', () => {
  const held = sent('meta');
  const decision = decideExport(ask('meta', { held, generation: 1, credit: creditTo(visitB) }));
  expect(decision).toMatchObject({ kind: 'kept', reason: expect.stringMatching(/no longer credited.*Meta/) });
});

test('a partial refund is the difference for GA4 and the new value for Google Ads', () => {
  const conversion = { ...ask('ga4').conversion, value: '59.95' };
  for (const vendor of ['ga4', 'google-ads'] as const) {
    const step = { kind: 'restate', message: { transactionId: 'out_1', value: '59.95' }, lowersBy: '20.05' };
    expect(decideExport(ask(vendor, { held: sent(vendor), conversion }))).toMatchObject({ step });
  }
});

test('only what a vendor knows by its name may be sent again when no answer came', () => {
  const step = (kind: ExportStep['kind'], what: 'call' | 'sale'): ExportStep => ({
    kind,
    message: { ...sent('ga4'), kind: what },
    lowersBy: null,
  });
  expect(isRepeatable('ga4', step('send', 'sale'))).toBe(true);
  expect(isRepeatable('ga4', step('send', 'call'))).toBe(false);
  expect(isRepeatable('ga4', step('retract', 'sale'))).toBe(false);
  expect(isRepeatable('google-ads', step('retract', 'sale'))).toBe(true);
  expect(isRepeatable('meta', step('send', 'call'))).toBe(true);
});

test('Google Ads and Meta may be told by the hashed number alone when that is asked for and the number is known', () => {
  for (const vendor of ['google-ads', 'meta'] as const) {
    const { config } = configs[vendor];
    const destination = {
      ...configs[vendor],
      config: { ...config, withoutClick: true },
      enabled: true,
      minProbability: 0.8,
    };
    const credit = creditTo(visitA, { clicks: {} });
    const question = { destination: destination as ExportQuestion['destination'], credit };
    expect(decideExport(ask(vendor, question))).toMatchObject({ kind: 'step' });
    expect(decideExport(ask(vendor, { ...question, hasPhone: false }))).toMatchObject({ kind: 'skipped' });
  }
});
