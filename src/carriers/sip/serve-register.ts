/** A phone says where it can be reached: proved, applied to the record under a lock, answered with the list as it stands. */
import type { Clock } from '../../ports/clock.ts';
import type { SipPhones } from '../../routing/sip-phones.ts';
import type { Authenticate } from './authenticate.ts';
import { isScanner } from './read-invite.ts';
import { applyRegister, registeredUser } from './registrar.ts';
import type { SipRequest } from './sip-request.ts';

interface World {
  readonly authenticate: Authenticate;
  readonly phones: SipPhones;
  readonly domain: string;
  readonly clock: Clock;
}

export async function serveRegister(world: World, request: SipRequest): Promise<void> {
  if (isScanner(request.header)) {
    request.drop();
    return;
  }
  const user = registeredUser(request, world.domain);
  if (user === null) return request.answer(404);
  const proof = await world.authenticate(request, 'server');
  if (proof.kind === 'challenge') return request.answer(proof.status, { headers: proof.headers });
  if (proof.kind === 'refused') return request.answer(proof.status);
  // A password opens its own user's list and nobody else's.
  if (proof.account.user !== user) return request.answer(403);
  const now = world.clock.now();
  const registration = await world.phones.changeBindings(user, (before) => {
    const applied = applyRegister(request, before, now);
    return { applied, bindings: applied.kind === 'registered' ? applied.bindings : null };
  });
  const { applied } = registration;
  if (applied.kind === 'refused') return request.answer(applied.status, { headers: applied.headers ?? {} });
  return request.answer(200, { headers: applied.headers });
}
