/**
 * One PGlite session shared by many clients. PGlite is PostgreSQL compiled to WebAssembly and has a single backend, so
 * clients take turns: a request is one turn, and a client whose answer leaves the session inside a transaction keeps
 * the session until it is out of it. That is read from the server's own ReadyForQuery, never guessed from SQL. A turn
 * blocks the event loop while it runs, so each one gets a round of the loop to itself and telephony is served between.
 */
import type { PGlite } from '@electric-sql/pglite';
import type { Notification } from './wire-frames.ts';
import { queryRequest, readAnswer } from './wire-frames.ts';

/** A client of the shared session. */
export interface Guest {
  /** The search path its statements are to run under. */
  readonly searchPath: string;
  /** The channels it listens to. */
  readonly channels: ReadonlySet<string>;
  /** Takes bytes the server sends. */
  receive(bytes: Buffer): void;
  /** Is told that it was cut off. */
  expel(reason: Error): void;
}

/** The shared session. */
export interface EmbeddedEngine {
  admit(guest: Guest): void;
  /** Queues one request; the guest receives the answer. */
  submit(guest: Guest, request: Buffer): void;
  /** Rolls back whatever transaction the guest left open, after the requests it has queued. */
  tidyUp(guest: Guest): void;
  /** Forgets the guest and what it queued; rolls back its transaction. */
  dismiss(guest: Guest): void;
  /** Lets queued turns end, then closes PGlite. */
  close(): Promise<void>;
}

interface Turn {
  readonly guest: Guest;
  readonly request: Buffer;
  /** A rollback matters only to the guest that holds the session when its turn comes. */
  readonly kind: 'request' | 'rollback';
}

/**
 * Shares `lite` between guests. A transaction in which nothing is asked for `idleTransactionMs` is rolled back and its
 * guest expelled, as a server's `idle_in_transaction_session_timeout` would, because it holds everybody back.
 */
export function createEmbeddedEngine(lite: PGlite, policy: { readonly idleTransactionMs: number }): EmbeddedEngine {
  return new Engine(lite, policy.idleTransactionMs);
}

class Engine implements EmbeddedEngine {
  readonly #lite: PGlite;
  readonly #idleTransactionMs: number;
  readonly #guests = new Set<Guest>();
  #queue: Turn[] = [];
  /** Who holds the session inside a transaction. */
  #holder: Guest | null = null;
  #holderTimer: NodeJS.Timeout | undefined;
  #searchPath = '';
  #scheduled = false;
  #broken: Error | null = null;
  #onEmpty: (() => void) | null = null;

  constructor(lite: PGlite, idleTransactionMs: number) {
    this.#lite = lite;
    this.#idleTransactionMs = idleTransactionMs;
  }

  admit(guest: Guest): void {
    this.#guests.add(guest);
  }

  submit(guest: Guest, request: Buffer): void {
    if (this.#broken === null) {
      this.#queue.push({ guest, request, kind: 'request' });
      this.#schedule();
    } else {
      guest.expel(this.#broken);
    }
  }

  tidyUp(guest: Guest): void {
    if (this.#holder !== guest && !this.#queue.some((turn) => turn.guest === guest)) return;
    this.#queue.push({ guest, request: queryRequest('rollback'), kind: 'rollback' });
    this.#schedule();
  }

  dismiss(guest: Guest): void {
    this.#guests.delete(guest);
    this.#queue = this.#queue.filter((turn) => turn.guest !== guest);
    this.tidyUp(guest);
    this.#schedule();
  }

  async close(): Promise<void> {
    if (this.#holder !== null) this.dismiss(this.#holder);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      this.#schedule();
    });
    this.#broken ??= new Error('the embedded database is closed');
    for (const guest of this.#guests) guest.expel(this.#broken);
    await this.#lite.close();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => void this.#takeTurn());
  }

  async #takeTurn(): Promise<void> {
    const turn = this.#nextTurn();
    if (turn !== null) {
      try {
        await this.#run(turn);
      } catch (fault) {
        this.#break(fault);
      }
    }
    this.#scheduled = false;
    if (this.#canGoOn()) this.#schedule();
    else if (this.#queue.length === 0) this.#onEmpty?.();
  }

  #canGoOn(): boolean {
    if (this.#holder === null) return this.#queue.length > 0;
    return this.#queue.some((turn) => turn.guest === this.#holder);
  }

  #nextTurn(): Turn | null {
    if (this.#holder === null) return this.#queue.shift() ?? null;
    const index = this.#queue.findIndex((turn) => turn.guest === this.#holder);
    return index < 0 ? null : (this.#queue.splice(index, 1)[0] ?? null);
  }

  async #run(turn: Turn): Promise<void> {
    const { guest, request, kind } = turn;
    if (kind === 'rollback' && this.#holder !== guest) return;
    clearTimeout(this.#holderTimer);
    if (this.#holder === null && guest.searchPath !== this.#searchPath) {
      await this.#exchange(queryRequest(`set search_path to ${guest.searchPath}`));
      this.#searchPath = guest.searchPath;
    }
    const answer = readAnswer(await this.#exchange(request));
    this.#holder = answer.state === 'idle' ? null : guest;
    if (this.#holder !== null) this.#watchHolder(this.#holder);
    // It may have gone away while its own request was under way.
    if (!this.#guests.has(guest)) this.tidyUp(guest);
    if (kind === 'request') guest.receive(answer.own);
    this.#passOn(answer.notifications);
  }

  /** The stream form is used because the plain one also keeps every parsed message, which nobody would ever free. */
  async #exchange(request: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#lite.execProtocolRawStream(request, {
      syncToFs: false,
      onRawData: (bytes) => void parts.push(Buffer.from(bytes)),
    });
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  #passOn(notifications: readonly Notification[]): void {
    for (const { channel, bytes } of notifications) {
      for (const guest of this.#guests) if (guest.channels.has(channel)) guest.receive(bytes);
    }
  }

  #watchHolder(guest: Guest): void {
    this.#holderTimer = setTimeout(() => {
      this.dismiss(guest);
      guest.expel(
        new Error(
          `a transaction asked for nothing during ${this.#idleTransactionMs} ms and was rolled back: the embedded ` +
            'database has one session, so nothing outside the transaction may be waited for inside it',
        ),
      );
    }, this.#idleTransactionMs);
    this.#holderTimer.unref();
  }

  /** WebAssembly that has trapped cannot be trusted again: everybody is told, and the next requests fail at once. */
  #break(fault: unknown): void {
    clearTimeout(this.#holderTimer);
    this.#broken = new Error('the embedded database has failed: restart the process', { cause: fault });
    this.#queue = [];
    this.#holder = null;
    for (const guest of this.#guests) guest.expel(this.#broken);
  }
}
