/**
 * The life of a number of ours as a table and a pure `advance`. What the table does not list is refused with a reason:
 * a carrier may answer twice or late, and an operator may ask for what has happened already. Whether a number may be
 * released at all is decided before, by `residual-calls.ts`.
 */

/** What the carrier is to be asked after the change. */
export type NumberTask = 'buy' | 'release';

interface Step {
  readonly to: NumberState;
  readonly task?: NumberTask;
}

const states = ['ordered', 'active', 'resting', 'quarantined', 'porting', 'released'] as const;
export type NumberState = (typeof states)[number];

const events = [
  'order',
  'import',
  'bought',
  'order-refused',
  'webhooks-refused',
  'activate',
  'rest',
  'quarantine',
  'strayed',
  'quieted',
  'port-out',
  'ported',
  'port-failed',
  'release',
  'order-release',
  'gone',
] as const;
export type NumberEvent = (typeof events)[number];

type Row = { readonly [Event in NumberEvent]?: Step };

const givenBack: Step = { to: 'resting', task: 'release' };

/** In use or lately so: all of these are answered, only an active one is leased. */
const leaving: Row = {
  'port-out': { to: 'porting' },
  release: { to: 'released' },
  'order-release': givenBack,
  gone: { to: 'released' },
};

const table: Readonly<Record<NumberState, Row>> = {
  ordered: {
    bought: { to: 'active' },
    'webhooks-refused': { to: 'resting' },
    'order-refused': { to: 'released' },
  },
  active: { rest: { to: 'resting' }, quarantine: { to: 'quarantined' }, strayed: { to: 'quarantined' }, ...leaving },
  resting: { activate: { to: 'active' }, quarantine: { to: 'quarantined' }, ...leaving },
  quarantined: { activate: { to: 'active' }, quieted: { to: 'active' }, rest: { to: 'resting' }, ...leaving },
  porting: { ported: { to: 'released' }, 'port-failed': { to: 'resting' }, gone: { to: 'released' } },
  released: { order: { to: 'ordered', task: 'buy' }, import: { to: 'active' } },
};

/** The chart of the machine, held against `docs/states.md`. */
export const numberChart = {
  states,
  transitions: [
    ['[*]', 'order', 'ordered'],
    ['[*]', 'import', 'active'],
    ...states.flatMap((from) =>
      events.flatMap((event) => {
        const step = table[from][event];
        return step === undefined ? [] : [[from, event, step.to]];
      }),
    ),
  ],
};

export type NumberAdvance =
  | { readonly kind: 'advanced'; readonly state: NumberState; readonly task: NumberTask | null }
  | { readonly kind: 'refused'; readonly reason: string };

/** The state after an event, and what the carrier must then be asked; or why the event does not fit. */
export function advanceNumber(state: NumberState, event: NumberEvent): NumberAdvance {
  const step = table[state][event];
  if (step === undefined) return { kind: 'refused', reason: `${event} does not fit a number that is ${state}` };
  return { kind: 'advanced', state: step.to, task: step.task ?? null };
}

/** The event that contact centres are told of each state. */
export const toldAs: Readonly<Record<NumberState, string>> = {
  ordered: 'number.ordered',
  active: 'number.activated',
  resting: 'number.rested',
  quarantined: 'number.quarantined',
  porting: 'number.port-started',
  released: 'number.released',
};
