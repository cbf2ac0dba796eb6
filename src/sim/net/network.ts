import type { ApiClient } from '../api/api.ts';
import { NetworkDisturbances } from '../disturb/disturbances.ts';
import { Signal, type Task, type Thread } from '../process/task.ts';
import type { World } from '../world.ts';
import { lookup } from './dns.ts';
import { HostPorts } from './host-ports.ts';
import { Link } from './link.ts';
import type { Conn, Listener, NetCounters, NetNamespace, Network, PeerAddress, Server, Transport } from './net.ts';
import { NetError } from './net.ts';
import { inCidr, PolicyTable } from './policy.ts';
import type { Message } from './protocols.ts';
import { ServiceTable } from './services.ts';
import { countSegments, type Port, Stack } from './stack.ts';
import { Wire } from './wire.ts';

/** When Linux resends a SYN, in ms after the first one; after the last entry connect fails (tcp_syn_retries 6). */
const SYN_RETRIES_MS = [1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 127_000];
/** Three unanswered ARP requests (measured: 3.07 s until "No route to host"). */
const ARP_TIMEOUT_MS = 3_070;

export interface NetworkOptions {
  world: World;
  api: ApiClient;
  /** Addresses of pods; a dead one of these is EHOSTUNREACH, any other unknown address is silence. */
  podCidr?: string;
}

export type SimNetwork = Network & {
  /** Loss, delay and partitions of pods. */
  readonly disturb: NetworkDisturbances;
};

/** Where a packet to an address ends up now. */
type Route =
  | { kind: 'port'; port: Port; address: PeerAddress }
  | { kind: 'refused'; stack: Stack | undefined }
  | { kind: 'unreachable' }
  | { kind: 'dropped' };

type DialOptions = { timeoutMs?: number; transport?: Transport };

/** Builds the cluster's network. It follows Services, EndpointSlices and NetworkPolicies through `api`. */
export function createNetwork(options: NetworkOptions): SimNetwork {
  return new ClusterNetwork(options);
}

class ClusterNetwork implements Network {
  readonly disturb = new NetworkDisturbances();
  readonly #world: World;
  readonly #podCidr: string;
  readonly #services: ServiceTable;
  readonly #policies: PolicyTable;
  readonly #wire: Wire;
  readonly #byIp = new Map<string, Stack>();
  readonly #hostPorts = new HostPorts();
  #linkId = 0;

  constructor({ world, api, podCidr = '10.244.0.0/16' }: NetworkOptions) {
    this.#world = world;
    this.#podCidr = podCidr;
    this.#services = new ServiceTable(world, api);
    this.#policies = new PolicyTable(api);
    this.#wire = new Wire(world, this.disturb);
  }

  attach(ns: NetNamespace): void {
    let stack = this.#byIp.get(ns.ip);
    if (!stack) {
      stack = new Stack(ns);
      this.#byIp.set(ns.ip, stack);
    }
    stack.namespaces.add(ns);
    this.#hostPorts.add(ns);
  }

  detach(ns: NetNamespace): void {
    this.#hostPorts.remove(ns);
    const stack = this.#byIp.get(ns.ip);
    if (!stack?.namespaces.delete(ns) || stack.namespaces.size > 0) return;
    this.#byIp.delete(ns.ip);
    stack.down();
  }

  listen(ns: NetNamespace, port: number, server: Server, options?: { transport?: Transport; host?: string }): Listener {
    return this.#stack(ns).listen(port, server, options?.transport ?? 'tcp', options?.host);
  }

