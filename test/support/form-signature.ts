/**
 * Twilio's signature of a form whose names may come more than once: their values are sorted and doubles dropped
 * (contracts with Twilio, "Validating signatures"). The simulator's own signing knows single values only.
 */
import { signRequest } from '../../src/simulate/far-end/sign-request.ts';

/** The value of `X-Twilio-Signature` for a form body as it is sent. */
export function formSignature(authToken: string, url: string, body: string): string {
  const form = new URLSearchParams(body);
  const joined: Record<string, string> = Object.create(null);
  for (const name of form.keys()) {
    joined[name] = [...new Set(form.getAll(name))].sort().join(name);
  }
  return signRequest(authToken, url, joined);
}
