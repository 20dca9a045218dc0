/** The runs of the attribution benchmark, each a task that a worker thread can do by itself. */
import { numbersForParity, playLastHolder } from './last-holder.ts';
import { type Plan, playLinekeeper } from './linekeeper.ts';
import { createOracleModel } from './oracle-model.ts';
import type { ReliabilityBin, Score } from './score.ts';
import { makeTraffic } from './traffic.ts';
import type { World } from './world.ts';

export type Task =
  | { readonly kind: 'last-holder'; readonly policy: string; readonly holdMs: number }
  | {
      readonly kind: 'linekeeper';
      readonly policy: string;
      readonly choice: Plan['choice'];
      readonly ask: boolean;
      readonly oracle: boolean;
      /** Left out: as many as the world has. */
      readonly numbers?: number;
    }
  | { readonly kind: 'parity'; readonly holdMs: number; readonly correct: number; readonly most: number };

export interface Done {
  readonly score?: Score;
  readonly reliability?: readonly ReliabilityBin[];
  readonly asked?: number;
  readonly parity?: number | null;
}

/** Makes the world's traffic and does the task on it. */
export function doTask(world: World, task: Task): Done {
  const traffic = makeTraffic(world);
  switch (task.kind) {
    case 'last-holder':
      return { score: playLastHolder(world, traffic, { ...task, numbers: world.numbers }) };
    case 'linekeeper':
      return playLinekeeper(world, traffic, {
        ...task,
        numbers: task.numbers ?? world.numbers,
        oracle: task.oracle ? createOracleModel(world) : null,
      });
    case 'parity':
      return { parity: numbersForParity(world, traffic, task) };
  }
}
