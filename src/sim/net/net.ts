import { StacklessError } from '../../core/errors.ts';
import type { Signal, Task, Thread } from '../process/task.ts';
import type { Message } from './protocols.ts';

export type Transport = 'tcp' | 'udp';

export interface PeerAddress {
  ip: string;
  port: number;
  transport?: Transport;
}

/** What went wrong on the network, as the socket layer or the resolver reports it. */
export type NetErrorCode =
  /** The name does not exist (NXDOMAIN). */
  | 'ENOTFOUND'
  /** No answer from the DNS server, or SERVFAIL. */
  | 'EAI_AGAIN'
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  /** The peer closed or died while the connection was in use. */
  | 'ECONNRESET'
  | 'EADDRINUSE';

export class NetError extends StacklessError {
  override readonly name = 'NetError';
  constructor(
    readonly code: NetErrorCode,
    readonly detail: {
      host?: string;
      ip?: string;
      port?: number;
      /** `10.96.0.10:53` for resolver errors. */
      dnsServer?: string;
      /** Why no name server answered, and the local address that asked. */
      dnsFailure?: { code: NetErrorCode; from: string };
      syscall?: 'connect' | 'read' | 'write' | 'lookup' | 'bind';
    } = {},
  ) {
    super(`${code} ${detail.host ?? detail.ip ?? ''}${detail.port === undefined ? '' : `:${detail.port}`}`);
  }
}

/** The serving side of a port. The message's `proto` says what the client speaks; a server answers or resets foreign ones. */
export interface Server {
  /** A connection was opened (accept). */
  open?(conn: ServerConn): void;
  close?(conn: ServerConn): void;
  handle(th: Thread, message: Message, conn: ServerConn): Task<Message>;
}

/** A connection as the server sees it; the server may keep state on it. */
export interface ServerConn {
  readonly id: number;
  readonly peer: PeerAddress;
  readonly local: PeerAddress;
  /** Server-side state, e.g. who is authenticated. */
  state: unknown;
  close(): void;
}

/** A connection as the client sees it. */
export interface Conn {
  readonly local: PeerAddress;
  /** The address dialled (a Service's ClusterIP stays visible to the client). */
  readonly remote: PeerAddress;
  /** False once either side closed or died. */
  readonly isOpen: boolean;
  readonly closed: Signal;
  /**
   * Sends a message and waits for its answer; adds the network's latency to the thread's clock.
   * Throws NetError ECONNRESET when the peer dies before it answered, ETIMEDOUT after `timeoutMs`.
   * Over UDP a message without `timeoutMs` is sent and forgotten: when it is lost, an empty raw response comes at once.
   */
  request<M extends Message = Message>(th: Thread, message: Message, options?: { timeoutMs?: number }): Task<M>;
  close(): void;
}

export interface Listener {
  readonly port: number;
  /** Also resets the accepted connections and ends their running handlers: call it when the process ends. */
  close(): void;
}

export interface HostPort {
  transport: Transport;
  /** Address of the node that the port is opened on; undefined is all of them. */
  hostIP: string | undefined;
  hostPort: number;
  containerPort: number;
}

/** The network namespace of a pod (or of a node, for host-network pods and node processes). */
export interface NetNamespace {
  readonly ip: string;
  readonly nodeName: string;
  /** Namespace and labels of the pod, for NetworkPolicy; undefined for nodes. */
  readonly pod?: { namespace: string; name: string; uid: string; labels: Readonly<Record<string, string>> };
  /** Ports of its node that lead to the pod's own (hostPort). */
  readonly hostPorts?: readonly HostPort[];
  /** From dnsPolicy and dnsConfig: what /etc/resolv.conf holds. */
  readonly dns: { nameservers: string[]; searches: string[]; ndots: number };
  /** /etc/hosts beyond localhost: name to address. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** The cluster's network: pods, Services, DNS, policies, disturbances. Implemented by network.ts. */
export interface Network {
  /** Brings a namespace up (a pod's sandbox) and takes it down; down closes its listeners and resets its connections. */
  attach(ns: NetNamespace): void;
  detach(ns: NetNamespace): void;
  listen(ns: NetNamespace, port: number, server: Server, options?: { transport?: Transport; host?: string }): Listener;
  dial(
    th: Thread,
    ns: NetNamespace,
    host: string,
    port: number,
    options?: { timeoutMs?: number; transport?: Transport },
  ): Task<Conn>;
  resolve(th: Thread, ns: NetNamespace, host: string): Task<string[]>;
  listeners(ns: NetNamespace): PeerAddress[];
  /** Bytes and packets per namespace since it came up, for cAdvisor's network metrics. */
  counters(ns: NetNamespace): NetCounters;
}

export interface NetCounters {
  rxBytes: number;
  txBytes: number;
  rxPackets: number;
  txPackets: number;
  rxDropped: number;
  txDropped: number;
}
