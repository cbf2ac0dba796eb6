import { clone, type Json, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { Controller } from './context.ts';
import { controllerRef, deleteIfExists, sameJson, splitKey } from './lib/objects.ts';
import { isPodReady } from './lib/pods.ts';
import { WorkQueue } from './lib/queue.ts';
import {
  endpointLabels,
  isEndpoint,
  podHostname,
  podTarget,
  resolvePorts,
  selectedPods,
  TRIGGER_TIME,
  triggerTime,
  watchServices,
} from './lib/service-endpoints.ts';

const REF = 'discovery.k8s.io/v1/EndpointSlice';
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const ENDPOINTS_PER_SLICE = 100;

/** Keeps the EndpointSlices of Services with a selector. */
export const endpointslice: Controller = {
  name: 'endpointslice-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('endpointslice-controller');
    const queue = new WorkQueue(world, 'endpointslice', (key) => sync(api, key));
    watchServices(api, queue);
    api.watch(REF, (type, slice) => {
      const service = slice.metadata.labels?.[SERVICE_NAME];
      if (type !== 'ADDED' && service && isOurs(slice)) queue.add(`${slice.metadata.namespace}/${service}`);
    });
  },
};

const isOurs = (slice: KubeObject): boolean => slice.metadata.labels?.[MANAGED_BY] === MANAGER;

interface Group {
  ports: Json[];
  pods: KubeObject[];
}

function sync(api: ApiClient, key: string): void {
  const [namespace, name] = splitKey(key);
  const service = api.get('v1/Service', namespace, name);
  const ours = api
    .list(REF, namespace)
    .filter((slice) => isOurs(slice) && slice.metadata.labels?.[SERVICE_NAME] === name);
  const wanted = service?.spec.selector && service.spec.type !== 'ExternalName' && !service.metadata.deletionTimestamp;
  if (!service || !wanted) {
    for (const slice of ours) deleteIfExists(api, REF, namespace, slice.metadata.name);
    return;
  }
  const spare = ours.filter((slice) => !slice.metadata.deletionTimestamp);
  for (const group of groupPods(api, service)) {
    const same = spare.findIndex((slice) => sameJson(slice.ports ?? [], group.ports));
    const empty = spare.findIndex((slice) => !slice.endpoints?.length);
    const at = same >= 0 ? same : empty;
    write(api, service, group, at >= 0 ? spare.splice(at, 1)[0] : undefined);
  }
  for (const slice of spare) deleteIfExists(api, REF, namespace, slice.metadata.name);
}

/** Pods by the ports they serve, at most a hundred each; one empty group when there are none. */
function groupPods(api: ApiClient, service: KubeObject): Group[] {
  const byPorts = new Map<string, Group>();
  for (const pod of selectedPods(api, service)) {
    if (!isEndpoint(pod, true)) continue;
    const ports = resolvePorts(service, pod);
    const group = byPorts.get(JSON.stringify(ports)) ?? { ports, pods: [] };
    byPorts.set(JSON.stringify(ports), group);
    group.pods.push(pod);
  }
  const groups: Group[] = [];
  for (const { ports, pods } of byPorts.values()) {
    for (let i = 0; i < pods.length; i += ENDPOINTS_PER_SLICE) {
      groups.push({ ports, pods: pods.slice(i, i + ENDPOINTS_PER_SLICE) });
    }
  }
  return groups.length ? groups : [{ ports: [], pods: [] }];
}

function write(api: ApiClient, service: KubeObject, group: Group, slice: KubeObject | undefined): void {
  const { namespace, name } = service.metadata;
  const endpoints = inOldOrder(
    group.pods.map((pod) => toEndpoint(api, service, pod)),
    slice,
  );
  const labels = endpointLabels(service, { [MANAGED_BY]: MANAGER, [SERVICE_NAME]: name });
  if (
    slice &&
    sameJson(slice.endpoints ?? [], endpoints) &&
    sameJson(slice.ports ?? [], group.ports) &&
    sameJson(slice.metadata.labels, labels)
  ) {
    return;
  }
  const draft: Json = slice
    ? clone(slice)
    : {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { generateName: `${name}-`, namespace, ownerReferences: [controllerRef(service)] },
        addressType: 'IPv4',
      };
  draft.metadata.labels = labels;
  if (group.pods.length) {
    draft.metadata.annotations = { ...draft.metadata.annotations, [TRIGGER_TIME]: triggerTime(service, group.pods) };
  }
  draft.endpoints = endpoints.length ? endpoints : null;
  draft.ports = group.ports.length ? group.ports : null;
  if (slice) api.update(draft);
  else api.create(draft);
}

function toEndpoint(api: ApiClient, service: KubeObject, pod: KubeObject): Json {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const node = pod.spec.nodeName ? api.get('v1/Node', undefined, pod.spec.nodeName) : undefined;
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  const hostname = podHostname(service, pod);
  return {
    addresses: [pod.status.podIP],
    conditions: {
      ready: Boolean(service.spec.publishNotReadyAddresses) || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname ? { hostname } : {}),
    nodeName: pod.spec.nodeName,
    targetRef: podTarget(pod),
    ...(zone ? { zone } : {}),
  };
}

function inOldOrder(endpoints: Json[], slice: KubeObject | undefined): Json[] {
  const order = new Map<string, number>();
  slice?.endpoints?.forEach((endpoint: Json, i: number) => {
    order.set(endpoint.targetRef?.uid, i);
  });
  const rank = (endpoint: Json): number => order.get(endpoint.targetRef.uid) ?? order.size;
  return [...endpoints].sort((a, b) => rank(a) - rank(b));
}
