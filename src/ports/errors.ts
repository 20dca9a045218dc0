/**
 * The one catalogue of faults and refusals that reach the wire. A code is a stable word a caller's program may branch
 * on; `docs/errors.md` explains each for people and a test holds the two together. Expected refusals inside the code
 * are returned as unions; `AppError` is thrown where nobody on the way can do better than answer with a problem.
 */

/** One entry: HTTP status, the public sentence, and whether sending the same request again can help. */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly retry: boolean;
}

const catalogue = {
  'invalid-request': { status: 400, title: 'The request is not of the form this route takes.', retry: false },
  'malformed-body': { status: 400, title: 'The body could not be read.', retry: false },
  'signature-missing': { status: 400, title: 'The carrier signature is missing.', retry: false },
  'key-missing': { status: 401, title: 'This route needs an API key.', retry: false },
  'key-invalid': { status: 401, title: 'The API key is not known or no longer live.', retry: false },
  'key-kind': { status: 403, title: 'This kind of API key may not use this route.', retry: false },
  'origin-refused': { status: 403, title: 'This origin is not one of the website’s own.', retry: false },
  'signature-wrong': { status: 403, title: 'The carrier signature does not match.', retry: false },
  'not-found': { status: 404, title: 'There is no such thing here.', retry: false },

  conflict: { status: 409, title: 'The request contradicts what is recorded.', retry: false },
  'agent-unavailable': { status: 409, title: 'This agent cannot be rung just now.', retry: true },
  'call-state': { status: 409, title: 'The call does not stand where this can be done.', retry: false },
  'not-releasable': { status: 409, title: 'This number still receives calls.', retry: false },
  'idempotency-conflict': { status: 409, title: 'This Idempotency-Key was used with another body.', retry: false },
  'body-too-large': { status: 413, title: 'The body is larger than this route takes.', retry: false },
  'media-type': { status: 415, title: 'The body is of a type this route does not take.', retry: false },
  'destination-denied': { status: 422, title: 'Calls may not be sent there.', retry: false },
  'caller-id-denied': { status: 422, title: 'This number may not be called from.', retry: false },
  'opted-out': { status: 422, title: 'The recipient has opted out.', retry: false },
  'consent-missing': { status: 422, title: 'The recipient has not consented to this in writing.', retry: false },
  'quiet-hours': { status: 422, title: 'It is too early or too late where the recipient is.', retry: true },
  'spend-limit': { status: 422, title: 'The limit of this day is used up.', retry: true },
  'carrier-unavailable': { status: 422, title: 'No carrier account can do this for that number.', retry: false },
  'carrier-incapable': { status: 422, title: 'A carrier cannot do what is asked of it.', retry: false },
  'carrier-refused': { status: 422, title: 'The carrier refused this.', retry: false },
  'too-many-requests': { status: 429, title: 'Too many requests from here.', retry: true },
  fault: { status: 500, title: 'Something failed on our side.', retry: true },
  'carrier-unconfigured': {
    status: 500,
    title: 'This carrier has no credentials, so nothing can be verified.',
    retry: false,
  },
  'carrier-unreachable': { status: 503, title: 'The carrier does not answer just now.', retry: true },
  'webhook-unsigned': { status: 503, title: 'The carrier did not sign this webhook.', retry: true },
  unavailable: { status: 503, title: 'The record cannot be reached just now.', retry: true },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;

/** Every code with its status, public title and whether a retry helps. */
export const errorCatalogue: Readonly<Record<ErrorCode, ErrorEntry>> = Object.freeze(catalogue);

/** What is wrong with one field: where it is, what is wrong with the value, and what cures it. */
export interface FieldFault {
  readonly field: string;
  readonly problem: string;
  readonly cure: string;
}

/** A refusal or fault that ends a request. `detail` is public; `cause` is for the log only. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly fields: readonly FieldFault[];

  constructor(code: ErrorCode, more: { detail?: string; fields?: readonly FieldFault[]; cause?: unknown } = {}) {
    super(more.detail ?? errorCatalogue[code].title, { cause: more.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = more.detail;
    this.fields = more.fields ?? [];
  }
}

/** Ends a switch over a union: the compiler refuses a missed case, the process refuses an impossible value. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
