import { InternalError } from '../../core/errors.ts';
import { ProcessExit } from '../process/os.ts';
import { Cancelled, Signal, type Task, Thread, type Wait } from '../process/task.ts';
import type { World } from '../world.ts';
import type { Conn, PeerAddress, ServerConn, Transport } from './net.ts';
import { NetError } from './net.ts';
import type { Message } from './protocols.ts';
import { countMessage, countSegments, type Port, type Stack } from './stack.ts';
import type { Wire } from './wire.ts';

/** The answer of a datagram that nobody waits for. */
const NO_ANSWER: Message = { proto: 'raw', kind: 'response', data: '' };

/** A request whose handler had to wait: it goes on as a thread of the listening process. */
class Pending {
  readonly done = new Signal();
  answer: Message | undefined;
  error: unknown;
  finished = false;

  finish(): void {
    this.finished = true;
    this.done.fire();
  }
}

/** One connection with its two ends. */
export class Link implements Conn {
  isOpen = true;
  readonly closed = new Signal();
  readonly serverSide: ServerConn;
  readonly #handlers = new Set<Thread>();

  constructor(
    readonly id: number,
    readonly world: World,
    readonly wire: Wire,
    readonly from: Stack,
    readonly port: Port,
    readonly local: PeerAddress,
    readonly remote: PeerAddress,
    accepted: PeerAddress,
  ) {
    this.serverSide = { id, peer: local, local: accepted, state: undefined, close: () => this.#end(true) };
    from.dialled.add(this);
    port.links.add(this);
    port.server.open?.(this.serverSide);
  }

  get #transport(): Transport {
    return this.port.transport;
  }

