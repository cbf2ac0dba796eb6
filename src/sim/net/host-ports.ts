import type { HostPort, NetNamespace, PeerAddress, Transport } from './net.ts';

/** The ports of nodes that lead to pods, as the portmap plugin of the container network forwards them. */
export class HostPorts {
  readonly #open = new Map<string, { ns: NetNamespace; port: HostPort }[]>();

  add(ns: NetNamespace): void {
    for (const port of ns.hostPorts ?? []) {
      const key = keyOf(ns.nodeName, port.transport, port.hostPort);
      this.#open.set(key, [...(this.#open.get(key) ?? []), { ns, port }]);
    }
  }

  remove(ns: NetNamespace): void {
    for (const port of ns.hostPorts ?? []) {
      const key = keyOf(ns.nodeName, port.transport, port.hostPort);
      const left = this.#open.get(key)?.filter((one) => one.ns !== ns) ?? [];
      if (left.length > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    }
  }

  /** Where a packet to that port of the node goes. */
  find(nodeName: string, target: PeerAddress, transport: Transport): { ip: string; port: number } | undefined {
    const open = this.#open.get(keyOf(nodeName, transport, target.port));
    const found = open?.find(({ port }) => port.hostIP === undefined || port.hostIP === target.ip);
    return found && { ip: found.ns.ip, port: found.port.containerPort };
  }
}

const keyOf = (nodeName: string, transport: Transport, port: number): string => `${nodeName}/${transport}/${port}`;
