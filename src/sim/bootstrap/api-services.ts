import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';

const API_SERVICE = 'apiregistration.k8s.io/v1/APIService';
const DEFINITION = 'apiextensions.k8s.io/v1/CustomResourceDefinition';
const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** What the API server serves itself: group, version, priority of the group and of the version (Kubernetes 1.35). */
const LOCAL: readonly [group: string, version: string, groupPriority: number, versionPriority: number][] = [
  ['', 'v1', 18000, 1],
  ['admissionregistration.k8s.io', 'v1', 16700, 15],
  ['apiextensions.k8s.io', 'v1', 16700, 15],
  ['apps', 'v1', 17800, 15],
  ['authentication.k8s.io', 'v1', 17700, 15],
  ['authorization.k8s.io', 'v1', 17600, 15],
  ['autoscaling', 'v1', 17500, 15],
  ['autoscaling', 'v2', 17500, 30],
  ['batch', 'v1', 17400, 15],
  ['certificates.k8s.io', 'v1', 17300, 15],
  ['coordination.k8s.io', 'v1', 16500, 15],
  ['discovery.k8s.io', 'v1', 16200, 15],
  ['events.k8s.io', 'v1', 17750, 15],
  ['flowcontrol.apiserver.k8s.io', 'v1', 16100, 21],
  ['networking.k8s.io', 'v1', 17200, 15],
  ['node.k8s.io', 'v1', 16300, 15],
  ['policy', 'v1', 17100, 15],
  ['rbac.authorization.k8s.io', 'v1', 17000, 15],
  ['resource.k8s.io', 'v1', 16200, 21],
  ['scheduling.k8s.io', 'v1', 16600, 15],
  ['storage.k8s.io', 'v1', 16800, 15],
];
/** Those of custom resources. */
const CUSTOM_PRIORITIES = [1000, 100] as const;

type Condition = readonly [status: 'True' | 'False', reason: string, message: string];
const ALWAYS: Condition = ['True', 'Local', 'Local APIServices are always available'];

/** kube-aggregator's part in APIService objects: one for each version that is served here, and whether the others' Services can answer. */
export function startApiServices({ world, api }: { world: World; api: ApiClient }): void {
  const check = (service: KubeObject): void => judge(world, api, service);
  api.watch(API_SERVICE, (type, object) => type !== 'DELETED' && check(object));
  const checkAll = (): void => {
    for (const object of api.list(API_SERVICE)) if (object.spec.service) check(object);
  };
  api.watch('v1/Service', checkAll);
  api.watch('discovery.k8s.io/v1/EndpointSlice', checkAll);
  for (const [group, version, ...priorities] of LOCAL) register(api, group, version, priorities, 'onstart');
  const follow = (): void => followDefinitions(api);
  api.watch(DEFINITION, follow);
}

function register(
  api: ApiClient,
  group: string,
  version: string,
  priorities: readonly number[],
  managed: string,
): void {
  const [groupPriorityMinimum, versionPriority] = priorities;
  api.create({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, labels: { [AUTOMANAGED]: managed } },
    spec: { ...(group === '' ? {} : { group }), groupPriorityMinimum, version, versionPriority },
  });
}

/** Each version that some definition serves has its object, and no other has. */
function followDefinitions(api: ApiClient): void {
  const served = new Map<string, [group: string, version: string]>();
  for (const { spec } of api.list(DEFINITION)) {
    for (const { name, served: isServed } of spec.versions as Json[])
      if (isServed) served.set(`${name}.${spec.group}`, [spec.group, name]);
  }
  for (const { metadata } of api.list(API_SERVICE)) {
    if (metadata.labels?.[AUTOMANAGED] !== 'true') continue;
    if (!served.has(metadata.name)) api.delete(API_SERVICE, undefined, metadata.name);
  }
  for (const [name, [group, version]] of served) {
    if (!api.get(API_SERVICE, undefined, name)) register(api, group, version, CUSTOM_PRIORITIES, 'true');
  }
}

function judge(world: World, api: ApiClient, object: KubeObject): void {
  const [status, reason, message] = object.spec.service ? availability(api, object.spec.service) : ALWAYS;
  const known = (object.status?.conditions ?? []).find((c: Json) => c.type === 'Available');
  if (known?.status === status && known.reason === reason && known.message === message) return;
  const lastTransitionTime = known?.status === status ? known.lastTransitionTime : world.nowIso;
  const change = (draft: KubeObject): void => {
    draft.status = { conditions: [{ lastTransitionTime, message, reason, status, type: 'Available' }] };
  };
  api.modify(API_SERVICE, undefined, object.metadata.name, change, 'status');
}

function availability(api: ApiClient, { namespace, name, port }: Json): Condition {
  const where = `service/${name} in "${namespace}"`;
  const service = api.get('v1/Service', namespace, name);
  if (!service) return ['False', 'ServiceNotFound', `${where} is not present`];
  if (service.spec.type === 'ExternalName') return ['True', 'Passed', 'all checks passed'];
  const found = (service.spec.ports ?? []).find((one: Json) => one.port === port);
  if (!found) return ['False', 'ServicePortError', `${where} is not listening on port ${port}`];
  const portName = found.name ?? '';
  const slices = api.list('discovery.k8s.io/v1/EndpointSlice', namespace, {
    matchLabels: { 'kubernetes.io/service-name': name },
  });
  const answers = slices.some(
    (slice) =>
      (slice['ports'] ?? []).some((one: Json) => (one.name ?? '') === portName) &&
      (slice['endpoints'] ?? []).some((one: Json) => one.conditions?.ready !== false),
  );
  const none = `endpointslices for ${where} have no addresses with port name "${portName}"`;
  return answers ? ['True', 'Passed', 'all checks passed'] : ['False', 'MissingEndpoints', none];
}
