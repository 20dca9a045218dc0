/** A call over SIP through the whole gateway: an agent's phone is set up over the API, registers, rings and is talked to. */
import { beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { onEveryDeployment } from '../support/deployments.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runGateway } from '../support/run-gateway.ts';
import { createPhone } from '../support/sip-edge/phone.ts';
import { register } from '../support/sip-edge/show-password.ts';
import { openSipEdge, type SipEdge } from '../support/sip-edge/sip-edge.ts';
import { statusOf } from '../support/sip-edge/sip-text.ts';

const number = '+12125550151';

onEveryDeployment('a call over SIP', (deployment) => {
  let api: ApiClient;
  let edge: SipEdge;
  let receiver: Receiver;
  beforeAll(async () => {
    const place = await deployment.open();
    edge = await openSipEdge();
    receiver = await startReceiver();
    place.keep(receiver.close);
    place.keep(edge.close);
    const environment = {
      DRACHTIO_HOST: edge.drachtio.host,
      DRACHTIO_PORT: String(edge.drachtio.port),
      DRACHTIO_SECRET: edge.drachtio.secret,
      SIP_DOMAIN: 'lines.example',
      SIP_TRUNKS: '127.0.0.2',
    };
    // Several processes and SIP exclude each other.
    api = createApiClient(
      await runGateway({ ...place, environment: { ...place.environment, REDIS_URL: '' } }, environment),
    );
    receiver.setSecret((await api.must('POST', '/v1/endpoints', { body: { url: receiver.url } })).secret);
    await api.must('POST', '/v1/numbers/import?carrier=sip', {
      raw: `number\n${number}\n`,
      headers: { 'content-type': 'text/csv' },
    });
  });

  test('an agent’s SIP phone registers with the password that was shown once, rings and talks', async () => {
    const body = { name: 'Ada', phone: '+12125550152', presence: 'ready' };
    const agent = await api.must('POST', '/v1/agents', { body });
    const account = await api.must('PUT', `/v1/agents/${agent.id}/sip-phone`);
    const phone = createPhone(await edge.plug('127.0.0.3'), account.user, edge.server);
    expect(statusOf(await register(phone, account.domain, account))).toBe(200);
    const trunk = createPhone(await edge.plug('127.0.0.2'), 'trunk', edge.server);
    const made = trunk.call(`sip:${number}@${edge.server}`, { from: '<sip:+12125550153@trunk.example>' });
    await expect.poll(() => made.status).toBe(200);
    expect(phone.calls).toHaveLength(1);
    await made.hangUp();
    await expect.poll(() => phone.calls[0]?.ended).toBe(true);
    const ended = await receiver.waitFor('call.ended');
    expect(ended).toMatchObject({ data: { verdict: { slug: 'answered' } } });
  });

  test('a new password voids the old one, and a phone taken away is nobody’s', async () => {
    const body = { name: 'Bob', phone: '+12125550154', presence: 'offline' };
    const agent = await api.must('POST', '/v1/agents', { body });
    const first = await api.must('PUT', `/v1/agents/${agent.id}/sip-phone`);
    const second = await api.must('PUT', `/v1/agents/${agent.id}/sip-phone`);
    const phone = createPhone(await edge.plug('127.0.0.3'), first.user, edge.server);
    expect(statusOf(await register(phone, first.domain, first))).toBe(403);
    expect(statusOf(await register(phone, second.domain, second))).toBe(200);
    await api.must('DELETE', `/v1/agents/${agent.id}/sip-phone`);
    expect(statusOf(await register(phone, second.domain, second))).toBe(403);
  });
});

test('the gateway starts and serves everything else while drachtio is away', async () => {
  const { embeddedDeployment } = await import('../support/deployments.ts');
  const place = await embeddedDeployment().open();
  const environment = {
    DRACHTIO_HOST: '127.0.0.1',
    DRACHTIO_PORT: '9',
    DRACHTIO_SECRET: 'x',
    SIP_DOMAIN: 'lines.example',
  };
  const gateway = await runGateway(place, environment);
  expect((await fetch(`${gateway.url}/health`)).status).toBeLessThan(500);
});
