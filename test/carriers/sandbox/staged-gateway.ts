/**
 * A gateway for the sandbox's tests: the real call machine and answers, with a Map for a record and an array for an
 * outbox. Effects are performed only in `settle()`, so a test decides when the gateway catches up.
 */
import Fastify from 'fastify';
import { createSandboxHead, type TakeCall } from '../../../src/carriers/sandbox/head.ts';
import { createSandboxMessages } from '../../../src/carriers/sandbox/messages.ts';
import { createNetwork } from '../../../src/carriers/sandbox/network.ts';
import { registerSandbox } from '../../../src/carriers/sandbox/routes.ts';
import { createSandboxVoice } from '../../../src/carriers/sandbox/voice.ts';
import { type E164, parseE164 } from '../../../src/ports/e164.ts';
import { AppError, errorCatalogue } from '../../../src/ports/errors.ts';
import { createIds } from '../../../src/ports/ids.ts';
import { silentLog } from '../../../src/ports/log.ts';
import type { IncomingMessage, MessageReceipt } from '../../../src/sms/message-desk.ts';
import type { CallEvent } from '../../../src/telephony/call.ts';
import { createStagedRecord, type StagedRecordPlan } from '../../support/staged-record.ts';

function phone(text: string): E164 {
  const read = parseE164(text);
  if (read === null) throw new Error(`${text} is no number`);
  return read;
}

export const ours = phone('+15035550100');
export const caller = phone('+15035550123');
export const agentA = phone('+15035550141');
export const agentB = phone('+15035550142');
export const elsewhere = phone('+15035550177');

const now = 1_700_000_000_000;

export interface Stage extends Omit<StagedRecordPlan, 'ours'> {
  readonly takeCall?: TakeCall;
}

export function setup(stage: Stage = {}) {
  const clock = { now: () => now };
  let seed = 0;
  const randomBytes = (length: number) => {
    seed += 1;
    return Uint8Array.from({ length }, (_, at) => (seed >> (8 * (at % 4))) & 255);
  };
  const network = createNetwork({ randomBytes });
  const record = createStagedRecord({ ...stage, ours }, createIds({ clock, randomBytes }));
  const texts: IncomingMessage[] = [];
  const receipts: MessageReceipt[] = [];
  const head = createSandboxHead({
    network,
    desk: { hear: record.hear },
    messages: {
      async take(incoming: IncomingMessage) {
        if (incoming.to !== ours) return { kind: 'unknown-number' };
        texts.push(incoming);
        return { kind: 'taken', conversationId: 'conv_1' as never, repeated: false };
      },
    },
    takeCall: stage.takeCall ?? record.take,
    findCall: async (carrierCallId) =>
      [...record.calls.values()].find((call) => call.carrierCallId === carrierCallId)?.id ?? null,
    log: silentLog,
  });
  const voice = createSandboxVoice({ network, head });
  const hearReceipt = async (receipt: MessageReceipt) => {
    receipts.push(receipt);
    return 'applied' as const;
  };
  const messages = createSandboxMessages({ network, desk: { hear: hearReceipt }, clock, log: silentLog });
  const app = Fastify();
  app.setErrorHandler((fault, _request, reply) =>
    fault instanceof AppError
      ? reply.code(errorCatalogue[fault.code].status).send({ code: fault.code, detail: fault.detail })
      : reply.send(fault),
  );
  app.register((scope) => registerSandbox(scope, { network, head }));

  /** Performs what the machine asked for until nothing more comes of it. */
  const settle = async (): Promise<void> => {
    await head.settled();
    for (let effect = record.effects.shift(); effect !== undefined; effect = record.effects.shift()) {
      await record.perform(effect, voice);
      await head.settled();
    }
    await messages.settled();
  };
  const send = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const response = await app.inject({
      method,
      url: `/carriers/sandbox${path}`,
      ...(body === undefined ? {} : { payload: body }),
    });
    return { code: response.statusCode, body: response.json() };
  };
  /** A request followed by everything the gateway does because of it. */
  const act = async (path: string, body?: object) => {
    const answer = await send('POST', path, body);
    await settle();
    return answer;
  };
  /** Something is asked of the one call there is; answers whether it was done. */
  const command = async (event: CallEvent): Promise<boolean> => {
    const [call] = record.calls.values();
    const run = call === undefined ? null : record.apply(call.id, event);
    await settle();
    return run?.kind === 'advanced';
  };
  return { command, app, network, record, head, voice, messages, texts, receipts, settle, send, act };
}
