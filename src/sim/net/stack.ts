import type { Link } from './link.ts';
import type { Listener, NetCounters, NetNamespace, Server, Transport } from './net.ts';
import { NetError } from './net.ts';
import type { Message } from './protocols.ts';

/** Payload of one TCP segment on a 1500 byte link. */
const SEGMENT_BYTES = 1448;
const HEADER_BYTES = 66;
const MESSAGE_BYTES_DEFAULT = 200;

/** A listening socket. */
export class Port implements Listener {
  readonly links = new Set<Link>();
  isOpen = true;

  constructor(
    readonly stack: Stack,
    readonly port: number,
    readonly transport: Transport,
    /** Address bound to; undefined is any. */
    readonly host: string | undefined,
    readonly server: Server,
  ) {}

  /** Stops listening, resets what was accepted and ends the handlers that run for it (they belong to the listening process). */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.stack.ports.delete(portKey(this.transport, this.port, this.host));
    for (const link of [...this.links]) link.reset();
  }
}

/** One IP address with its sockets: a pod's network namespace, or a node's, which host-network pods share. */
export class Stack {
  readonly ports = new Map<string, Port>();
  /** Links dialled from here. */
  readonly dialled = new Set<Link>();
  readonly namespaces = new Set<NetNamespace>();
  readonly counters: NetCounters = { rxBytes: 0, txBytes: 0, rxPackets: 0, txPackets: 0, rxDropped: 0, txDropped: 0 };
  isUp = true;
  #nextPort = 32768;

  constructor(readonly ns: NetNamespace) {}

  get ip(): string {
    return this.ns.ip;
  }

  listen(port: number, server: Server, transport: Transport, host: string | undefined): Port {
    const bound = host === undefined || host === '0.0.0.0' || host === '::' || host === '' ? undefined : host;
    for (const other of this.ports.values()) {
      if (other.port !== port || other.transport !== transport) continue;
      if (other.host === undefined || bound === undefined || other.host === bound) {
        throw new NetError('EADDRINUSE', { port, host: host ?? '0.0.0.0', syscall: 'bind' });
      }
    }
    const listener = new Port(this, port, transport, bound, server);
    this.ports.set(portKey(transport, port, bound), listener);
    return listener;
  }

  /** The socket that takes a connection to that local address. */
  find(transport: Transport, port: number, ip: string): Port | undefined {
    return this.ports.get(portKey(transport, port, undefined)) ?? this.ports.get(portKey(transport, port, ip));
  }

  /** Ephemeral ports as Linux hands them out (32768–60999). */
  ephemeralPort(): number {
    const port = this.#nextPort;
    this.#nextPort = port >= 60999 ? 32768 : port + 1;
    return port;
  }

  down(): void {
    this.isUp = false;
    for (const port of [...this.ports.values()]) port.close();
    for (const link of [...this.dialled]) link.reset();
  }
}

function portKey(transport: Transport, port: number, host: string | undefined): string {
  return `${transport}/${port}/${host ?? ''}`;
}

/** Counts one message as segments with their headers and the acknowledgements that come back. */
export function countMessage(from: Stack, to: Stack, message: Message): void {
  if (from === to) return;
  const payload = message.bytes ?? MESSAGE_BYTES_DEFAULT;
  const segments = Math.max(1, Math.ceil(payload / SEGMENT_BYTES));
  const acks = (segments + 1) >> 1;
  const bytes = payload + segments * HEADER_BYTES;
  from.counters.txBytes += bytes;
  from.counters.txPackets += segments;
  to.counters.rxBytes += bytes;
  to.counters.rxPackets += segments;
  to.counters.txBytes += acks * HEADER_BYTES;
  to.counters.txPackets += acks;
  from.counters.rxBytes += acks * HEADER_BYTES;
  from.counters.rxPackets += acks;
}

/** Counts bare segments (handshakes, resets). */
export function countSegments(from: Stack, to: Stack, segments: number): void {
  if (from === to) return;
  from.counters.txBytes += segments * HEADER_BYTES;
  from.counters.txPackets += segments;
  to.counters.rxBytes += segments * HEADER_BYTES;
  to.counters.rxPackets += segments;
}
