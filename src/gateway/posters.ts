/**
 * Who posts to contact centres: webhooks in the background, and the decision hook while a caller waits. Each has
 * connections of its own, so that what is delivered to a slow endpoint does not hold up a call.
 */
import { limits } from '../../config/limits.ts';
import type { Settings } from '../../config/settings.ts';
import { systemClock } from '../ports/clock.ts';
import { createEventPoster, type EventPoster } from '../records/post-event.http.ts';

/** Both, and what closes them. */
export function createPosters(rules: Rules) {
  const [poster, hookPoster] = [createWebhookPoster(rules), createHookPoster(rules)];
  const close = () => {
    poster.close();
    hookPoster.close();
  };
  return Object.freeze({ poster, hookPoster, close });
}

type Rules = Pick<Settings, 'webhookAllowLoopback'>;

function createWebhookPoster({ webhookAllowLoopback: allowLoopback }: Rules): EventPoster {
  return createEventPoster({
    clock: systemClock,
    allowLoopback,
    timeoutMs: limits.deliveryTimeoutMs,
    responseBytesMax: limits.deliveryResponseBytesMax,
  });
}

function createHookPoster({ webhookAllowLoopback: allowLoopback }: Rules): EventPoster {
  return createEventPoster({
    clock: systemClock,
    allowLoopback,
    timeoutMs: limits.hookBudgetMs,
    responseBytesMax: limits.hookAnswerBytesMax,
    socketsPerHostMax: limits.hookSocketsPerHostMax,
  });
}
