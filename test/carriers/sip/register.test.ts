/** Phones register with a password, are reached where they said, and nobody registers for somebody else. */
import { afterEach, expect, test } from 'vitest';
import { proofFor, register } from '../../support/sip-edge/show-password.ts';
import { header, headersOf, statusOf } from '../../support/sip-edge/sip-text.ts';
import { domain, password } from './staged-phone-book.ts';
import { agentA, type SipStage, type StagedSip, stageSip, strangerHost, until } from './staged-sip.ts';

let staged: StagedSip | null = null;
const setup = async (stage: SipStage = {}) => {
  staged = await stageSip(stage);
  return staged;
};
afterEach(async () => {
  await staged?.close();
  staged = null;
});

const account = { user: agentA, password };

test('a registered phone rings, wherever it registered from', async () => {
  const { phone, call, record } = await setup({ agents: [agentA] });
  const made = await phone(agentA);
  const answer = await register(made, domain, account);
  expect(statusOf(answer)).toBe(200);
  expect(header(answer, 'contact')).toContain(made.address);
  const calling = call();
  await until(() => calling.status === 200, 'the caller is answered');
  expect(made.calls).toHaveLength(1);
  expect(record.last().state).toBe('bridged');
});

test('SHA-256 is offered first and MD5 after it, each on a line of its own', async () => {
  const { phone, network } = await setup();
  const made = await phone(agentA);
  const challenged = await made.ask('REGISTER', `sip:${domain}`, [['To', `<sip:${agentA}@${domain}>`]]);
  expect(statusOf(challenged)).toBe(401);
  const challenges = headersOf(challenged, 'WWW-Authenticate');
  expect(challenges.map((text) => /algorithm=([\w-]+)/.exec(text)?.[1])).toEqual(['SHA-256', 'MD5']);
  expect(network.server).not.toBe('');
});

test('a phone that knows MD5 only registers as well', async () => {
  const { phone } = await setup();
  const made = await phone(agentA);
  const uri = `sip:${domain}`;
  const about = [['To', `<sip:${agentA}@${domain}>`] as const];
  const challenged = await made.ask('REGISTER', uri, about);
  const md5 = { ...challenged, headers: challenged.headers.filter(([, value]) => !value.includes('SHA-256')) };
  const proof = proofFor(md5, { method: 'REGISTER', uri }, account);
  expect(proof[1]).toContain('algorithm=MD5');
  expect(statusOf(await made.ask('REGISTER', uri, [...about, proof]))).toBe(200);
});

test('a wrong password and an unknown user are refused alike', async () => {
  const { phone } = await setup();
  const made = await phone(agentA);
  expect(statusOf(await register(made, domain, { ...account, password: 'wrong' }))).toBe(403);
  expect(statusOf(await register(made, domain, { user: 'nobody-here', password }))).toBe(403);
});

test('a right password does not open another user’s list', async () => {
  const { phone, phones } = await setup();
  const made = await phone('mallory');
  const uri = `sip:${domain}`;
  const about = [['To', `<sip:${agentA}@${domain}>`] as const];
  const challenged = await made.ask('REGISTER', uri, about);
  const proof = proofFor(challenged, { method: 'REGISTER', uri }, { user: 'mallory', password });
  expect(statusOf(await made.ask('REGISTER', uri, [...about, proof]))).toBe(403);
  expect(await phones.bindings(agentA, Date.now())).toEqual([]);
});

test('a recorded answer cannot be played again: it is stale', async () => {
  const { phone, phones } = await setup();
  const made = await phone(agentA);
  const uri = `sip:${domain}`;
  const about = [['To', `<sip:${agentA}@${domain}>`] as const];
  const proof = proofFor(await made.ask('REGISTER', uri, about), { method: 'REGISTER', uri }, account);
  expect(statusOf(await made.ask('REGISTER', uri, [...about, proof]))).toBe(200);
  const again = await made.ask('REGISTER', uri, [...about, proof, ['Contact', '<sip:mallory@127.0.0.9>']]);
  expect(statusOf(again)).toBe(401);
  expect(header(again, 'WWW-Authenticate')).toContain('stale=true');
  expect(await phones.bindings(agentA, Date.now())).toHaveLength(1);
});

test('a phone takes itself off the list, and is not rung then', async () => {
  const { phone, phones } = await setup();
  const made = await phone(agentA);
  expect(statusOf(await register(made, domain, account))).toBe(200);
  expect(statusOf(await register(made, domain, account, [['Expires', '0']]))).toBe(200);
  expect(await phones.bindings(agentA, Date.now())).toEqual([]);
});

test('too short a time is refused with the shortest that is taken', async () => {
  const { phone } = await setup();
  const answer = await register(await phone(agentA), domain, account, [['Expires', '10']]);
  expect([statusOf(answer), header(answer, 'Min-Expires')]).toEqual([423, '60']);
});

test('another domain’s users are not found here', async () => {
  const { phone } = await setup();
  const made = await phone(agentA);
  expect(statusOf(await register(made, 'elsewhere.example', account))).toBe(404);
});

test('a stranger calls in only with a password of ours', async () => {
  const { phone, network, agent, record } = await setup({ agents: [agentA] });
  await agent(agentA);
  const stranger = await phone('ada', strangerHost);
  const refused = stranger.call(`sip:+15035550100@${network.server}`, { password: 'wrong' });
  await until(() => refused.status === 403, 'the stranger is refused');
  const unproved = stranger.call(`sip:+15035550100@${network.server}`);
  await until(() => unproved.status === 407, 'the stranger is asked');
  expect(record.calls.size).toBe(0);
  const proved = stranger.call(`sip:+15035550100@${network.server}`, { password });
  await until(() => proved.status === 200, 'the user is answered');
});

test('a scanner hears nothing at all', async () => {
  const { phone, network, record } = await setup();
  const scanner = await phone('scanner', strangerHost);
  const headers = [['User-Agent', 'friendly-scanner']] as const;
  const made = scanner.call(`sip:+15035550100@${network.server}`, { headers });
  const asked = scanner.ask('OPTIONS', `sip:${network.server}`, headers);
  const real = await phone(agentA);
  expect(statusOf(await real.ask('OPTIONS', `sip:${network.server}`))).toBe(200);
  expect(made.status).toBeLessThan(180);
  expect(await Promise.race([asked, Promise.resolve('silence')])).toBe('silence');
  expect(record.calls.size).toBe(0);
});
