/**
 * Every refusal and fault leaves as a problem document (RFC 9457) with a code from the catalogue. What Fastify and the
 * database throw by themselves is mapped here; everything unknown is `fault`, told apart only in the log.
 */
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { AppError, type ErrorCode, errorCatalogue, type FieldFault } from '../ports/errors.ts';
import { fieldFaults } from '../ports/field-faults.ts';

/** The body of a problem response. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
  readonly retry: boolean;
  readonly requestId: string;
  readonly fields?: readonly FieldFault[];
}

const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-body',
  FST_ERR_NOT_FOUND: 'not-found',
  FST_ERR_BAD_URL: 'invalid-request',
  FST_ERR_MAX_PARAM_LENGTH: 'invalid-request',
};
/** PostgreSQL: a text it cannot hold is the sender's; a lost connection or a shutdown is ours and passes. */
const sqlStates: Readonly<Record<string, ErrorCode>> = {
  '22021': 'invalid-request',
  '22P05': 'invalid-request',
  '53300': 'unavailable',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  '57014': 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ETIMEDOUT: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
};

/** What node-postgres says, without a code, of a connection that was lost or could not be had. */
const connectionLost =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** What is thrown while a request is served, as the sender may know it. */
export function toAppError(fault: unknown): AppError {
  if (fault instanceof AppError) return fault;
  if (hasZodFastifySchemaValidationErrors(fault)) {
    return new AppError('invalid-request', { fields: fieldFaults(fault.validation.map(issueOf)), cause: fault });
  }
  const code = codeOf(fault);
  const known = fastifyCodes[code] ?? sqlStates[code];
  if (known !== undefined) return new AppError(known, { cause: fault });
  if (fault instanceof Error && connectionLost.test(fault.message))
    return new AppError('unavailable', { cause: fault });
  const status = typeof fault === 'object' && fault !== null && 'statusCode' in fault ? Number(fault.statusCode) : 500;
  return new AppError(status === 400 ? 'malformed-body' : 'fault', { cause: fault });
}

/** fastify-type-provider-zod takes zod's issue apart into the fields of Ajv; this puts it together again. */
function issueOf(entry: { keyword: string; instancePath: string; message?: string; params: object }): z.core.$ZodIssue {
  const path = entry.instancePath.split('/').filter((part) => part !== '');
  return { ...entry.params, code: entry.keyword, path, message: entry.message ?? '' } as z.core.$ZodIssue;
}

/** The problem document of an error. */
export function toProblem(error: AppError, requestId: string): Problem {
  const { status, title, retry } = errorCatalogue[error.code];
  return {
    type: `urn:linekeeper:error:${error.code}`,
    title,
    status,
    code: error.code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    retry,
    requestId,
    ...(error.fields.length === 0 ? {} : { fields: error.fields }),
  };
}

function codeOf(fault: unknown): string {
  return typeof fault === 'object' && fault !== null && 'code' in fault ? String(fault.code) : '';
}
