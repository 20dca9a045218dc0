/** A REST request after the common checks, what may be answered, and Twilio's date filters. */

export type RestAct = 'create' | 'update' | 'read';

/** One REST request as it came, for counting what a gateway really did. */
export interface RestRequest {
  readonly path: 'Calls' | 'Messages';
  readonly what: RestAct;
  /** SID of the resource; null for create and list. */
  readonly sid: string | null;
  /** Form or query parameters; repeated ones are joined with a space. */
  readonly fields: Readonly<Record<string, string>>;
  /** HTTP status answered; 0 when the connection was dropped. */
  readonly status: number;
}

/** A refused REST request: `code` is Twilio's, see https://www.twilio.com/docs/api/errors. */
export interface RestRefusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** What a resource's handler gives back: a body with its status, or a refusal. */
export type RestAnswer = { readonly status: number; readonly body: object } | RestRefusal;

/** A request after the common checks. */
export type RestAsk = Omit<RestRequest, 'status'>;

/**
 * Whether an instant fits Twilio's date filters `name`, `name<` and `name>`, both ends included, in whole seconds. A
 * filter that is a bare date covers that day in UTC.
 */
export function fitsDates(instantMs: number, name: string, fields: RestAsk['fields']): boolean {
  const second = Math.floor(instantMs / 1000) * 1000;
  const on = fields[name];
  const from = fields[`${name}>`];
  const until = fields[`${name}<`];
  if (on !== undefined && new Date(instantMs).toISOString().slice(0, 10) !== on.slice(0, 10)) return false;
  if (from !== undefined && second < Date.parse(from)) return false;
  return until === undefined || second <= Date.parse(until.length === 10 ? `${until}T23:59:59Z` : until);
}
