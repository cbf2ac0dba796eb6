import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import { getCondition, keyOf } from './objects.ts';
import type { WorkQueue } from './queue.ts';
import { matchesSet } from './selector.ts';

export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Enqueues Services that are written and those that select a pod which changed. */
export function watchServices(api: ApiClient, queue: WorkQueue): void {
  api.watch('v1/Service', (_type, service) => queue.add(keyOf(service)));
  api.watch('v1/Pod', (type, pod, old) => {
    if (type === 'MODIFIED' && old && !endpointChanged(old, pod)) return;
    for (const service of api.list('v1/Service', pod.metadata.namespace)) {
      const selector = service.spec.selector;
      if (!selector || !Object.keys(selector).length) continue;
      const matches = matchesSet(selector, pod.metadata.labels);
      if (matches || (old && matchesSet(selector, old.metadata.labels))) queue.add(keyOf(service));
    }
  });
}

function endpointChanged(old: KubeObject, pod: KubeObject): boolean {
  const view = (it: KubeObject): string =>
    [
      it.status?.podIP,
      it.status?.phase,
      getCondition(it, 'Ready')?.status,
      it.metadata.deletionTimestamp,
      it.spec.nodeName,
      JSON.stringify(it.metadata.labels),
    ].join('|');
  return view(old) !== view(pod);
}

/** Whether a pod may be an endpoint at all: it has an address and is not finished for good. */
export function isEndpoint(pod: KubeObject, includeTerminating: boolean): boolean {
  const phase = pod.status?.phase;
  if (!pod.status?.podIP || (!includeTerminating && pod.metadata.deletionTimestamp)) return false;
  if (pod.spec.restartPolicy === 'Never') return phase !== 'Failed' && phase !== 'Succeeded';
  return pod.spec.restartPolicy !== 'OnFailure' || phase !== 'Succeeded';
}

export function selectedPods(api: ApiClient, service: KubeObject): KubeObject[] {
  return api
    .list('v1/Pod', service.metadata.namespace)
    .filter((pod) => matchesSet(service.spec.selector, pod.metadata.labels));
}

/** The Service's ports as that pod serves them; a named target port the pod does not have is left out. */
export function resolvePorts(service: KubeObject, pod: KubeObject): Json[] {
  const out: Json[] = [];
  for (const port of service.spec.ports ?? []) {
    const protocol = port.protocol ?? 'TCP';
    const number = targetPort(port.targetPort ?? port.port, protocol, pod) ?? undefined;
    if (number === undefined) continue;
    const appProtocol = port.appProtocol ? { appProtocol: port.appProtocol } : {};
    out.push({ name: port.name ?? '', port: number, protocol, ...appProtocol });
  }
  return out;
}

function targetPort(target: number | string, protocol: string, pod: KubeObject): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec.initContainers ?? []).filter((it: Json) => it.restartPolicy === 'Always');
  for (const container of [...(pod.spec.containers ?? []), ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

export function isHeadless(service: KubeObject): boolean {
  return service.spec.clusterIP === 'None';
}

/** Labels of the Service for its endpoint objects, with the marks upstream adds. */
export function endpointLabels(service: KubeObject, extra: Record<string, string>): Record<string, string> {
  return { ...service.metadata.labels, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}), ...extra };
}

/** When the latest pod among these became ready or not, else when the Service was made. */
export function triggerTime(service: KubeObject, pods: readonly KubeObject[]): string {
  const times = pods.map((pod) => getCondition(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp);
  return [service.metadata.creationTimestamp, ...times].sort().at(-1) as string;
}

export function podHostname(service: KubeObject, pod: KubeObject): string | undefined {
  return pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
}

export function podTarget(pod: KubeObject): Json {
  const { namespace, name, uid } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}
