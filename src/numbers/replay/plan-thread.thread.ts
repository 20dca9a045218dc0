/** The planner's own thread: it is given one order, tells how far it is, answers with the plan and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CarriedOut, carryOutPlan, type PlanOrder } from './carry-out-plan.ts';

/** What the thread says. */
export type PlanWord =
  | { readonly kind: 'progress'; readonly numbers: number; readonly done: number }
  | { readonly kind: 'plan'; readonly plan: CarriedOut };

const say = (word: PlanWord) => parentPort?.postMessage(word);

if (parentPort !== null) {
  const plan = carryOutPlan(workerData as PlanOrder, (numbers, done) => say({ kind: 'progress', numbers, done }));
  say({ kind: 'plan', plan });
}
