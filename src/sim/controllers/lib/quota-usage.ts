import type { Json, KubeObject } from '../../../kube/object.ts';
import { parseQuantity, quantityNumber, quantityOf } from '../../../kube/quantity.ts';
import type { ApiClient } from '../../api/api.ts';
import { podRequests } from '../../scheduler/node-info.ts';
import { namespacedKinds } from './kinds.ts';
import { isPodFinished } from './pods.ts';

/** Core resources that are counted by their bare plural. */
const COUNTED: Record<string, string> = {
  configmaps: 'v1/ConfigMap',
  secrets: 'v1/Secret',
  services: 'v1/Service',
  persistentvolumeclaims: 'v1/PersistentVolumeClaim',
  replicationcontrollers: 'v1/ReplicationController',
  resourcequotas: 'v1/ResourceQuota',
};
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';

/** `status.used` for each name in `spec.hard`. */
export function usage(api: ApiClient, quota: KubeObject): Record<string, string> {
  const namespace = quota.metadata.namespace as string;
  const scoped = hasScopes(quota);
  const pods = api.list('v1/Pod', namespace).filter((pod) => !isPodFinished(pod) && inScope(quota, pod));
  const used: Record<string, string> = {};
  for (const [name, hard] of Object.entries<string>(quota.spec.hard ?? {})) {
    const amount = amountOf(api, namespace, name, pods);
    if (amount === undefined || (scoped && !isPodResource(name))) continue;
    const text = /memory|storage/.test(name) ? 'BinarySI' : parseQuantity(hard).format;
    used[name] = quantityOf(amount, text);
  }
  return used;
}

function amountOf(api: ApiClient, namespace: string, name: string, pods: readonly KubeObject[]): number | undefined {
  if (name === 'pods') return pods.length;
  if (name.startsWith('count/')) {
    const [resource, ...group] = name.slice('count/'.length).split('.');
    if (resource === 'pods') return api.list('v1/Pod', namespace).length;
    const kind = namespacedKinds(api).find((it) => it.resource === resource && it.group === group.join('.'));
    return kind ? api.list(kind.ref, namespace).length : undefined;
  }
  if (COUNTED[name]) return api.list(COUNTED[name], namespace).length;
  if (name === 'services.nodeports') return nodePorts(api, namespace);
  if (name === 'services.loadbalancers') {
    return api.list('v1/Service', namespace).filter((it) => it.spec.type === 'LoadBalancer').length;
  }
  if (name === 'requests.storage' || name.includes(CLASS_SUFFIX)) return storage(api, namespace, name);
  if (isPodResource(name)) return compute(pods, name);
  return undefined;
}

function isPodResource(name: string): boolean {
  return /^(pods|cpu|memory|ephemeral-storage|(requests|limits)\.(?!storage$).+|hugepages-.+)$/.test(name);
}

function compute(pods: readonly KubeObject[], name: string): number {
  const limits = name.startsWith('limits.');
  const resource = name.replace(/^(requests|limits)\./, '');
  const total = pods.reduce((sum, pod) => sum + (podRequests(limits ? asRequests(pod) : pod)[resource] ?? 0), 0);
  return resource === 'cpu' ? total / 1000 : total;
}

/** The pod with its limits in the place of its requests. */
function asRequests(pod: KubeObject): KubeObject {
  const swap = (container: Json): Json => ({ ...container, resources: { requests: container.resources?.limits } });
  const { containers, initContainers } = pod.spec;
  return { ...pod, spec: { containers: containers?.map(swap), initContainers: initContainers?.map(swap) } };
}

function nodePorts(api: ApiClient, namespace: string): number {
  return api
    .list('v1/Service', namespace)
    .flatMap((service) => service.spec.ports ?? [])
    .filter((port) => port.nodePort).length;
}

function storage(api: ApiClient, namespace: string, name: string): number {
  const [className, resource] = name.includes(CLASS_SUFFIX) ? name.split(CLASS_SUFFIX) : [undefined, name];
  const claims = api
    .list('v1/PersistentVolumeClaim', namespace)
    .filter((claim) => className === undefined || claim.spec.storageClassName === className);
  if (resource === 'persistentvolumeclaims') return claims.length;
  return claims.reduce((sum, claim) => sum + (quantityNumber(claim.spec.resources?.requests?.storage) ?? 0), 0);
}

function hasScopes(quota: KubeObject): boolean {
  return Boolean(quota.spec.scopes?.length || quota.spec.scopeSelector?.matchExpressions?.length);
}

function inScope(quota: KubeObject, pod: KubeObject): boolean {
  const scopes: string[] = quota.spec.scopes ?? [];
  const expressions: Json[] = quota.spec.scopeSelector?.matchExpressions ?? [];
  return (
    scopes.every((scope) => meetsScope(scope, pod)) &&
    expressions.every((it) =>
      it.scopeName === 'PriorityClass' ? meetsPriority(it, pod) : meetsScope(it.scopeName, pod),
    )
  );
}

function meetsScope(scope: string, pod: KubeObject): boolean {
  const deadline = pod.spec.activeDeadlineSeconds !== undefined;
  const bestEffort = pod.status?.qosClass === 'BestEffort';
  switch (scope) {
    case 'Terminating':
      return deadline;
    case 'NotTerminating':
      return !deadline;
    case 'BestEffort':
      return bestEffort;
    case 'NotBestEffort':
      return !bestEffort;
    default:
      return false;
  }
}

function meetsPriority({ operator, values = [] }: { operator: string; values?: string[] }, pod: KubeObject): boolean {
  const name: string | undefined = pod.spec.priorityClassName;
  if (operator === 'Exists') return Boolean(name);
  if (operator === 'DoesNotExist') return !name;
  return operator === 'In' ? values.includes(name ?? '') : !values.includes(name ?? '');
}
