/**
 * The sound of a call's recordings, streamed through us: the carrier's own address, which opens for whoever has it, is
 * never told. Only recordings that the call's record names are fetched.
 */
import { pipeline, Readable, Transform } from 'node:stream';
import { z } from 'zod';
import { limits } from '../../../config/limits.ts';
import { AppError } from '../../ports/errors.ts';
import type { ApiWorld, App } from '../app-type.ts';
import { callIdField, text } from '../contract/fields.ts';

export function registerRecordingRoutes(app: App, world: ApiWorld): void {
  app.get(
    '/v1/calls/:id/recordings/:rid',
    {
      schema: {
        tags: ['calls'],
        summary: 'The sound of a conversation or voicemail',
        description:
          'Streamed from the carrier, usually as audio/mpeg. Its ids are told by call.recorded and call.voicemail.',
        params: z.object({ id: callIdField, rid: text(64) }),
      },
    },
    async (request, reply) => {
      const { id, rid } = request.params;
      const call = await world.reads.call(await world.authorise.secret(request), id);
      const isOurs = call?.recordings.some((one) => one.id === rid) || call?.voicemail?.recordingId === rid;
      if (call === null || !isOurs) throw new AppError('not-found', { detail: 'no such recording of this call' });
      const carrier = world.voice.get(call.carrier);
      if (carrier?.fetchRecording === undefined)
        throw new AppError('carrier-incapable', { detail: `recordings cannot be fetched from ${call.carrier}` });
      const media = await carrier.fetchRecording(rid);
      if (media.kind === 'gone') throw new AppError('not-found', { detail: 'the carrier has it no more' });
      if (media.kind === 'unavailable') throw new AppError('carrier-unreachable', { detail: media.reason });
      if (media.kind === 'refused') throw new AppError('carrier-refused', { detail: media.reason });
      reply.type(media.type).header('cache-control', 'no-store');
      if (media.bytes !== null) reply.header('content-length', media.bytes);
      const sound = Readable.fromWeb(media.body as never);
      // Whichever side breaks off takes the other with it; the answer is cut short, and who listens notices.
      return reply.send(
        pipeline(sound, bounded(limits.recordingBytesMax), (fault) => {
          if (fault) request.log.warn({ err: fault, callId: id }, 'recording-cut-short');
        }),
      );
    },
  );
}

/** Ends in a fault when more comes than was agreed: a carrier's word on the size is not taken for it. */
function bounded(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(new Error('the recording is larger than its bound'));
      else done(null, chunk);
    },
  });
}
