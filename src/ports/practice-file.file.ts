/**
 * What the demo leaves for `npm run simulate` and `npm run listen` on the same machine: practice keys of the demo
 * enterprise and a practice Twilio account, in a file only the owner may read. Never written outside the demo.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const practice = z.object({
  publishableKey: z.string(),
  secretKey: z.string(),
  webhookSecret: z.string(),
  endpointId: z.string(),
  twilio: z.object({ accountSid: z.string(), authToken: z.string() }),
});

export type Practice = Readonly<z.infer<typeof practice>>;

/** Null when there is no demo here. @throws Error when the file is damaged. */
export async function readPractice(folder: string): Promise<Practice | null> {
  const path = join(folder, 'practice.json');
  const text = await readFile(path, 'utf8').catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return null;
    throw fault;
  });
  if (text === null) return null;
  try {
    return practice.parse(JSON.parse(text));
  } catch (fault) {
    throw new Error(`${path} is damaged: delete it and make new keys`, { cause: fault });
  }
}

export async function writePractice(folder: string, values: Practice): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'practice.json'), `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 });
}
