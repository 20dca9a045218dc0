import { expect, test } from 'vitest';
import { paths, publicUrl, setup } from './gateway-stub.ts';

const caller = { from: '+12065550123', to: '+15035550100' };
const room = (attributes: string) => `<Dial action="/after"><Conference ${attributes}>call-1</Conference></Dial>`;

test('an inbound call arrives signed, with what Twilio says about the caller', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Say>Hello</Say><Hangup/>');
  const call = world.farEnd.placeCall({ ...caller, stirVerstat: 'TN-Validation-Passed-A', callerName: 'ADA' });
  await call.waitFor('ended');
  await world.farEnd.settled();
  const [arrival] = world.gateway.askedAt(paths.voice);
  expect(arrival).toMatchObject({
    signed: true,
    fields: {
      CallSid: call.sid,
      From: caller.from,
      CallStatus: 'ringing',
      Direction: 'inbound',
      StirVerstat: 'TN-Validation-Passed-A',
      CallerName: 'ADA',
    },
  });
  expect(world.gateway.askedAt(paths.status)[0]?.fields).toMatchObject({ CallStatus: 'completed', CallSid: call.sid });
  expect(world.farEnd.deliveries().every(({ acknowledged }) => acknowledged)).toBe(true);
});

test('keys go to the action; silence falls through to the next verb', async () => {
  await using world = await setup();
  world.gateway.at(
    paths.voice,
    '<Gather numDigits="1" action="menu"><Say>Menu</Say></Gather><Say>Nobody pressed</Say>',
  );
  world.gateway.at('/carriers/twilio/menu', ({ Digits }) => `<Say>You pressed ${Digits}</Say>`);
  const first = world.farEnd.placeCall(caller);
  await first.press('7');
  await first.waitToHear(/You pressed 7/);
  const second = world.farEnd.placeCall(caller);
  await second.staySilent();
  await second.waitFor('ended');
  expect(second.heard().map(({ text }) => text)).toEqual(['Menu', 'Nobody pressed']);
});

test('a caller hears hold music until an agent joins, and when the agent leaves the action is asked', async () => {
  await using world = await setup();
  const { gateway, farEnd, sdk } = world;
  gateway.at(paths.voice, room('startConferenceOnEnter="false" waitUrl="/hold"'));
  gateway.at('/hold', '<Play>https://gateway.example/waltz.mp3</Play>');
  gateway.at('/accept', '<Gather numDigits="1" action="/join"/>');
  gateway.at('/join', room('endConferenceOnExit="true" beep="false"'));
  gateway.at('/after', '<Say>Goodbye</Say>');
  const call = farEnd.placeCall(caller);
  await call.waitFor('holding');
  await call.waitToHear(/waltz/);
  await sdk.calls.create({ from: caller.to, to: '+19715550100', url: `${publicUrl}/accept` });
  const agent = await farEnd.waitForRing('+19715550100');
  agent.answer();
  await agent.press('1');
  await Promise.all([call.waitFor('bridged'), agent.waitFor('bridged')]);
  expect(farEnd.inRoom('call-1')).toEqual([call.sid, agent.sid]);
  agent.hangUp();
  await call.waitToHear(/Goodbye/);
  expect(gateway.askedAt('/after').map(({ fields }) => [fields.CallSid, fields.DialCallStatus])).toContainEqual([
    call.sid,
    'answered',
  ]);
});

test('a redirect over REST takes a caller out of the conference, without asking the action', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, room('startConferenceOnEnter="false"'));
  const call = world.farEnd.placeCall(caller);
  await call.waitFor('holding');
  await world.sdk
    .calls(call.sid)
    .update({ twiml: '<Response><Say>Please leave a message</Say><Record action="/kept"/></Response>' });
  await call.leaveMessage(12);
  await call.waitFor('ended');
  expect(world.gateway.askedAt('/kept')[0]?.fields).toMatchObject({
    RecordingDuration: '12',
    RecordingSid: expect.stringMatching(/^RE/),
  });
  expect(world.gateway.askedAt('/after')).toEqual([]);
  expect(world.farEnd.inRoom('call-1')).toEqual([]);
});

