/**
 * Keeps two processes from opening one data folder: PGlite itself does not, and two of them would destroy the files.
 * The lock is a file naming its holder. After kill -9 the file stays but its holder is gone, so it is taken over; the
 * holder's start time is compared too, because a new process may have been given the old number (in a container it
 * nearly always is, both being number 1).
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { limits } from '../../config/limits.ts';
import { pause } from './pause.timer.ts';
import { sha256Hex } from './secrets.ts';

/** A held lock. */
export interface FolderLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Clock ticks from the machine's boot to the process' start (proc(5), stat field 22); null where there is no /proc. */
  readonly startTicks: string | null;
}

/**
 * Takes the lock at `file`, which guards `folder`.
 * @throws Error naming the folder, the holder and the cure when another live process holds it.
 */
export async function lockFolder(folder: string, file: string): Promise<FolderLock> {
  const me: Holder = { pid: process.pid, host: hostname(), startTicks: await startTicksOf(process.pid) };
  const mark = JSON.stringify(me);
  for (let attempt = 0; attempt < limits.lockTakeOverTriesMax; attempt += 1) {
    if (await createWhole(file, mark)) return Object.freeze({ release: () => releaseIfOurs(file, mark) });
    const found = await readOrNull(file);
    if (found === null) continue;
    const holder = readHolder(found);
    if (holder !== null && (await isAlive(holder))) throw heldBy(folder, file, holder);
    await takeAway(file, found, mark);
  }
  throw new Error(`the lock ${file} keeps changing hands: are several processes being started on ${folder}?`);
}

/** The file appears with its content or not at all, so nobody reads half a mark. */
async function createWhole(file: string, mark: string): Promise<boolean> {
  // Two containers share a folder and no process numbers.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, mark);
  try {
    await link(draft, file);
    return true;
  } catch (fault) {
    if (codeOf(fault) === 'EEXIST') return false;
    throw fault;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Removes a dead holder's lock. One at a time may, for as long as that very lock stands: whoever judged it before somebody
 * else took over would otherwise remove theirs.
 */
async function takeAway(file: string, judged: string, mark: string): Promise<void> {
  const guard = `${file}.taking.${sha256Hex(judged).slice(0, 16)}`;
  if (!(await createWhole(guard, mark))) {
    const taker = readHolder((await readOrNull(guard)) ?? '');
    if (taker !== null && (await isAlive(taker))) await pause(limits.lockTakeOverPauseMs);
    else await rm(guard, { force: true });
    return;
  }
  try {
    if ((await readOrNull(file)) === judged) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function releaseIfOurs(file: string, mark: string): Promise<void> {
  if ((await readOrNull(file)) === mark) await rm(file, { force: true });
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (fault) {
    if (codeOf(fault) === 'ESRCH') return false;
  }
  const startTicks = await startTicksOf(holder.pid);
  return holder.startTicks === null || startTicks === null || startTicks === holder.startTicks;
}

/** The command name in field 2 may hold spaces and brackets, so fields are counted from its last bracket. */
async function startTicksOf(pid: number): Promise<string | null> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  return (
    stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19) ?? null
  );
}

function readHolder(text: string): Holder | null {
  try {
    const { pid, host, startTicks } = JSON.parse(text) as Partial<Holder>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return null;
    return { pid, host: String(host), startTicks: typeof startTicks === 'string' ? startTicks : null };
  } catch {
    return null;
  }
}

function heldBy(folder: string, file: string, holder: Holder): Error {
  return new Error(
    `the data folder ${folder} is in use by process ${holder.pid} on ${holder.host}: stop that process, or give this one ` +
      `another folder, or run both on a PostgreSQL server (DATABASE_URL). If it is surely gone, delete ${file}.`,
  );
}

async function readOrNull(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}

function codeOf(fault: unknown): unknown {
  return fault instanceof Error && 'code' in fault ? fault.code : undefined;
}