  listeners(ns: NetNamespace): PeerAddress[] {
    return [...this.#stack(ns).ports.values()]
      .map((port) => ({ ip: port.host ?? '0.0.0.0', port: port.port, transport: port.transport }))
      .sort((a, b) => a.port - b.port || (a.transport < b.transport ? -1 : 1));
  }

  counters(ns: NetNamespace): NetCounters {
    return { ...this.#stack(ns).counters };
  }

  *resolve(th: Thread, ns: NetNamespace, host: string): Task<string[]> {
    return yield* lookup(th, ns, host, (thread, ip, port) =>
      this.#connectTo(thread, ns, ip, port, { transport: 'udp' }),
    );
  }

  *dial(th: Thread, ns: NetNamespace, host: string, port: number, options?: DialOptions): Task<Conn> {
    const startUs = th.nowUs;
    const addresses = yield* this.resolve(th, ns, host);
    let failure: NetError | undefined;
    for (const ip of addresses) {
      const timeoutMs =
        options?.timeoutMs === undefined ? undefined : Math.max(1, options.timeoutMs - (th.nowUs - startUs) / 1000);
      try {
        return yield* this.#connectTo(th, ns, ip, port, { ...options, timeoutMs });
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        failure ??= new NetError(error.code, { ...error.detail, host });
      }
    }
    throw failure ?? new NetError('ENOTFOUND', { host, port, syscall: 'lookup' });
  }

  #stack(ns: NetNamespace): Stack {
    const stack = this.#byIp.get(ns.ip);
    if (!stack) throw new NetError('ENETUNREACH', { ip: ns.ip });
    return stack;
  }

  *#connectTo(th: Thread, ns: NetNamespace, ip: string, port: number, options: DialOptions): Task<Conn> {
    const transport = options.transport ?? 'tcp';
    const target: PeerAddress = { ip, port, transport };
    const from = this.#stack(ns);
    if (transport === 'udp') return this.#datagrams(from, target);
    const startUs = th.nowUs;
    const limitMs = Math.min(options.timeoutMs ?? Number.POSITIVE_INFINITY, SYN_RETRIES_MS.at(-1) as number);
    const fail = (code: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ETIMEDOUT'): NetError =>
      new NetError(code, { ip, port, syscall: 'connect' });
    for (const nextMs of SYN_RETRIES_MS) {
      const route = this.#route(from, target);
      if (route.kind === 'refused') {
        if (yield* this.#handshake(th, from, route.stack ?? from, startUs, limitMs)) throw fail('ECONNREFUSED');
      } else if (route.kind === 'unreachable') {
        yield* th.sleep(Math.min(ARP_TIMEOUT_MS, limitMs));
        throw fail(limitMs < ARP_TIMEOUT_MS ? 'ETIMEDOUT' : 'EHOSTUNREACH');
      } else if (route.kind === 'port') {
        const done = yield* this.#handshake(th, from, route.port.stack, startUs, limitMs);
        if (done && route.port.isOpen) return this.#open(from, target, route);
        if (done) throw fail('ECONNREFUSED');
      }
      const elapsedMs = (th.nowUs - startUs) / 1000;
      const waitMs = Math.min(nextMs, limitMs) - elapsedMs;
      if (waitMs > 0) yield* th.sleep(waitMs);
      if (nextMs >= limitMs) break;
    }
    throw fail('ETIMEDOUT');
  }

  /** SYN and its answer; false when a packet was lost or the delay passes the limit. */
  *#handshake(th: Thread, from: Stack, to: Stack, startUs: number, limitMs: number): Task<boolean> {
    countSegments(from, to, 2);
    countSegments(to, from, 1);
    if (this.#wire.disturbed(from, to)) {
      if (this.#wire.loses(from, to) || this.#wire.loses(to, from)) return false;
      const delayMs = this.#wire.delayMs(from, to) + this.#wire.delayMs(to, from);
      if ((th.nowUs - startUs) / 1000 + delayMs > limitMs) return false;
      yield* this.#wire.pass(th, delayMs);
    }
    th.spend(this.#wire.latencyUs(from, to) + this.#wire.latencyUs(to, from));
    return true;
  }

  #open(from: Stack, target: PeerAddress, route: { port: Port; address: PeerAddress }): Link {
    const local = { ip: from === route.port.stack ? route.address.ip : from.ip, port: from.ephemeralPort() };
    return new Link(++this.#linkId, this.#world, this.#wire, from, route.port, local, target, route.address);
  }

  /** A connected UDP socket: nothing is sent before the first datagram, and each one is routed anew. */
  #datagrams(from: Stack, target: PeerAddress): Conn {
    return new Datagrams(
      () => this.#route(from, target),
      (route) => this.#open(from, target, route),
      { ip: from.ip, port: from.ephemeralPort(), transport: 'udp' },
      target,
    );
  }

  #route(from: Stack, target: PeerAddress): Route {
    const transport = target.transport ?? 'tcp';
    if (target.ip.startsWith('127.') || target.ip === '0.0.0.0') {
      const forwarded = from.ns.pod ? undefined : this.#hostPorts.find(from.ns.nodeName, target, transport);
      const stack = forwarded && this.#byIp.get(forwarded.ip);
      return stack ? local(stack, forwarded, transport) : local(from, target, transport);
    }
    const node = this.#byIp.get(target.ip);
    const fromInfo = { ip: from.ip, nodeName: from.ns.nodeName };
    const translated = this.#services.translate(target, fromInfo, node !== undefined && !node.ns.pod);
    if (translated.kind === 'reject') return { kind: 'refused', stack: undefined };
    if (translated.kind === 'drop') return { kind: 'dropped' };
    const forwarded = node && !node.ns.pod ? this.#hostPorts.find(node.ns.nodeName, target, transport) : undefined;
    const found = translated.kind === 'backend' ? translated : (forwarded ?? target);
    const address = { ip: found.ip, port: found.port, transport };
    const to = this.#byIp.get(address.ip);
    const peer = { ip: address.ip, nodeName: to?.ns.nodeName, pod: to?.ns.pod };
    const self = { ip: from.ip, nodeName: from.ns.nodeName, pod: from.ns.pod };
    if (!this.#policies.allows(self, peer, address.port, transport)) return { kind: 'dropped' };
    if (!to) return { kind: inCidr(address.ip, this.#podCidr) ? 'unreachable' : 'dropped' };
    return local(to, { ip: address.ip, port: address.port }, transport);
  }
}

function local(stack: Stack, address: PeerAddress, transport: Transport): Route {
  const port = stack.find(transport, address.port, address.ip);
  return port
    ? { kind: 'port', port, address: { ip: address.ip, port: address.port, transport } }
    : { kind: 'refused', stack };
}

/** The client's end of a connected UDP socket. */
class Datagrams implements Conn {
  isOpen = true;
  readonly closed: Conn['closed'];
  #link: Link | undefined;

  constructor(
    readonly route: () => Route,
    readonly open: (route: { port: Port; address: PeerAddress }) => Link,
    readonly local: PeerAddress,
    readonly remote: PeerAddress,
  ) {
    this.closed = new Signal();
  }

  *request<M extends Message = Message>(th: Thread, message: Message, options?: { timeoutMs?: number }): Task<M> {
    const detail = { ip: this.remote.ip, port: this.remote.port, syscall: 'read' as const };
    if (!this.#link?.isOpen) {
      const route = this.route();
      if (route.kind === 'refused') throw new NetError('ECONNREFUSED', detail);
      if (route.kind !== 'port') {
        if (options?.timeoutMs === undefined) return { proto: 'raw', kind: 'response', data: '' } as Message as M;
        yield* th.sleep(options.timeoutMs);
        throw new NetError('ETIMEDOUT', detail);
      }
      this.#link = this.open(route);
    }
    return yield* this.#link.request<M>(th, message, options);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#link?.close();
    this.closed.fire();
  }
}