  /** The client closes. Handlers that still run finish, unheard. */
  close(): void {
    if (this.isOpen && this.#transport === 'tcp') countSegments(this.from, this.port.stack, 2);
    this.#end(false);
  }

  /** One side died: calls in flight fail with ECONNRESET, handlers end. */
  reset(): void {
    this.#end(false);
    for (const thread of [...this.#handlers]) thread.cancel();
  }

  #end(byServer: boolean): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.from.dialled.delete(this);
    this.port.links.delete(this);
    if (!byServer || this.port.isOpen) this.port.server.close?.(this.serverSide);
    this.closed.fire();
  }

  *request<M extends Message = Message>(th: Thread, message: Message, options?: { timeoutMs?: number }): Task<M> {
    if (!this.isOpen) throw this.#error('ECONNRESET', 'write');
    const timeoutMs = options?.timeoutMs;
    const deadlineUs = timeoutMs === undefined ? undefined : th.nowUs + Math.round(timeoutMs * 1000);
    const server = this.port.stack;
    countMessage(this.from, server, message);
    if (this.wire.disturbed(this.from, server)) {
      if (!(yield* this.#carry(th, this.from, server, deadlineUs))) return NO_ANSWER as M;
      if (!this.isOpen) throw this.#error('ECONNRESET', 'read');
    } else {
      th.spend(this.wire.latencyUs(this.from, server));
    }
    const answer = this.#drive(th, message);
    const got = answer instanceof Pending ? yield* this.#pending(th, answer, deadlineUs) : answer;
    countMessage(server, this.from, got);
    if (this.wire.disturbed(server, this.from)) {
      if (!(yield* this.#carry(th, server, this.from, deadlineUs))) return NO_ANSWER as M;
    } else {
      th.spend(this.wire.latencyUs(server, this.from));
    }
    if (deadlineUs !== undefined && th.nowUs > deadlineUs) throw this.#error('ETIMEDOUT', 'read');
    return got as M;
  }

  /** False when a datagram was lost that nobody waits for. */
  *#carry(th: Thread, from: Stack, to: Stack, deadlineUs: number | undefined): Task<boolean> {
    if (this.#transport === 'udp') {
      if (this.wire.loses(from, to)) {
        if (deadlineUs === undefined) return false;
        yield* th.sleep((deadlineUs - th.nowUs) / 1000);
        throw this.#error('ETIMEDOUT', 'read');
      }
      yield* this.wire.pass(th, this.wire.delayMs(from, to));
      th.spend(this.wire.latencyUs(from, to));
      return true;
    }
    const delivery = yield* this.wire.carry(th, from, to, deadlineUs);
    if (delivery === 'delivered') return true;
    if (delivery === 'given-up') this.reset();
    throw this.#error('ETIMEDOUT', 'read');
  }

  /** Runs the handler in place; only if it waits does it become a thread of its own. */
  #drive(th: Thread, message: Message): Message | Pending {
    const thread = new Thread(this.world);
    thread.spend(th.nowUs - thread.nowUs);
    const generator = this.port.server.handle(thread, message, this.serverSide);
    this.#handlers.add(thread);
    let step: IteratorResult<Wait, Message>;
    try {
      step = generator.next();
    } catch (error) {
      this.#handlers.delete(thread);
      throw this.#handlerError(error);
    }
    if (step.done) {
      this.#handlers.delete(thread);
      if (!this.isOpen && !isLastWord(step.value)) throw this.#error('ECONNRESET', 'read');
      th.spend(thread.nowUs - th.nowUs);
      return step.value;
    }
    if (thread.finished) {
      unwind(generator);
      this.#handlers.delete(thread);
      throw this.#error('ECONNRESET', 'read');
    }
    const pending = new Pending();
    const rest = this.#goOn(thread, generator, step.value, pending);
    rest.next();
    thread.adopt(rest, step.value);
    return pending;
  }

  /** The handler's remaining run. Its first `next` only brings it to the wait where the handler stands. */
  *#goOn(thread: Thread, handler: Task<Message>, first: Wait, pending: Pending): Task<void> {
    let wait = first;
    try {
      for (;;) {
        try {
          yield wait;
        } catch (error) {
          unwind(handler);
          throw error;
        }
        const step = handler.next();
        if (step.done) {
          pending.answer = step.value;
          return;
        }
        wait = step.value;
      }
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      pending.error = error;
    } finally {
      this.#handlers.delete(thread);
      pending.finish();
    }
  }

  *#pending(th: Thread, pending: Pending, deadlineUs: number | undefined): Task<Message> {
    const wake = new Signal();
    const offDone = pending.done.subscribe(() => wake.fire());
    const offClosed = this.closed.subscribe(() => wake.fire());
    try {
      while (!pending.finished && this.isOpen) {
        const leftMs = deadlineUs === undefined ? undefined : (deadlineUs - th.nowUs) / 1000;
        if (leftMs !== undefined && leftMs <= 0) throw this.#error('ETIMEDOUT', 'read');
        yield* th.wait(wake, leftMs);
      }
    } finally {
      offDone();
      offClosed();
    }
    if (!this.isOpen && !isLastWord(pending.answer)) throw this.#error('ECONNRESET', 'read');
    if (pending.error !== undefined) throw this.#handlerError(pending.error);
    if (!pending.answer) throw this.#error('ECONNRESET', 'read');
    return pending.answer;
  }

  /** A handler that ends its process resets the connection; any other throw is a bug of the program's model. */
  #handlerError(error: unknown): Error {
    if (error instanceof Cancelled || error instanceof ProcessExit || !this.isOpen) {
      this.reset();
      return this.#error('ECONNRESET', 'read');
    }
    if (error instanceof InternalError) return error;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return new InternalError(`the handler of port ${this.port.port} threw: ${text}`, { cause: error });
  }

  #error(code: 'ECONNRESET' | 'ETIMEDOUT', syscall: 'read' | 'write'): NetError {
    return new NetError(code, { ip: this.remote.ip, port: this.remote.port, syscall });
  }
}

/** What a server that closes the connection sent before: raw bytes, as of `quit` or a refusal. */
function isLastWord(answer: Message | undefined): boolean {
  return answer?.proto === 'raw' && answer.data !== '';
}

/** Lets the `finally` blocks of a generator run. */
function unwind(generator: Task<Message>): void {
  try {
    generator.throw(new Cancelled());
  } catch (error) {
    if (!(error instanceof Cancelled) && !(error instanceof ProcessExit)) throw error;
  }
}
