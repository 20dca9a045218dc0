/**
 * What node-postgres takes for its network socket, with the embedded engine at the other end. Because the real client
 * speaks through it, parameters, types, errors and notifications are node-postgres' own: nothing can differ between
 * the embedded database and a server. It offers the few socket methods the client calls and does no I/O of its own.
 */
import { Duplex } from 'node:stream';
import type { EmbeddedEngine, Guest } from './embedded-engine.pglite.ts';
import type { SessionState } from './wire-frames.ts';
import { commandDone, cutRequests, readAnswer, subscriptionIn, welcome } from './wire-frames.ts';

/** One client's way to the engine. */
export class EmbeddedSocket extends Duplex implements Guest {
  readonly searchPath: string;
  readonly #engine: EmbeddedEngine;
  readonly #channels = new Set<string>();
  #rest: Buffer = Buffer.alloc(0);
  #state: SessionState = 'idle';
  #welcomed = false;

  constructor(engine: EmbeddedEngine, searchPath: string) {
    super();
    this.#engine = engine;
    this.searchPath = searchPath;
  }

  get channels(): ReadonlySet<string> {
    return this.#channels;
  }

  /** Called by node-postgres where a socket would dial. */
  connect(): this {
    this.#engine.admit(this);
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  /** Nothing lies between the two ends that could be delayed, kept alive or keep the process up. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** The client goes back to its pool: it leaves no open transaction and no subscription behind. */
  tidyUp(): void {
    this.#channels.clear();
    this.#engine.tidyUp(this);
  }

  receive(bytes: Buffer): void {
    if (this.destroyed || this.readableEnded || this.writableEnded) return;
    this.#state = readAnswer(bytes).state ?? this.#state;
    this.push(bytes);
  }

  expel(reason: Error): void {
    this.destroy(reason);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _final(done: () => void): void {
    this.#engine.dismiss(this);
    this.push(null);
    done();
  }

  override _destroy(reason: Error | null, done: (reason: Error | null) => void): void {
    this.#engine.dismiss(this);
    done(reason);
  }

  #take(bytes: Buffer): void {
    if (!this.#welcomed) {
      // The first thing written is the start-up message; the one session has long been started.
      this.#welcomed = true;
      setImmediate(() => this.receive(welcome()));
      return;
    }
    const { requests, rest } = cutRequests(this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]));
    this.#rest = rest;
    for (const request of requests) this.#forward(request);
  }

  /** An UNLISTEN ends here: the session is shared, and others may still be listening to that channel. */
  #forward(request: Buffer): void {
    const subscription = subscriptionIn(request);
    if (subscription?.verb === 'unlisten') {
      if (subscription.channel === '*') this.#channels.clear();
      else this.#channels.delete(subscription.channel);
      setImmediate(() => this.receive(commandDone('UNLISTEN', this.#state)));
      return;
    }
    if (subscription !== null) this.#channels.add(subscription.channel);
    this.#engine.submit(this, request);
  }
}
