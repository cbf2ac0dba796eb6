import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import { META_TYPE, type ResourceInfo, type Schema } from '../api/facts.ts';
import type { KindDef, TableColumn } from '../api/kind.ts';
import type { Kind } from '../api/kinds-index.ts';
import type { PodUsage, Sampler } from './sampler.ts';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const API_VERSION = `${GROUP}/${VERSION}`;
/** What a node's own daemons (kubelet, containerd, systemd) use beside the pods. */
const DAEMONS = { cpu: 0.045, memory: 320 * 1024 * 1024 };

const USAGE: Schema = { type: 'object', additionalProperties: { ref: 'apimachinery.pkg.api.resource.Quantity' } };
const MEASURED: Record<string, Schema> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { ref: META_TYPE },
  timestamp: { ref: 'apimachinery.pkg.apis.meta.v1.Time' },
  window: { type: 'string' },
};
const CONTAINER: Schema = { type: 'object', properties: { name: { type: 'string' }, usage: USAGE } };

function info(resource: string, kind: string, namespaced: boolean, own: Record<string, Schema>): ResourceInfo {
  return {
    group: GROUP,
    version: VERSION,
    resource,
    kind,
    singular: '',
    namespaced,
    verbs: ['get', 'list'],
    schema: { type: 'object', properties: { ...MEASURED, ...own } },
    subresources: {},
  };
}

const COLUMNS: TableColumn[] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'cpu', type: 'string', priority: 0 },
  { name: 'memory', type: 'string', priority: 0 },
  { name: 'Window', type: 'string', format: 'duration', priority: 0 },
];

/** Whether metrics-server's pod answers: the aggregator hands requests on to its Service. */
function isAvailable(client: ApiClient): boolean {
  return client
    .list('discovery.k8s.io/v1/EndpointSlice', 'kube-system', {
      matchLabels: { 'kubernetes.io/service-name': 'metrics-server' },
    })
    .some((slice) => (slice['endpoints'] ?? []).some((one: Json) => one.conditions?.ready !== false));
}

/** The kinds of metrics.k8s.io/v1beta1, computed from the samples when somebody asks. */
export function metricsKinds(client: ApiClient, sampler: Sampler): Kind[] {
  const kind = (own: ResourceInfo, list: () => KubeObject[]): Kind => {
    const def: KindDef = {
      group: GROUP,
      version: VERSION,
      kind: own.kind,
      columns: COLUMNS,
      row: (object) => [object.metadata.name, ...shown(object), object['window']],
    };
    return { info: own, def, defined: true, computed: { isAvailable: () => isAvailable(client), list } };
  };
  return [
    kind(info('nodes', 'NodeMetrics', false, { usage: USAGE }), () => nodes(client, sampler)),
    kind(info('pods', 'PodMetrics', true, { containers: { type: 'array', items: CONTAINER } }), () =>
      pods(client, sampler),
    ),
  ];
}

function shown(object: KubeObject): string[] {
  const parts: Json[] = object['usage'] ? [object['usage']] : (object['containers'] ?? []).map((c: Json) => c.usage);
  const sum = (name: string): number => parts.reduce((total, usage) => total + Number.parseInt(usage[name], 10), 0);
  return [`${sum('cpu')}n`, `${sum('memory')}Ki`];
}

function usage(cpu: number, memory: number): Json {
  return { cpu: `${Math.round(cpu * 1e9)}n`, memory: `${Math.round(memory / 1024)}Ki` };
}

function measured(kind: string, of: KubeObject, at: PodUsage, own: Json): KubeObject {
  const { name, namespace, labels } = of.metadata;
  const timestamp = `${new Date(at.atMs).toISOString().slice(0, 19)}Z`;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    creationTimestamp: timestamp,
    ...(labels ? { labels } : {}),
  };
  const window = `${(at.windowMs / 1000).toFixed(3).replace(/\.?0+$/, '')}s`;
  return { kind, apiVersion: API_VERSION, metadata, timestamp, window, ...own } as unknown as KubeObject;
}

function pods(client: ApiClient, sampler: Sampler): KubeObject[] {
  return client.list('v1/Pod').flatMap((pod) => {
    const at = sampler.pods.get(pod.metadata.uid);
    if (!at) return [];
    const containers = at.containers.map((one) => ({ name: one.container, usage: usage(one.cpu, one.memory) }));
    return [measured('PodMetrics', pod, at, { containers })];
  });
}

function nodes(client: ApiClient, sampler: Sampler): KubeObject[] {
  return client.list('v1/Node').flatMap((node) => {
    const own = [...sampler.pods.values()].filter((pod) => pod.node === node.metadata.name);
    const first = own[0];
    if (!first) return [];
    const all = own.flatMap((pod) => pod.containers);
    const sum = (of: 'cpu' | 'memory'): number => all.reduce((total, one) => total + one[of], DAEMONS[of]);
    return [measured('NodeMetrics', node, first, { usage: usage(sum('cpu'), sum('memory')) })];
  });
}
