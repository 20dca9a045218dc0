/** What a simulated day came to, and how it is printed. */
import type { EventCounts } from './event-tally.ts';

export interface SimulationSummary {
  readonly stopped: boolean;
  readonly visits: { readonly wanted: number; readonly made: number; readonly refused: number };
  readonly leases: {
    readonly own: number;
    readonly shared: number;
    readonly none: number;
    /** Of these, shown a number of another carrier, which a call through Twilio does not reach. */
    readonly elsewhere: number;
  };
  readonly calls: {
    readonly placed: number;
    readonly answered: number;
    readonly missed: number;
    readonly voicemail: number;
    readonly gaveUp: number;
    /** Twilio knows them, the gateway does not. */
    readonly unknown: number;
  };
  /**
   * Against the truth. `right` includes strangers left uncredited; `wrong` credits one visitor with another's call;
   * `stranger` credits a visitor with the call of somebody who never visited; `nobody` leaves a visitor's call alone.
   */
  readonly attribution: {
    readonly right: number;
    readonly wrong: number;
    readonly stranger: number;
    readonly nobody: number;
  };
  readonly outcomes: number;
  readonly texts: { readonly in: number; readonly refused: number; readonly out: number; readonly answered: number };
  readonly events: EventCounts;
  /** Webhooks of the carrier that the gateway did not answer with 2xx. */
  readonly unacknowledged: number;
  /** Twilio's debugger, by code. */
  readonly faults: Readonly<Record<string, number>>;
  /** What went wrong in talking to the API, each text once, with its count. */
  readonly errors: Readonly<Record<string, number>>;
}

/** The summary as lines for a person. */
export function printSummary(summary: SimulationSummary): string {
  const { visits, leases, calls, attribution, texts, events } = summary;
  const rows: readonly (readonly [string, string])[] = [
    ['visits', `${visits.made} of ${visits.wanted}${visits.refused > 0 ? `, ${visits.refused} refused` : ''}`],
    [
      'numbers shown',
      `${leases.own} leased, ${leases.shared} shared, ${leases.none} none; ${leases.elsewhere} of another carrier`,
    ],
    ['calls placed', `${calls.placed}`],
    ['  answered', `${calls.answered}`],
    ['  voicemail', `${calls.voicemail}`],
    ['  missed', `${calls.missed}, caller gave up ${calls.gaveUp}`],
    ['  unknown to us', `${calls.unknown}`],
    [
      'attributed',
      `${attribution.right} rightly, ${attribution.wrong} to another visitor, ${attribution.nobody} to nobody, ${attribution.stranger} a stranger’s`,
    ],
    ['sales reported', `${summary.outcomes}`],
    ['texts', `${texts.in} in (${texts.refused} not taken), ${texts.out} out, ${texts.answered} customers answered`],
    ['events delivered', `${events.delivered}`],
    ...Object.entries(events.byType).map(([type, count]) => [`  ${type}`, String(count)] as const),
    ['bad signatures', `${events.signatureFailures}`],
    ['duplicates', `${events.duplicates}`],
    ['sequence gaps', `${events.gaps}, out of order ${events.outOfOrder}`],
    ['unacknowledged', `${summary.unacknowledged} carrier webhooks`],
    ...counted('carrier fault', summary.faults),
    ...counted('error', summary.errors),
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(18)} ${value}`);
  return [summary.stopped ? 'Stopped early; what was done so far:' : 'The day is over:', ...lines, ''].join('\n');
}

function counted(name: string, counts: Readonly<Record<string, number>>): (readonly [string, string])[] {
  return Object.entries(counts).map(([what, count]) => [name, `${count} x ${what}`] as const);
}
