import { StacklessError } from '../../../core/errors.ts';
import type { Conn, Server, ServerConn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { GrpcRequest, GrpcResponse, Message } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import type { SpanContext, SpanTag } from '../jaeger/spans.ts';
import { type Span, type Tracer, tag } from './tracing.ts';

/** A gRPC status that is not OK. */
export class GrpcError extends StacklessError {
  override readonly name = 'GrpcError';
  constructor(
    readonly code: string,
    readonly description: string,
  ) {
    super(`rpc error: code = ${code} desc = ${description}`);
  }
}

/** Median and 95th percentile of a duration, µs. */
export type Spread = readonly [median: number, p95: number];

/** A duration in µs as measured on a machine that is shared: drawn from the spread, longer in a slow moment. */
export function lasting(os: Os, th: Thread, [median, p95]: Spread): number {
  return os.rng.lognormal(median, median * (p95 / median) ** OWN_SPREAD) * os.slowdown(th.nowUs);
}

const BACKOFF = { firstMs: 1_000, factor: 1.6, jitter: 0.2, maxMs: 120_000 };
const CONNECT_TIMEOUT_MS = 20_000;
/** What the network adds to a round trip anyway, µs; the rest of a hop is codec and scheduling on both ends. */
const NETWORK_US = 50;
/** Part (in logarithms) of a measured spread that is the operation's own; the rest comes with the machine's slow moments. */
const OWN_SPREAD = 0.5;

/** One address of a peer: kept connected, re-dialled with back-off for as long as the resolver names it. */
class SubConn {
  conn: Conn | undefined;
  readonly thread: Thread;

  constructor(os: Os, address: string, changed: () => void) {
    const at = address.lastIndexOf(':');
    const ip = address.slice(0, at);
    const port = Number(address.slice(at + 1));
    const keep = function* (this: SubConn, th: Thread): Task<void> {
      let backoffMs = BACKOFF.firstMs;
      for (;;) {
        const startedUs = th.nowUs;
        try {
          const conn = yield* os.dial(th, ip, port, { timeoutMs: CONNECT_TIMEOUT_MS });
          yield* th.sync();
          this.conn = conn;
          changed();
          backoffMs = BACKOFF.firstMs;
          while (conn.isOpen) yield* th.wait(conn.closed);
          this.conn = undefined;
          changed();
        } catch (error) {
          if (!(error instanceof NetError)) throw error;
          const waitMs = backoffMs * (1 + BACKOFF.jitter * os.rng.between(-1, 1));
          backoffMs = Math.min(backoffMs * BACKOFF.factor, BACKOFF.maxMs);
          yield* th.sleep(Math.max(0, waitMs - (th.nowUs - startedUs) / 1000));
        }
      }
    };
    this.thread = os.thread((th) => keep.call(this, th));
  }

  close(): void {
    this.thread.cancel();
    this.conn?.close();
    this.conn = undefined;
  }
}

/** How one method is traced and what its hop costs. */
export interface MethodCost {
  /** What the call costs the client beyond the server's own time. */
  hop: Spread;
  /** Time from the call to `Unavailable` when no peer is there. */
  fail?: Spread;
}

/** grpc-go 1.10's client with a Consul resolver and the round-robin balancer: fail-fast, no deadlines. */
export class GrpcClient {
  #addresses = new Map<string, SubConn>();
  #ready: Conn[] = [];
  #next = 0;

  constructor(
    readonly os: Os,
    readonly tracer: Tracer,
  ) {}

  /** The resolver's newest list. */
  update(addresses: readonly string[]): void {
    for (const [address, sub] of [...this.#addresses]) {
      if (addresses.includes(address)) continue;
      this.#addresses.delete(address);
      sub.close();
    }
    for (const address of addresses) {
      if (!this.#addresses.has(address)) {
        this.#addresses.set(address, new SubConn(this.os, address, () => this.#refresh()));
      }
    }
    this.#refresh();
  }

  /** Calls `method` under a client span; throws {@link GrpcError}. */
  *call<T>(th: Thread, method: string, cost: MethodCost, parent: SpanContext, payload: unknown): Task<T> {
    const span = this.tracer.child(th, parent);
    const conn = this.#pick();
    if (!conn) {
      th.spend(lasting(this.os, th, cost.fail ?? [130, 400]));
      const why = this.#addresses.size === 0 ? 'there is no address available' : 'there is no connection available';
      throw this.#failed(th, span, method, new GrpcError('Unavailable', why));
    }
    const hopUs = Math.max(0, lasting(this.os, th, cost.hop) - NETWORK_US);
    th.spend(hopUs / 2);
    let reply: GrpcResponse;
    try {
      reply = yield* conn.request<GrpcResponse>(th, {
        proto: 'grpc',
        kind: 'request',
        method,
        payload,
        metadata: {},
        trace: span,
      });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      throw this.#failed(th, span, method, new GrpcError('Unavailable', 'transport is closing'));
    }
    th.spend(hopUs / 2);
    if (reply.proto !== 'grpc')
      throw this.#failed(th, span, method, new GrpcError('Unavailable', 'transport is closing'));
    if (reply.code !== 'OK') throw this.#failed(th, span, method, new GrpcError(reply.code, reply.message));
    this.tracer.finish(th, span, this.#shape(method));
    return reply.payload as T;
  }

  #pick(): Conn | undefined {
    const ready = this.#ready;
    for (let tries = ready.length; tries > 0; tries--) {
      if (this.#next >= ready.length) this.#next = 0;
      const conn = ready[this.#next++];
      if (conn?.isOpen) return conn;
    }
    return undefined;
  }

  #refresh(): void {
    this.#ready = [];
    for (const sub of this.#addresses.values()) if (sub.conn?.isOpen) this.#ready.push(sub.conn);
  }

  #shapes = new Map<string, number>();
  #shape(method: string): number {
    let id = this.#shapes.get(method);
    if (id === undefined) {
      id = this.tracer.shape(method, [tag('component', 'gRPC'), tag('span.kind', 'client')]);
      this.#shapes.set(method, id);
    }
    return id;
  }

  #failed(th: Thread, span: Span, method: string, error: GrpcError): GrpcError {
    this.tracer.finish(th, span, failedShape(this.tracer, method, 'client', error));
    return error;
  }
}

function failedShape(tracer: Tracer, method: string, kind: string, error: GrpcError): number {
  const tags: SpanTag[] = [
    tag('component', 'gRPC'),
    tag('span.kind', kind),
    tag('response_code', error.code),
    tag('response_class', '5xx'),
    tag('error', true),
  ];
  return tracer.shape(method, tags, [tag('event', 'error'), tag('message', error.message)]);
}

export type GrpcHandler = (th: Thread, payload: never, span: Span) => Task<unknown>;

/** grpc-go's server: one traced handler per full method name. */
export class GrpcServer implements Server {
  #handlers: Map<string, { handler: (th: Thread, payload: unknown, span: Span) => Task<unknown>; shape: number }>;

  constructor(
    readonly tracer: Tracer,
    handlers: Readonly<Record<string, GrpcHandler>>,
  ) {
    const tags = [tag('component', 'gRPC'), tag('span.kind', 'server')];
    this.#handlers = new Map(
      Object.entries(handlers).map(([method, handler]) => [
        method,
        {
          handler: handler as (th: Thread, payload: unknown, span: Span) => Task<unknown>,
          shape: tracer.shape(method, tags),
        },
      ]),
    );
  }

  *handle(th: Thread, message: Message, conn: ServerConn): Task<Message> {
    if (message.proto !== 'grpc' || message.kind !== 'request') {
      conn.close();
      return { proto: 'raw', kind: 'response', data: '' };
    }
    const entry = this.#handlers.get(message.method);
    if (!entry) {
      const service = message.method.split('/')[1] ?? '';
      return answer('Unimplemented', `unknown service ${service}`, undefined);
    }
    const span = this.tracer.child(th, callerOf(message));
    try {
      const payload = yield* entry.handler(th, message.payload, span);
      this.tracer.finish(th, span, entry.shape);
      return answer('OK', '', payload);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.tracer.finish(th, span, failedShape(this.tracer, message.method, 'server', error));
      return answer(error.code, error.description, undefined);
    }
  }
}

const NO_TRACE: SpanContext = { traceHi: 0, traceLo: 0, spanHi: 0, spanLo: 0 };

function callerOf(message: GrpcRequest): SpanContext {
  return message.trace ?? NO_TRACE;
}

function answer(code: string, message: string, payload: unknown): GrpcResponse {
  return { proto: 'grpc', kind: 'response', code, message, payload };
}
