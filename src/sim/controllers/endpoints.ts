import { clone, type Json, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { Controller } from './context.ts';
import { compare, deleteIfExists, sameJson, splitKey } from './lib/objects.ts';
import { isPodReady } from './lib/pods.ts';
import { WorkQueue } from './lib/queue.ts';
import {
  endpointLabels,
  isEndpoint,
  isHeadless,
  podHostname,
  podTarget,
  resolvePorts,
  selectedPods,
  TRIGGER_TIME,
  triggerTime,
  watchServices,
} from './lib/service-endpoints.ts';

const REF = 'v1/Endpoints';

/** Keeps the deprecated v1 Endpoints of Services with a selector. */
export const endpoints: Controller = {
  name: 'endpoint-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('endpoint-controller');
    const queue = new WorkQueue(world, 'endpoints', (key) => sync(api, key));
    watchServices(api, queue);
  },
};

function sync(api: ApiClient, key: string): void {
  const [namespace, name] = splitKey(key);
  const service = api.get('v1/Service', namespace, name);
  if (!service) {
    deleteIfExists(api, REF, namespace, name);
    return;
  }
  if (!service.spec.selector || service.spec.type === 'ExternalName') return;
  const pods = selectedPods(api, service).filter((pod) => isEndpoint(pod, false));
  const subsets = toSubsets(service, pods);
  const labels = endpointLabels(service, { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
  const current = api.get(REF, namespace, name);
  if (current && sameJson(current.subsets ?? [], subsets) && sameJson(current.metadata.labels, labels)) return;
  const annotations = { ...current?.metadata.annotations, [TRIGGER_TIME]: triggerTime(service, pods) };
  const draft: Json = current ? clone(current) : { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name } };
  draft.metadata.labels = labels;
  draft.metadata.annotations = annotations;
  if (subsets.length) draft.subsets = subsets;
  else delete draft.subsets;
  if (current) api.update(draft);
  else api.create(draft);
}

/** Addresses by port set, ready and not ready apart, in the order of their addresses. */
function toSubsets(service: KubeObject, pods: readonly KubeObject[]): Json[] {
  const groups = new Map<string, Json>();
  for (const pod of pods) {
    const ports = resolvePorts(service, pod).map(({ name, ...port }) => (name ? { name, ...port } : port));
    if (!ports.length && !isHeadless(service)) continue;
    const group = groups.get(JSON.stringify(ports)) ?? { ...(ports.length ? { ports } : {}) };
    groups.set(JSON.stringify(ports), group);
    const hostname = podHostname(service, pod);
    const address = {
      ip: pod.status.podIP,
      ...(hostname ? { hostname } : {}),
      nodeName: pod.spec.nodeName,
      targetRef: podTarget(pod),
    };
    const list = isPodReady(pod) || service.spec.publishNotReadyAddresses ? 'addresses' : 'notReadyAddresses';
    group[list] = [...(group[list] ?? []), address].sort((a: Json, b: Json) => compare(a.ip as string, b.ip));
  }
  return [...groups.values()];
}
