/**
 * What is counted, in Prometheus' form through prom-client: requests by route, deliveries by how they ended. Labels
 * have few values; ids and numbers never become labels.
 */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { HookOutcome } from '../telephony/plan/plan-parts.ts';

export interface Metrics {
  observeRequest(route: string, status: number, elapsedMs: number): void;
  countDelivery(result: 'delivered' | 'retried' | 'dead'): void;
  /** The decision hook was asked, or left alone. */
  countHook(outcome: HookOutcome, elapsedMs: number): void;
  /** The text Prometheus scrapes. */
  text(): Promise<string>;
}

/** Metrics of one gateway, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'linekeeper_request_seconds',
    help: 'time to answer a request',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers: [registry],
  });
  const deliveries = new Counter({
    name: 'linekeeper_deliveries_total',
    help: 'tries to deliver an event, by how they ended',
    labelNames: ['result'],
    registers: [registry],
  });
  const hooks = new Histogram({
    name: 'linekeeper_decision_hook_seconds',
    help: 'time that asking decision hooks took of calls, by how it ended',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5],
    registers: [registry],
  });
  /** One for each pair of labels, found once: there are as many as routes, five times. */
  const observers = new Map<string, (seconds: number) => void>();
  const observerOf = (route: string, status: string) => {
    const observer = requests.labels({ route, status });
    const observe = (seconds: number) => observer.observe(seconds);
    observers.set(`${status} ${route}`, observe);
    return observe;
  };
  return Object.freeze({
    observeRequest(route: string, status: number, elapsedMs: number): void {
      const kind = `${Math.floor(status / 100)}xx`;
      const observe = observers.get(`${kind} ${route}`) ?? observerOf(route, kind);
      observe(elapsedMs / 1_000);
    },
    countDelivery: (result: 'delivered' | 'retried' | 'dead') => deliveries.inc({ result }),
    countHook: (outcome: HookOutcome, elapsedMs: number) => hooks.observe({ outcome }, elapsedMs / 1_000),
    text: () => registry.metrics(),
  });
}
