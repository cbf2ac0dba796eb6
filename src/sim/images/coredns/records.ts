import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import type { DnsAnswer, DnsType } from '../../net/dns.ts';

type Records = DnsAnswer['answers'];

/** What the kubernetes plugin knows; while the API is out of reach it goes stale, as its informers do. */
export class ClusterRecords {
  readonly #services = new Map<string, KubeObject>();
  readonly #slices = new Map<string, Map<string, KubeObject>>();
  readonly #namespaces = new Set<string>();
  readonly #stops: (() => void)[] = [];
  #held: (() => void)[] | undefined = [];
  /** The first lists have come; until then nobody knows what does not exist. */
  synced = false;

  constructor(api: ApiClient) {
    const keyOf = (object: KubeObject): string => `${object.metadata.namespace}/${object.metadata.name}`;
    this.#stops.push(
      api.watch('v1/Namespace', (type, object) =>
        this.#apply(() => {
          if (type === 'DELETED') this.#namespaces.delete(object.metadata.name);
          else this.#namespaces.add(object.metadata.name);
        }),
      ),
      api.watch('v1/Service', (type, object) =>
        this.#apply(() => {
          if (type === 'DELETED') this.#services.delete(keyOf(object));
          else this.#services.set(keyOf(object), object);
        }),
      ),
      api.watch('discovery.k8s.io/v1/EndpointSlice', (type, object) =>
        this.#apply(() => {
          const key = `${object.metadata.namespace}/${object.metadata.labels?.['kubernetes.io/service-name']}`;
          const slices = this.#slices.get(key) ?? new Map<string, KubeObject>();
          this.#slices.set(key, slices);
          if (type === 'DELETED') slices.delete(object.metadata.name);
          else slices.set(object.metadata.name, object);
        }),
      ),
    );
  }

  /** The API can be reached (again): what happened meanwhile is learned now. */
  connect(): void {
    this.synced = true;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const change of held) change();
  }

  disconnect(): void {
    this.#held ??= [];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #apply(change: () => void): void {
    if (this.#held) this.#held.push(change);
    else change();
  }

  /**
   * Records of a name inside the cluster's zone, given as labels before it (`web.app.svc`); undefined for NXDOMAIN, empty when the name
   * exists without records of that type.
   */
  lookup(labels: string[], zone: string, type: DnsType, ttl: number, pods: string): Records | undefined {
    const name = [...labels, zone].join('.');
    if (labels.length === 0) return [];
    const kind = labels.at(-1);
    if (labels.length === 1) return kind === 'svc' || kind === 'pod' ? [] : kind === 'dns-version' ? [] : undefined;
    const namespace = labels.at(-2) as string;
    if (kind === 'pod') return labels.length === 3 ? podRecord(name, labels[0] as string, type, ttl, pods) : undefined;
    if (kind !== 'svc') return undefined;
    if (labels.length === 2) return this.#namespaces.has(namespace) ? [] : undefined;
    const service = this.#services.get(`${namespace}/${labels.at(-3)}`);
    if (!service) return undefined;
    return this.#serviceRecords(service, labels.slice(0, -3), name, zone, type, ttl);
  }

  #serviceRecords(
    service: KubeObject,
    before: string[],
    name: string,
    zone: string,
    type: DnsType,
    ttl: number,
  ): Records | undefined {
    const { spec } = service;
    const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`;
    if (spec.type === 'ExternalName') {
      return before.length > 0 ? undefined : [{ name, type: 'CNAME', ttl, data: String(spec.externalName) }];
    }
    const headless = spec.clusterIP === 'None';
    const endpoints = headless ? this.#endpoints(`${service.metadata.namespace}/${service.metadata.name}`) : [];
    if (before.length === 0) {
      if (headless && endpoints.length === 0) return undefined;
      const addresses: string[] = headless ? [...new Set(endpoints.map((endpoint) => endpoint.ip))] : [spec.clusterIP];
      return type === 'A' ? addresses.map((data) => ({ name, type: 'A' as const, ttl, data })) : [];
    }
    if (before.length === 1 && headless) {
      const hits = endpoints.filter((endpoint) => endpoint.hostname === before[0]);
      if (hits.length === 0) return undefined;
      return type === 'A' ? hits.map((hit) => ({ name, type: 'A' as const, ttl, data: hit.ip })) : [];
    }
    if (before.length !== 2) return undefined;
    const port = (spec.ports ?? []).find(
      (candidate: Json) =>
        `_${candidate.name}` === before[0] && `_${(candidate.protocol ?? 'TCP').toLowerCase()}` === before[1],
    );
    if (!port) return undefined;
    if (type !== 'SRV') return [];
    const targets = headless ? endpoints.map((endpoint) => `${endpoint.hostname}.${base}`) : [base];
    return targets.map((target) => ({
      name,
      type: 'SRV',
      ttl,
      data: `0 ${Math.floor(100 / targets.length)} ${port.port} ${target}.`,
    }));
  }

  #endpoints(key: string): { ip: string; hostname: string }[] {
    const out: { ip: string; hostname: string }[] = [];
    for (const slice of this.#slices.get(key)?.values() ?? []) {
      for (const endpoint of slice['endpoints'] ?? []) {
        if (endpoint.conditions?.ready === false) continue;
        for (const ip of endpoint.addresses) out.push({ ip, hostname: endpoint.hostname ?? ip.replaceAll('.', '-') });
      }
    }
    return out;
  }

  /** Names of an address, for PTR. */
  reverse(ip: string, zone: string): string[] {
    for (const service of this.#services.values()) {
      if (service.spec.clusterIP === ip) return [`${service.metadata.name}.${service.metadata.namespace}.svc.${zone}.`];
    }
    const out: string[] = [];
    for (const [key, service] of this.#services) {
      if (service.spec.clusterIP !== 'None') continue;
      for (const endpoint of this.#endpoints(key)) {
        if (endpoint.ip === ip)
          out.push(`${endpoint.hostname}.${service.metadata.name}.${service.metadata.namespace}.svc.${zone}.`);
      }
    }
    return out;
  }
}

/** `10-244-1-3.app.pod`, when the plugin's `pods` option allows it. */
function podRecord(name: string, label: string, type: DnsType, ttl: number, pods: string): Records | undefined {
  if (pods === 'disabled' || !/^\d+-\d+-\d+-\d+$/.test(label)) return undefined;
  return type === 'A' ? [{ name, type: 'A', ttl, data: label.replaceAll('-', '.') }] : [];
}
