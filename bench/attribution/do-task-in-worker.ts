/** A worker thread of the attribution benchmark: does one task and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { doTask, type Task } from './tasks.ts';
import type { World } from './world.ts';

const { world, task } = workerData as { world: World; task: Task };
parentPort?.postMessage(doTask(world, task));
