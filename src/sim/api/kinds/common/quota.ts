import type { Json, KubeObject } from '../../../../kube/object.ts';
import { addQuantities, compareQuantities } from '../../../../kube/quantity.ts';
import { podQosClass } from './qos.ts';

export type Usage = Record<string, string>;

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
/** Resources of the core group that a quota may name without `count/`. */
const COUNTED: Record<string, string> = {
  configmaps: 'configmaps',
  secrets: 'secrets',
  services: 'services',
  replicationcontrollers: 'replicationcontrollers',
  resourcequotas: 'resourcequotas',
  persistentvolumeclaims: 'persistentvolumeclaims',
};

export function addUsage(a: Usage, b: Usage): Usage {
  const out = { ...a };
  for (const name in b)
    out[name] = out[name] === undefined ? (b[name] as string) : addQuantities(out[name], b[name] as string);
  return out;
}

/** Requests or limits of a whole pod: the running containers together, or one init container if that is more. */
export function podResources(spec: Json, kind: 'requests' | 'limits'): Usage {
  const of = (container: Json): Usage => container.resources?.[kind] ?? {};
  let total = (spec.containers ?? []).map(of).reduce(addUsage, {});
  let sidecars: Usage = {};
  let peak: Usage = {};
  for (const container of spec.initContainers ?? []) {
    const sidecar = container.restartPolicy === 'Always';
    if (sidecar) {
      total = addUsage(total, of(container));
      sidecars = addUsage(sidecars, of(container));
    }
    peak = greater(peak, sidecar ? sidecars : addUsage(sidecars, of(container)));
  }
  return addUsage(greater(total, peak), spec.overhead ?? {});
}

function greater(a: Usage, b: Usage): Usage {
  const out = { ...a };
  for (const name in b) {
    const value = b[name] as string;
    if (out[name] === undefined || compareQuantities(out[name], value) < 0) out[name] = value;
  }
  return out;
}

function podUsage(pod: KubeObject): Usage {
  const out: Usage = { 'count/pods': '1' };
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return out;
  out.pods = '1';
  const requests = podResources(pod.spec, 'requests');
  const limits = podResources(pod.spec, 'limits');
  for (const name of Object.keys(requests)) {
    const value = requests[name] as string;
    if (COMPUTE.includes(name)) out[name] = value;
    out[`requests.${name}`] = value;
  }
  for (const name of Object.keys(limits)) if (COMPUTE.includes(name)) out[`limits.${name}`] = limits[name] as string;
  return out;
}

function serviceUsage(service: KubeObject): Usage {
  const out: Usage = { services: '1', 'count/services': '1' };
  const ports = (service.spec.ports ?? []).length;
  if (service.spec.type === 'NodePort') out['services.nodeports'] = String(ports);
  if (service.spec.type === 'LoadBalancer') {
    out['services.loadbalancers'] = '1';
    if (service.spec.allocateLoadBalancerNodePorts !== false) out['services.nodeports'] = String(ports);
  }
  return out;
}

function claimUsage(claim: KubeObject): Usage {
  const size: string = claim.spec.resources?.requests?.storage ?? '0';
  const out: Usage = { persistentvolumeclaims: '1', 'count/persistentvolumeclaims': '1', 'requests.storage': size };
  const { storageClassName } = claim.spec;
  if (storageClassName) {
    const prefix = `${storageClassName}.storageclass.storage.k8s.io`;
    out[`${prefix}/persistentvolumeclaims`] = '1';
    out[`${prefix}/requests.storage`] = size;
  }
  return out;
}

/** What one object counts for in quotas, by quota resource name. */
export function quotaUsage(group: string, resource: string, object: KubeObject): Usage {
  if (group === '' && resource === 'pods') return podUsage(object);
  if (group === '' && resource === 'services') return serviceUsage(object);
  if (group === '' && resource === 'persistentvolumeclaims') return claimUsage(object);
  const out: Usage = { [group === '' ? `count/${resource}` : `count/${resource}.${group}`]: '1' };
  const plain = group === '' ? COUNTED[resource] : undefined;
  if (plain) out[plain] = '1';
  return out;
}

/** Whether the scopes of a quota cover an object: pods by most of them, claims by their attributes class. */
export function quotaCovers(quota: KubeObject, resource: string, object: KubeObject): boolean {
  const requirements: Json[] = [
    ...(quota.spec.scopes ?? []).map((scopeName: string) => ({ scopeName, operator: 'Exists' })),
    ...(quota.spec.scopeSelector?.matchExpressions ?? []),
  ];
  if (requirements.length === 0) return true;
  if (resource === 'persistentvolumeclaims') return requirements.every((item) => claimScopeMatches(item, object));
  return resource === 'pods' && requirements.every((item) => scopeMatches(item, object));
}

function nameMatches(name: string, operator: string, values: string[]): boolean {
  if (operator === 'In') return values.includes(name);
  if (operator === 'NotIn') return !values.includes(name);
  return (operator === 'Exists') === (name !== '');
}

function claimScopeMatches({ scopeName, operator, values = [] }: Json, claim: KubeObject): boolean {
  if (scopeName !== 'VolumeAttributesClass') return false;
  return nameMatches(claim.spec.volumeAttributesClassName ?? '', operator, values);
}

function reachesOtherNamespaces(affinity: Json): boolean {
  const preferred = (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
    (item: Json) => item.podAffinityTerm,
  );
  return [...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []), ...preferred].some(
    (term: Json) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined,
  );
}

function scopeMatches({ scopeName, operator, values = [] }: Json, pod: KubeObject): boolean {
  const { spec } = pod;
  switch (scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return podQosClass(spec) === 'BestEffort';
    case 'NotBestEffort':
      return podQosClass(spec) !== 'BestEffort';
    case 'PriorityClass':
      return nameMatches(spec.priorityClassName ?? '', operator, values);
    case 'CrossNamespacePodAffinity':
      return ['podAffinity', 'podAntiAffinity'].some((kind) => reachesOtherNamespaces(spec.affinity?.[kind]));
    default:
      return false;
  }
}
