import { Signal } from '../../process/task.ts';

export interface ServiceEntry {
  ID: string;
  Service: string;
  Tags: string[];
  Address: string;
  Port: number;
  Meta: Record<string, string> | null;
  CreateIndex: number;
  ModifyIndex: number;
}

/** The first index that a fresh agent's own node has (measured). */
const NODE_INDEX = 13;

/** The agent's state: services by id, key/value pairs, and the index that blocking queries wait on. In memory only. */
export class Catalog {
  readonly services = new Map<string, ServiceEntry>();
  readonly kv = new Map<string, { value: string; createIndex: number; modifyIndex: number; flags: number }>();
  readonly changed = new Signal();
  index = NODE_INDEX + 1;
  #byService = new Map<string, number>();

  register(entry: Omit<ServiceEntry, 'CreateIndex' | 'ModifyIndex'>): void {
    const index = ++this.index;
    const old = this.services.get(entry.ID);
    this.services.set(entry.ID, { ...entry, CreateIndex: old?.CreateIndex ?? index, ModifyIndex: index });
    this.#byService.set(entry.Service, index);
    this.changed.fire();
  }

  deregister(id: string): boolean {
    const entry = this.services.get(id);
    if (!entry) return false;
    this.services.delete(id);
    this.#byService.set(entry.Service, ++this.index);
    this.changed.fire();
    return true;
  }

  /** The index that queries about one service return and wait on. */
  indexOf(service: string): number {
    return this.#byService.get(service) ?? NODE_INDEX + 1;
  }

  of(service: string): ServiceEntry[] {
    return [...this.services.values()].filter((s) => s.Service === service);
  }

  /** Service names to tags, `consul` among them, sorted. */
  names(): Record<string, string[]> {
    const names: Record<string, string[]> = { consul: [] };
    for (const { Service, Tags } of this.services.values())
      names[Service] = [...new Set([...(names[Service] ?? []), ...Tags])];
    return Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  put(key: string, value: string): void {
    const index = ++this.index;
    this.kv.set(key, { value, createIndex: this.kv.get(key)?.createIndex ?? index, modifyIndex: index, flags: 0 });
    this.changed.fire();
  }
}

export interface NodeInfo {
  id: string;
  name: string;
  address: string;
  version: string;
}

const NODE_ADDRESSES = { lan: '127.0.0.1', lan_ipv4: '127.0.0.1', wan: '127.0.0.1', wan_ipv4: '127.0.0.1' };

export function nodeJson(node: NodeInfo): object {
  return {
    ID: node.id,
    Node: node.name,
    Address: '127.0.0.1',
    Datacenter: 'dc1',
    TaggedAddresses: NODE_ADDRESSES,
    Meta: { 'consul-network-segment': '', 'consul-version': node.version },
    CreateIndex: NODE_INDEX,
    ModifyIndex: NODE_INDEX + 1,
  };
}

const proxy = { Mode: '', MeshGateway: {}, Expose: {} };
const tagged = (s: ServiceEntry): object => ({
  lan_ipv4: { Address: s.Address, Port: s.Port },
  wan_ipv4: { Address: s.Address, Port: s.Port },
});

/** The agent's own services plus `consul` itself, which is registered on port 8300. */
export function entriesOf(catalog: Catalog, service: string): ServiceEntry[] {
  if (service !== 'consul') return catalog.of(service);
  return [
    {
      ID: 'consul',
      Service: 'consul',
      Tags: [],
      Address: '',
      Port: 8300,
      Meta: null,
      CreateIndex: 13,
      ModifyIndex: 13,
    },
  ];
}

export function healthJson(node: NodeInfo, s: ServiceEntry): object {
  return {
    Node: nodeJson(node),
    Service: {
      ID: s.ID,
      Service: s.Service,
      Tags: s.Tags,
      Address: s.Address,
      TaggedAddresses: tagged(s),
      Meta: s.Meta,
      Port: s.Port,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: proxy,
      Connect: {},
      PeerName: '',
      CreateIndex: s.CreateIndex,
      ModifyIndex: s.ModifyIndex,
    },
    Checks: [checkJson(node)],
  };
}

export function checkJson(node: NodeInfo): object {
  return {
    Node: node.name,
    CheckID: 'serfHealth',
    Name: 'Serf Health Status',
    Status: 'passing',
    Notes: '',
    Output: 'Agent alive and reachable',
    ServiceID: '',
    ServiceName: '',
    ServiceTags: [],
    Type: '',
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Definition: {},
    CreateIndex: NODE_INDEX,
    ModifyIndex: NODE_INDEX,
  };
}

export function catalogJson(node: NodeInfo, s: ServiceEntry): object {
  return {
    ID: node.id,
    Node: node.name,
    Address: '127.0.0.1',
    Datacenter: 'dc1',
    TaggedAddresses: NODE_ADDRESSES,
    NodeMeta: { 'consul-network-segment': '', 'consul-version': node.version },
    ServiceKind: '',
    ServiceID: s.ID,
    ServiceName: s.Service,
    ServiceTags: s.Tags,
    ServiceAddress: s.Address,
    ServiceTaggedAddresses: tagged(s),
    ServiceWeights: { Passing: 1, Warning: 1 },
    ServiceMeta: s.Meta ?? {},
    ServicePort: s.Port,
    ServiceSocketPath: '',
    ServiceEnableTagOverride: false,
    ServiceProxy: proxy,
    ServiceConnect: {},
    CreateIndex: s.CreateIndex,
    ModifyIndex: s.ModifyIndex,
  };
}

export function agentServiceJson(s: ServiceEntry): object {
  return {
    ID: s.ID,
    Service: s.Service,
    Tags: s.Tags,
    Meta: s.Meta ?? {},
    Port: s.Port,
    Address: s.Address,
    TaggedAddresses: tagged(s),
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Datacenter: 'dc1',
  };
}