test('a recording ended by hanging up is still told to the action and the recording callback', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Record action="/kept" recordingStatusCallback="/recorded"/>');
  const call = world.farEnd.placeCall(caller);
  await call.leaveMessage(8, { hangUp: true });
  await world.farEnd.settled();
  expect(world.gateway.askedAt('/kept')[0]?.fields).toMatchObject({
    Digits: 'hangup',
    CallStatus: 'completed',
    RecordingDuration: '8',
  });
  expect(world.gateway.askedAt('/recorded')[0]?.fields).toMatchObject({
    RecordingStatus: 'completed',
    CallSid: call.sid,
  });
});

test('of several numbers the first to answer and accept is joined, the others stop ringing', async () => {
  await using world = await setup();
  const { gateway, farEnd } = world;
  gateway.at(
    paths.voice,
    '<Dial action="/after"><Number url="/whisper">+19715550100</Number><Number url="/whisper">+19715550101</Number></Dial>',
  );
  gateway.at('/whisper', '<Gather numDigits="1" action="/accepted"/><Hangup/>');
  const call = farEnd.placeCall(caller);
  const [voicemail, agent] = await Promise.all([
    farEnd.waitForRing('+19715550100'),
    farEnd.waitForRing('+19715550101'),
  ]);
  voicemail.answer();
  agent.answer();
  await agent.press('1');
  await Promise.all([call.waitFor('bridged'), agent.waitFor('bridged'), voicemail.waitFor('ended')]);
  agent.hangUp();
  await call.waitFor('ended');
  expect(gateway.askedAt('/after')[0]?.fields).toMatchObject({ DialCallStatus: 'completed', DialCallSid: agent.sid });
});

test.each([
  ['busy', 'busy'],
  ['noAnswer', 'no-answer'],
] as const)('a dialled number that is %s gives DialCallStatus %s', async (act, status) => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Dial action="/after">+19715550100</Dial>');
  world.farEnd.onRing((phone) => phone[act]());
  await world.farEnd.placeCall(caller).waitFor('ended');
  expect(world.gateway.askedAt('/after')[0]?.fields.DialCallStatus).toBe(status);
});

test('when the caller hangs up, the dialled phone stops ringing', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Dial>+19715550100</Dial>');
  const call = world.farEnd.placeCall(caller);
  const agent = await world.farEnd.waitForRing();
  call.hangUp();
  await agent.waitFor('ended');
  expect(agent.status()).toBe('canceled');
});

test('a rejected call is never answered', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Reject reason="busy"/>');
  const call = world.farEnd.placeCall(caller);
  await call.waitFor('ended');
  expect(call.status()).toBe('busy');
});

test.each([
  [500, 11_200],
  ['<Say>', 12_100],
] as const)(
  'a gateway that answers %j makes an application error and an entry in the debugger',
  async (answer, code) => {
    await using world = await setup();
    world.gateway.at(paths.voice, answer);
    const call = world.farEnd.placeCall(caller);
    await call.waitFor('ended');
    expect(call.heard().at(-1)?.text).toMatch(/application error/);
    expect(world.farEnd.faults()).toMatchObject([{ code, subject: call.sid }]);
  },
);

test('the fallback address is asked when the voice webhook fails', async () => {
  await using world = await setup({ voiceFallbackUrl: '/static-failover' });
  world.gateway.at(paths.voice, 503);
  world.gateway.at('/static-failover', '<Say>Connecting you</Say>');
  const call = world.farEnd.placeCall(caller);
  await call.waitToHear(/Connecting you/);
  expect(world.gateway.askedAt('/static-failover')[0]?.fields).toMatchObject({ ErrorCode: '11200', CallSid: call.sid });
});

test('waiting for what cannot come any more is refused, with what was heard', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Say>Closed</Say>');
  await expect(world.farEnd.placeCall(caller).waitFor('bridged')).rejects.toThrow(/ended before.*bridged.*Closed/);
});

test('an address outside the gateway is never called', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Redirect>https://gateway.example.elsewhere.test/x</Redirect>');
  await world.farEnd.placeCall(caller).waitFor('ended');
  expect(world.farEnd.deliveries().map(({ answer }) => answer)).toContainEqual({
    kind: 'unanswered',
    failure: 'outside',
  });
});

test('an address that is none ends the call in an application error and is noted', async () => {
  await using world = await setup();
  world.gateway.at(paths.voice, '<Redirect>http://[</Redirect>');
  const call = world.farEnd.placeCall(caller);
  await call.waitFor('ended');
  expect(world.farEnd.faults()).toMatchObject([{ code: 11_100, subject: call.sid }]);
});
