import type { Prng } from '../../core/prng.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import type { PeerAddress, Transport } from './net.ts';

interface Backend {
  ip: string;
  port: number;
  nodeName: string | undefined;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
}

interface Port {
  spec: Json;
  key: string;
  port: Json;
}

/** What kube-proxy's rules make of a packet to a virtual address. */
export type Translation =
  | { kind: 'backend'; ip: string; port: number }
  /** No endpoints: REJECT with icmp-port-unreachable. */
  | { kind: 'reject' }
  /** A local traffic policy without local endpoints, or a port that the Service does not have. */
  | { kind: 'drop' }
  | { kind: 'none' };

/** kube-proxy (iptables mode) as a table, kept current from Services and EndpointSlices. */
export class ServiceTable {
  readonly #services = new Map<string, KubeObject>();
  readonly #slices = new Map<string, Map<string, KubeObject>>();
  #byAddress = new Map<string, Port>();
  #addresses = new Set<string>();
  #nodePorts = new Map<string, Port>();
  #backends = new Map<string, Backend[]>();
  #stale = true;
  readonly #affinity = new Map<string, { ip: string; port: number; untilMs: number }>();
  readonly #rng: Prng;

  constructor(
    readonly world: World,
    api: ApiClient,
  ) {
    this.#rng = world.rng('net/kube-proxy');
    api.watch('v1/Service', (type, object) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      if (type === 'DELETED') this.#services.delete(key);
      else this.#services.set(key, object);
      this.#stale = true;
    });
    api.watch('discovery.k8s.io/v1/EndpointSlice', (type, object) => {
      const service = object.metadata.labels?.['kubernetes.io/service-name'];
      if (service === undefined) return;
      const key = `${object.metadata.namespace}/${service}`;
      let slices = this.#slices.get(key);
      if (!slices) {
        slices = new Map();
        this.#slices.set(key, slices);
      }
      if (type === 'DELETED') slices.delete(object.metadata.name);
      else slices.set(object.metadata.name, object);
      this.#stale = true;
    });
  }

  /** `toNode` says that the address is a node's: then node ports apply. */
  translate(target: PeerAddress, from: { ip: string; nodeName: string }, toNode: boolean): Translation {
    if (this.#stale) this.#rebuild();
    const transport = target.transport ?? 'tcp';
    const direct = this.#byAddress.get(`${target.ip}/${transport}/${target.port}`);
    if (direct) return this.#choose(direct, from, transport, false);
    if (this.#addresses.has(target.ip)) return { kind: 'drop' };
    const viaNode = toNode ? this.#nodePorts.get(`${transport}/${target.port}`) : undefined;
    return viaNode ? this.#choose(viaNode, from, transport, true) : { kind: 'none' };
  }

  #choose(port: Port, from: { ip: string; nodeName: string }, transport: Transport, external: boolean): Translation {
    const all = this.#backendsOf(port, transport);
    const local = (external ? port.spec.externalTrafficPolicy : port.spec.internalTrafficPolicy) === 'Local';
    const usable = pickUsable(local ? all.filter((backend) => backend.nodeName === from.nodeName) : all);
    if (usable.length === 0) return local && pickUsable(all).length > 0 ? { kind: 'drop' } : { kind: 'reject' };
    const affine = port.spec.sessionAffinity === 'ClientIP';
    const affinityKey = `${port.key}/${transport}/${port.port.port}/${from.ip}`;
    if (affine) {
      const known = this.#affinity.get(affinityKey);
      if (known && known.untilMs > this.world.nowMs && usable.some((b) => b.ip === known.ip && b.port === known.port)) {
        known.untilMs = this.world.nowMs + affinityMs(port.spec);
        return { kind: 'backend', ip: known.ip, port: known.port };
      }
    }
    const backend = usable.length === 1 ? (usable[0] as Backend) : this.#rng.pick(usable);
    if (affine) {
      this.#affinity.set(affinityKey, {
        ip: backend.ip,
        port: backend.port,
        untilMs: this.world.nowMs + affinityMs(port.spec),
      });
    }
    return { kind: 'backend', ip: backend.ip, port: backend.port };
  }

  #backendsOf(port: Port, transport: Transport): Backend[] {
    const cacheKey = `${port.key}/${transport}/${port.port.port}`;
    let found = this.#backends.get(cacheKey);
    if (!found) {
      found = collect([...(this.#slices.get(port.key)?.values() ?? [])], port.port.name ?? '', transport);
      this.#backends.set(cacheKey, found);
    }
    return found;
  }

  #rebuild(): void {
    this.#stale = false;
    this.#byAddress = new Map();
    this.#addresses = new Set();
    this.#nodePorts = new Map();
    this.#backends = new Map();
    for (const [key, service] of this.#services) {
      const spec = service.spec ?? {};
      if (spec.type === 'ExternalName') continue;
      const addresses: string[] = [
        ...(spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])),
        ...(spec.externalIPs ?? []),
        ...(service.status?.loadBalancer?.ingress ?? []).map((ingress: Json) => ingress.ip),
      ].filter((ip) => ip && ip !== 'None');
      for (const ip of addresses) this.#addresses.add(ip);
      for (const port of spec.ports ?? []) {
        const entry: Port = { spec, key, port };
        const transport = (port.protocol ?? 'TCP').toLowerCase();
        for (const ip of addresses) this.#byAddress.set(`${ip}/${transport}/${port.port}`, entry);
        if (port.nodePort) this.#nodePorts.set(`${transport}/${port.nodePort}`, entry);
      }
    }
  }
}

/** Ready endpoints; if there are none, those that still serve while they terminate (KEP-1669). */
function pickUsable(backends: Backend[]): Backend[] {
  const ready = backends.filter((backend) => backend.ready);
  return ready.length > 0 ? ready : backends.filter((backend) => backend.serving && backend.terminating);
}

function collect(slices: KubeObject[], portName: string, transport: Transport): Backend[] {
  const found: Backend[] = [];
  for (const slice of slices) {
    if (slice['addressType'] !== 'IPv4') continue;
    for (const port of slice['ports'] ?? []) {
      if ((port.name ?? '') !== portName || (port.protocol ?? 'TCP').toLowerCase() !== transport || !port.port)
        continue;
      for (const endpoint of slice['endpoints'] ?? []) {
        const ready = endpoint.conditions?.ready ?? true;
        found.push({
          ip: endpoint.addresses[0],
          port: port.port,
          nodeName: endpoint.nodeName,
          ready,
          serving: endpoint.conditions?.serving ?? ready,
          terminating: endpoint.conditions?.terminating ?? false,
        });
      }
    }
  }
  return found;
}

function affinityMs(spec: Json): number {
  return (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) * 1000;
}
