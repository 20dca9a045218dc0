/**
 * Carries out a plan in a thread of its own: it takes seconds of computing, and the process that asks answers telephones.
 * The thread has no settings and no store; what it needs is in the order, and stopping it ends it at once.
 */
import { Worker } from 'node:worker_threads';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../ports/errors.ts';
import type { CarriedOut, PlanOrder, PlanProgress } from './carry-out-plan.ts';
import type { PlanWord } from './plan-thread.thread.ts';
import { buffersOf } from './recorded-visits.ts';

export type RunPlan = (order: PlanOrder, watch: { signal: AbortSignal; progress: PlanProgress }) => Promise<CarriedOut>;

/** @throws the signal's reason when it is stopped; AppError `fault` when it takes too long. */
export const runPlan: RunPlan = (order, { signal: stopped, progress }) =>
  new Promise((resolve, reject) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(tooLong()), limits.planTimeoutMs);
    const signal = AbortSignal.any([stopped, patience.signal]);
    const { traffic } = order;
    const worker = new Worker(new URL('./plan-thread.thread.ts', import.meta.url), {
      workerData: order,
      transferList: traffic.kind === 'recorded' ? buffersOf(traffic.columns) : [],
      env: {},
      execArgv: [],
    });
    const stop = () => {
      reject(signal.reason);
      void worker.terminate();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (word: PlanWord) => {
      if (word.kind === 'plan') resolve(word.plan);
      else progress(word.numbers, word.done);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      reject(new Error(`the planner's thread ended with ${code} and no plan`));
    });
  });

function tooLong(): AppError {
  return new AppError('fault', {
    detail: `the plan took longer than ${limits.planTimeoutMs / 1_000} s and was given up`,
  });
}
