import { clone, type Json, type KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { Controller } from './context.ts';
import { controllerRef, deleteIfExists, keyOf, sameJson, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const REF = 'discovery.k8s.io/v1/EndpointSlice';
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslicemirroring-controller.k8s.io';

/** Copies hand-made Endpoints of Services without a selector into EndpointSlices. */
export const endpointslicemirroring: Controller = {
  name: 'endpointslicemirroring-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('endpointslicemirroring-controller');
    const queue = new WorkQueue(world, 'endpointslicemirroring', (key) => sync(api, key));
    api.watch('v1/Endpoints', (_type, endpoints) => queue.add(keyOf(endpoints)));
    api.watch('v1/Service', (_type, service) => queue.add(keyOf(service)));
  },
};

function isMirrored(endpoints: KubeObject, service: KubeObject): boolean {
  if (service.spec.selector || service.spec.type === 'ExternalName') return false;
  if (endpoints.metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true') return false;
  return endpoints.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined;
}

function sync(api: ApiClient, key: string): void {
  const [namespace, name] = splitKey(key);
  const endpoints = api.get('v1/Endpoints', namespace, name);
  const service = api.get('v1/Service', namespace, name);
  const spare = api
    .list(REF, namespace)
    .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER && slice.metadata.labels[SERVICE_NAME] === name);
  const subsets: Json[] = endpoints && service && isMirrored(endpoints, service) ? (endpoints.subsets ?? []) : [];
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map((port: Json) => ({ name: '', protocol: 'TCP', ...port }));
    const same = spare.findIndex((slice) => sameJson(slice.ports ?? [], ports));
    write(api, endpoints as KubeObject, subset, ports, same >= 0 ? spare.splice(same, 1)[0] : undefined);
  }
  for (const slice of spare) deleteIfExists(api, REF, namespace, slice.metadata.name);
}

function write(api: ApiClient, owner: KubeObject, subset: Json, ports: Json[], slice: KubeObject | undefined): void {
  const toEndpoint =
    (ready: boolean) =>
    ({ ip, hostname, nodeName, targetRef }: Json): Json => ({
      addresses: [ip],
      conditions: { ready },
      ...(hostname ? { hostname } : {}),
      ...(nodeName ? { nodeName } : {}),
      ...(targetRef ? { targetRef } : {}),
    });
  const endpoints = [
    ...(subset.addresses ?? []).map(toEndpoint(true)),
    ...(subset.notReadyAddresses ?? []).map(toEndpoint(false)),
  ];
  if (slice && sameJson(slice.endpoints, endpoints)) return;
  const { namespace, name } = owner.metadata;
  const draft: Json = slice
    ? clone(slice)
    : {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          generateName: `${name}-`,
          namespace,
          labels: { ...owner.metadata.labels, [MANAGED_BY]: MANAGER, [SERVICE_NAME]: name },
          ownerReferences: [controllerRef(owner)],
        },
        addressType: String(endpoints[0]?.addresses[0]).includes(':') ? 'IPv6' : 'IPv4',
      };
  draft.endpoints = endpoints;
  draft.ports = ports;
  if (slice) api.update(draft);
  else api.create(draft);
}
