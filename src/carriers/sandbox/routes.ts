/**
 * The pretend phones over HTTP: place a call, answer one, press a key, send a text, with nothing but curl. Each act
 * answers when the gateway has said what follows, so its reply shows what the phone hears next; what other phones do
 * because of it (an agent's begins to ring) comes a moment later and is looked up with GET.
 */
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { limits } from '../../../config/limits.ts';
import { toIso } from '../../ports/clock.ts';
import type { E164, TextAddress } from '../../ports/e164.ts';
import type { SandboxHead } from './head.ts';
import type { LineReport, LineView } from './line.ts';
import type { Fitting, Network } from './network.ts';
import * as wire from './wire.ts';

interface World {
  readonly network: Network;
  readonly head: Pick<SandboxHead, 'call' | 'text' | 'tell'>;
}

const tags = ['sandbox'];
const prefix = '/carriers/sandbox';

/** Adds the sandbox's routes under `/carriers/sandbox`. They ask for no key: mount them where strangers cannot come. */
export async function registerSandbox(app: FastifyInstance, world: World): Promise<void> {
  await app.register(
    async (scope) => {
      scope.setValidatorCompiler(validatorCompiler);
      scope.setSerializerCompiler(serializerCompiler);
      const typed = typedScope(scope);
      addPlacing(typed, world);
      addCallActs(typed, world);
      addCallWaits(typed, world);
      addPhoneActs(typed, world);
      addPhoneState(typed, world);
    },
    { prefix },
  );
}

function typedScope(scope: FastifyInstance) {
  return scope.withTypeProvider<ZodTypeProvider>();
}

type Scope = ReturnType<typeof typedScope>;

function addPlacing(scope: Scope, { head }: World): void {
  const newCallSchema = {
    tags,
    summary: 'A phone calls one of our numbers',
    description: 'Answers when the caller hears the greeting. An agent’s phone rings a moment later.',
    body: wire.newCall,
    response: { 201: wire.callView },
  };
  scope.post('/calls', { schema: newCallSchema, bodyLimit: limits.webhookBodyBytesMax }, async (request, reply) => {
    const { from = null, to, attestation = null } = request.body;
    return reply.code(201).send(onWire(await head.call({ from, to, attestation })));
  });
  const newTextSchema = {
    tags,
    summary: 'A phone texts one of our numbers',
    body: wire.newText,
    response: { 201: wire.textTaken },
  };
  scope.post('/messages', { schema: newTextSchema, bodyLimit: limits.webhookBodyBytesMax }, async (request, reply) =>
    reply.code(201).send(await head.text(request.body)),
  );
}

function addCallActs(scope: Scope, world: World): void {
  const { network } = world;
  const ofCall = { tags, params: wire.callPath, response: { 200: wire.callView } };
  scope.get('/calls/:id', { schema: { ...ofCall, summary: 'How a call stands' } }, async (request) =>
    onWire(network.view(request.params.id)),
  );
  const pressSchema = { ...ofCall, body: wire.keys, summary: 'Press keys' };
  scope.post('/calls/:id/press', { schema: pressSchema }, async (request) =>
    afterwards(world, request.params.id, (id) => network.press(id, request.body.digits)),
  );
  scope.post('/calls/:id/answer', { schema: { ...ofCall, summary: 'Pick up a ringing phone' } }, async (request) =>
    afterwards(world, request.params.id, network.answer),
  );
  const declineSchema = { ...ofCall, body: wire.declining, summary: 'Decline a ringing phone' };
  scope.post('/calls/:id/decline', { schema: declineSchema }, async (request) =>
    afterwards(world, request.params.id, (id) => network.decline(id, request.body?.reason ?? 'declined')),
  );
}

function addCallWaits(scope: Scope, world: World): void {
  const { network } = world;
  const ofCall = { tags, params: wire.callPath, response: { 200: wire.callView } };
  scope.post('/calls/:id/hang-up', { schema: { ...ofCall, summary: 'Hang up' } }, async (request) =>
    afterwards(world, request.params.id, network.hangUp),
  );
  const speakSchema = {
    ...ofCall,
    body: wire.speech,
    summary: 'Speak into a recording',
    description: 'Hanging up or pressing # then leaves the voicemail.',
  };
  scope.post('/calls/:id/speak', { schema: speakSchema }, async (request) =>
    afterwards(world, request.params.id, (id) => network.speak(id, request.body.seconds)),
  );
  const waitSchema = {
    ...ofCall,
    summary: 'Let time pass',
    description: 'A prompt runs out, silence ends a recording, a ringing phone is not answered.',
  };
  scope.post('/calls/:id/wait-out', { schema: waitSchema }, async (request) =>
    afterwards(world, request.params.id, network.waitOut),
  );
}

function addPhoneActs(scope: Scope, world: World): void {
  const { network } = world;
  const ofPhone = { tags, params: wire.phonePath, response: { 200: wire.callView } };
  const newest = (phone: E164, fitting: Fitting, act: (id: string) => readonly LineReport[]) =>
    afterwards(world, network.newestOf(phone, fitting), act);
  const answerSchema = { ...ofPhone, summary: 'Pick up the newest call that rings the phone' };
  scope.post('/phones/:number/answer', { schema: answerSchema }, async (request) =>
    newest(request.params.number, 'ringing', network.answer),
  );
  const pressSchema = { ...ofPhone, body: wire.keys, summary: 'Press keys on the newest call that waits for them' };
  scope.post('/phones/:number/press', { schema: pressSchema }, async (request) =>
    newest(request.params.number, 'listening', (id) => network.press(id, request.body.digits)),
  );
  scope.post(
    '/phones/:number/hang-up',
    { schema: { ...ofPhone, summary: 'Hang up the newest call' } },
    async (request) => newest(request.params.number, 'live', network.hangUp),
  );
}

function addPhoneState(scope: Scope, { network }: World): void {
  const ofPhone = { tags, params: wire.inboxPath, response: { 200: wire.phoneView } };
  const lookSchema = { ...ofPhone, summary: 'A phone: what rings, its calls, its texts' };
  scope.get('/phones/:number', { schema: lookSchema }, async (request) => phoneOnWire(network, request.params.number));
  const reachSchema = { ...ofPhone, body: wire.reachability, summary: 'Switch a phone off or on' };
  scope.post('/phones/:number/reachable', { schema: reachSchema }, async (request) => {
    network.inbox.setReachable(request.params.number, request.body.reachable);
    return phoneOnWire(network, request.params.number);
  });
}

/** Performs an act, waits for what the gateway makes of it, and answers with the call as it then stands. */
async function afterwards(world: World, id: string, act: (id: string) => readonly LineReport[]) {
  await world.head.tell(act(id));
  return onWire(world.network.view(id));
}

function phoneOnWire(network: Network, number: TextAddress) {
  return {
    number,
    ringing: network.callsOf(number, 'ringing').map(onWire),
    calls: network.callsOf(number, 'any').map(onWire),
    texts: network.inbox.textsOf(number).map(({ from, body, at }) => ({ from, body, at: toIso(at) })),
  };
}

function onWire(call: LineView) {
  return { ...call, hears: [...call.hears] };
}
