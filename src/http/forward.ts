import { bytesOf } from '../core/bytes.ts';
import { ApiError } from '../kube/status.ts';
import type { ApiHandler } from '../sim/api/api.ts';
import type { Conn } from '../sim/net/net.ts';
import { NetError } from '../sim/net/net.ts';
import type { HttpRequest, HttpResponse, Message, RawMessage } from '../sim/net/protocols.ts';
import type { Task } from '../sim/process/task.ts';
import { Signal, Thread } from '../sim/process/task.ts';
import type { World } from '../sim/world.ts';
import { endsConnection, formatHttpResponse, HttpBuffer } from './http-bytes.ts';

export interface ForwardTarget {
  namespace: string;
  pod: string;
  port: number;
}

export interface ForwardOutput {
  data(bytes: Buffer): void;
  error(text: string): void;
  /** The pod's side is closed. */
  end(): void;
}

/** One forwarded connection: dialled at once, as the kubelet does, whatever the protocol that carries it. */
export class Forward {
  readonly #buffer = new HttpBuffer();
  readonly #queue: (HttpRequest | RawMessage)[] = [];
  readonly #arrived = new Signal();
  readonly #thread: Thread;
  #ended = false;

  constructor(
    readonly handler: ApiHandler,
    world: World,
    readonly target: ForwardTarget,
    readonly output: ForwardOutput,
  ) {
    this.#thread = new Thread(world);
    this.#thread.start(this.#run(this.#thread));
  }

  /** Bytes of the client. */
  push(bytes: Uint8Array): void {
    this.#queue.push(...this.#buffer.push(bytes));
    this.#arrived.fire();
  }

  /** The client sends no more. */
  endInput(): void {
    this.#ended = true;
    this.#arrived.fire();
  }

  cancel(): void {
    this.#thread.cancel();
  }

  *#run(th: Thread): Task<void> {
    let conn: Conn | undefined;
    try {
      conn = yield* this.handler.dialPod(this.target.namespace, this.target.pod, this.target.port, th);
      yield* th.sync();
      yield* this.#serve(th, conn);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof NetError)) throw error;
      yield* th.sync();
      this.output.error(this.#words(error));
    } finally {
      conn?.close();
      this.output.end();
    }
  }

  *#serve(th: Thread, conn: Conn): Task<void> {
    for (;;) {
      const message = this.#queue.shift();
      if (message) {
        const answer = yield* conn.request<HttpResponse | RawMessage>(th, message as Message);
        yield* th.sync();
        const isHttp = answer.proto === 'http' && message.proto === 'http';
        if (isHttp) this.output.data(formatHttpResponse(answer, message.method));
        else if (answer.proto === 'raw') this.output.data(bytesOf(answer.data));
        else return;
        if (isHttp && endsConnection(message, answer)) return;
      } else if (this.#ended || !conn.isOpen) return;
      else yield* th.wait(this.#arrived);
    }
  }

  #words(error: ApiError | NetError): string {
    if (error instanceof ApiError) return error.message;
    const { port, pod } = this.target;
    const why: Partial<Record<NetError['code'], string>> = {
      ECONNREFUSED: 'connect: connection refused',
      ETIMEDOUT: 'i/o timeout',
      ECONNRESET: 'read: connection reset by peer',
    };
    return `error forwarding port ${port} to pod ${pod}, uid : failed to connect to localhost:${port} inside namespace, IPv4: dial tcp4 127.0.0.1:${port}: ${why[error.code] ?? error.message} IPv6 dial tcp6: address localhost: no suitable address found`;
  }
}
