import {
  type Conn,
  type Listener,
  NetError,
  type NetErrorCode,
  type NetNamespace,
  type Network,
  type PeerAddress,
  type Server,
  type ServerConn,
  type Transport,
} from '../../sim/net/net.ts';
import type { HttpResponse, Message } from '../../sim/net/protocols.ts';
import { Signal, type Task, type Thread } from '../../sim/process/task.ts';
import { type ShellNetwork, ShellNetworkError } from '../network.ts';
import type { MachineClock } from './clock.ts';

/** Longest that Linux tries to connect. */
const CONNECT_MS = 127_000;

/** The network of the agent's machine: its own loopback, and beyond it whatever the embedder's network reaches. */
export class MachineNetwork implements Network {
  readonly #outside: ShellNetwork;
  readonly #clock: () => MachineClock;
  readonly #servers = new Map<string, { server: Server; conns: Set<() => void>; host: string }>();
  #nextConn = 1;
  #nextPort = 40_000;

  constructor(outside: ShellNetwork, clock: () => MachineClock) {
    this.#outside = outside;
    this.#clock = clock;
  }

  attach(): void {}
  detach(): void {}

  counters() {
    return { rxBytes: 0, txBytes: 0, rxPackets: 0, txPackets: 0, rxDropped: 0, txDropped: 0 };
  }

  listeners(): PeerAddress[] {
    return [...this.#servers].map(([key, { host }]) => {
      const [transport, port] = key.split('/');
      return { ip: host, port: Number(port), transport: transport as Transport };
    });
  }

  listen(
    _ns: NetNamespace,
    port: number,
    server: Server,
    { transport = 'tcp', host = '0.0.0.0' }: { transport?: Transport; host?: string } = {},
  ): Listener {
    const key = `${transport}/${port}`;
    if (this.#servers.has(key)) throw new NetError('EADDRINUSE', { port, syscall: 'bind' });
    const conns = new Set<() => void>();
    this.#servers.set(key, { server, conns, host });
    return {
      port,
      close: () => {
        this.#servers.delete(key);
        for (const close of [...conns]) close();
      },
    };
  }

  *dial(
    th: Thread,
    ns: NetNamespace,
    host: string,
    port: number,
    { timeoutMs = CONNECT_MS, transport = 'tcp' }: { timeoutMs?: number; transport?: Transport } = {},
  ): Task<Conn> {
    if (isLocal(ns, host)) return this.#dialLocal(port, transport);
    if (transport === 'udp') return this.#outer(host, host, port, transport);
    const { ip } = yield* this.#away(th, { host, port }, (signal) =>
      this.#outside.connect(host, port, timeoutMs, signal),
    );
    return this.#outer(ip, host, port, transport);
  }

  *resolve(th: Thread, ns: NetNamespace, host: string): Task<string[]> {
    if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return [host];
    if (isLocal(ns, host)) return [host === 'localhost' ? '127.0.0.1' : ns.ip];
    return yield* this.#away(th, { host }, (signal) => this.#outside.resolve(host, signal));
  }

  /** Waits for an answer from outside of the machine. */
  *#away<T>(th: Thread, detail: NetError['detail'], ask: (signal: AbortSignal) => Promise<T>): Task<T> {
    yield* th.sync();
    const done = new Signal();
    let answer: { value: T } | undefined;
    const errand = this.#clock().start(
      async (_time, signal) => {
        answer = { value: await ask(signal) };
      },
      () => done.fire(),
    );
    try {
      while (!errand.settled) yield* th.wait(done);
    } finally {
      errand.stop();
    }
    if (answer) return answer.value;
    if (errand.error instanceof ShellNetworkError) throw new NetError(codeOf(errand.error), detail);
    throw errand.error;
  }

  #dialLocal(port: number, transport: Transport): Conn {
    const found = this.#servers.get(`${transport}/${port}`);
    if (!found) throw new NetError('ECONNREFUSED', { ip: '127.0.0.1', port, syscall: 'connect' });
    const closed = new Signal();
    let isOpen = true;
    const local = { ip: '127.0.0.1', port: this.#nextPort++ };
    const remote = { ip: '127.0.0.1', port };
    const { server, conns } = found;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      conns.delete(close);
      server.close?.(side);
      closed.fire();
    };
    const side: ServerConn = { id: this.#nextConn++, peer: local, local: remote, state: undefined, close };
    conns.add(close);
    server.open?.(side);
    return {
      local,
      remote,
      get isOpen() {
        return isOpen;
      },
      closed,
      close,
      *request<M extends Message>(th: Thread, message: Message): Task<M> {
        if (!isOpen) throw new NetError('ECONNRESET', { syscall: 'read' });
        return (yield* server.handle(th, message, side)) as M;
      },
    };
  }

  /** A connection that leaves the machine. */
  #outer(ip: string, host: string, port: number, transport: Transport): Conn {
    const closed = new Signal();
    let isOpen = true;
    const away = this.#away.bind(this) as <T>(
      th: Thread,
      detail: NetError['detail'],
      ask: (signal: AbortSignal) => Promise<T>,
    ) => Task<T>;
    const outside = this.#outside;
    return {
      local: { ip: '172.18.0.2', port: this.#nextPort++ },
      remote: { ip, port },
      get isOpen() {
        return isOpen;
      },
      closed,
      close: () => {
        isOpen = false;
        closed.fire();
      },
      *request<M extends Message>(th: Thread, message: Message, options: { timeoutMs?: number } = {}): Task<M> {
        if (message.proto !== 'http' || message.kind !== 'request') {
          const { exchange } = outside;
          if (!exchange) throw new NetError('ECONNRESET', { syscall: 'read' });
          return yield* away(
            th,
            { host, port },
            (signal) =>
              exchange({
                host,
                port,
                transport,
                message,
                timeoutMs: options.timeoutMs ?? CONNECT_MS,
                signal,
              }) as Promise<M>,
          );
        }
        const { method, path, headers, body } = message;
        const timeoutMs = options.timeoutMs ?? CONNECT_MS;
        const answer = yield* away(th, { host, port }, (signal) =>
          outside.http({
            ...{ scheme: 'http', host, port, method, path, headers, body },
            ...{ connectTimeoutMs: timeoutMs, timeoutMs, signal },
          }),
        );
        const response: HttpResponse = {
          proto: 'http',
          kind: 'response',
          status: answer.status,
          headers: answer.headers,
          body: answer.body,
        };
        return response as Message as M;
      },
    };
  }
}

function isLocal(ns: NetNamespace, host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '::1' || ns.hosts.has(host);
}

const NET_CODES: ReadonlySet<string> = new Set<NetErrorCode>([
  ...(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET'] as const),
]);

function codeOf(error: ShellNetworkError): NetErrorCode {
  if (NET_CODES.has(error.code)) return error.code as NetErrorCode;
  return error.code === 'TIMEOUT_REPLY' ? 'ETIMEDOUT' : 'ECONNRESET';
}
