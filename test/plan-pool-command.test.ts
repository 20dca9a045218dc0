/** `linekeeper plan-pool` as a person meets it: a process of its own, its two outputs, its exit code, and Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { expect, onTestFinished, test } from 'vitest';
import { readPlanOptions } from '../src/gateway/plan-options.ts';
import { type Deployment, embeddedDeployment, onEveryDeployment, type Place } from './support/deployments.ts';
import { runGateway } from './support/run-gateway.ts';
import { stageVisits } from './support/stage-visits.ts';

const program = join(import.meta.dirname, '../src/cli.ts');
const dayMs = 86_400_000;
const quick = ['--visits-per-hour', '20', '--days', '1', '--calls-per-visit', '1', '--size-max', '8'];
const embedded = embeddedDeployment();

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `during` is given what stderr says so far, whenever it says more. */
function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  during: (child: ChildProcess, stderr: string) => void = () => undefined,
): Promise<Ran> {
  const child = spawn(process.execPath, [program, 'plan-pool', ...args], { env: { PATH: process.env.PATH, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    said.stdout += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    said.stderr += bytes.toString();
    during(child, said.stderr);
  });
  return new Promise((ended) => child.on('close', (code) => ended({ code, ...said })));
}

/** A shop with four days of visits; answers with its pool. */
async function stageShop(deployment: Deployment): Promise<{ place: Place; poolId: string }> {
  const place = await deployment.open();
  const gateway = await runGateway(place);
  await gateway.close();
  const poolId = await place.record(async (db) => {
    const site = await db.selectFrom('website').selectAll().executeTakeFirstOrThrow();
    const owner = { enterpriseId: site.enterprise_id, websiteId: site.id };
    await stageVisits(db, owner, { count: 400, from: Date.now() - 4 * dayMs, everyMs: 600_000 });
    return site.pool_id;
  });
  return { place, poolId };
}

test('described traffic needs no record: a table, progress beside it, and the answer in words', async () => {
  const { code, stdout, stderr } = await run(quick);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^numbers +no own number +right +wrong +open +last holder +a month\n/);
  expect(stdout).toMatch(
    /numbers are the fewest that have at least 70\.0 % of the calls credited rightly|No pool of up to 8/,
  );
  expect(stdout).toMatch(/Replayed: \d+ made-up visits over 1 days/);
  expect(stderr).toMatch(/^0 sizes done, replaying \d+ numbers\n1 sizes done/);
});

test('as JSON, CSV and SVG it prints nothing else on stdout', async () => {
  const [json, csv, svg] = await Promise.all(['--json', '--csv', '--svg'].map((form) => run([...quick, form])));
  expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ poolId: null, sizeMax: 8, rows: expect.any(Array) });
  expect(csv?.stdout).toMatch(/^numbers,overflow,correct/);
  expect(XMLValidator.validate(svg?.stdout ?? '')).toBe(true);
});

test.each<[readonly string[], RegExp]>([
  [[], /--from-traffic or --visits-per-hour/],
  [['--from-traffic'], /--pool/],
  [['--from-traffic', '--pool', 'pool_1', '--visits-per-hour', '3'], /one of the two/],
  [['--visits-per-hour', '3,4'], /--visits-per-hour: is neither one number nor 24/],
  [[...quick, '--target-correct', '7'], /--target-correct: .*at most 1/],
  [[...quick, '--json', '--csv'], /exclude each other/],
])('%j is refused with the cure', (args, cure) => {
  expect(readPlanOptions(args)).toMatch(cure);
});

test('asked the wrong way it ends with 2 and prints nothing on stdout', async () => {
  const [vague, unknown] = await Promise.all([run([]), run([...quick, '--sise', '7'])]);
  expect(vague).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('plan-pool --help') });
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--sise') });
});

test('Ctrl-C ends it at once, with nothing on stdout', async () => {
  let pressed = false;
  const { code, stdout, stderr } = await run(['--visits-per-hour', '250', '--days', '20'], {}, (child) => {
    if (!pressed) pressed = child.kill('SIGINT');
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('stopped; nothing was changed');
});

test('beside a running gateway on the embedded record it says whom to ask instead', async () => {
  const place = await embedded.open();
  await runGateway(place);
  const { code, stderr } = await run(['--from-traffic', '--pool', 'pool_1'], place.environment);
  expect(code).toBe(1);
  expect(stderr).toMatch(/is in use by process \d+.*GET \/v1\/pools\/pool_1\/plan/);
});

onEveryDeployment('plan-pool --from-traffic', (deployment) => {
  test('replays what the record holds; an unknown pool is answered with those there are', async () => {
    const { place, poolId } = await stageShop(deployment);
    const options = ['--days', '5', '--size-max', '8', '--json'];
    const { code, stdout } = await run(['--from-traffic', '--pool', poolId, ...options], place.environment);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ poolId, present: 7, visits: 400, basis: { kind: 'recorded' } });
    const unknown = await run(['--from-traffic', '--pool', 'pool_none'], place.environment);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(`${poolId}  Website`);
  });
});
