import type { DeployedApp } from '../apps/index.ts';
import type { Json, KubeClient, Resource } from '../cluster/client.ts';
import type { ApplicationProfile } from './application.ts';

/** State of the cluster as far as a repair must leave it alone, normalised: no names of pods, times, versions, statuses. */
export interface Snapshot {
  /** `deployments/test-hotel-reservation/geo` to what it holds. */
  objects: Record<string, Json>;
}

const NAMESPACED: readonly Resource[] = [
  'configmaps',
  'deployments',
  'daemonsets',
  'limitranges',
  'networkpolicies',
  'persistentvolumeclaims',
  'resourcequotas',
  'secrets',
  'services',
  'statefulsets',
];

export async function takeSnapshot(kube: KubeClient, app: DeployedApp, profile: ApplicationProfile): Promise<Snapshot> {
  const objects: Record<string, Json> = {};
  for (const namespace of [app.namespace, 'kube-system']) {
    for (const resource of NAMESPACED) {
      for (const object of await kube.list(resource, namespace)) {
        if (isBookkeeping(resource, object)) continue;
        objects[`${resource}/${namespace}/${object.metadata.name}`] = normalise(resource, object);
      }
    }
  }
  for (const resource of ['nodes', 'namespaces', 'persistentvolumes'] as const) {
    for (const object of await kube.list(resource))
      objects[`${resource}/${object.metadata.name}`] = normalise(resource, object);
  }
  objects['pods'] = await podImages(kube, app);
  objects['state'] = await probeState(kube, app, profile);
  return { objects };
}

/** Helm's release records and tokens change with every repair. */
function isBookkeeping(resource: Resource, object: Json): boolean {
  return (
    resource === 'secrets' &&
    (object.type === 'helm.sh/release.v1' || object.type === 'kubernetes.io/service-account-token')
  );
}

function normalise(resource: Resource, object: Json): Json {
  switch (resource) {
    case 'deployments':
    case 'statefulsets':
    case 'daemonsets':
      return {
        replicas: object.spec.replicas,
        selector: object.spec.selector,
        containers: object.spec.template.spec.containers.map((container: Json) => ({
          name: container.name,
          image: container.image,
          command: container.command,
          args: container.args,
          env: container.env,
          ports: container.ports?.map((port: Json) => port.containerPort),
        })),
      };
    case 'services':
      return {
        type: object.spec.type,
        selector: object.spec.selector,
        ports: object.spec.ports?.map(({ port, targetPort, protocol }: Json) => ({ port, targetPort, protocol })),
      };
    case 'configmaps':
    case 'secrets':
      return { data: object.data };
    case 'nodes':
      return {
        unschedulable: object.spec.unschedulable ?? false,
        taints: (object.spec.taints ?? [])
          .map((taint: Json) => `${taint.key}=${taint.value ?? ''}:${taint.effect}`)
          .sort(),
      };
    case 'persistentvolumes':
      return { class: object.spec.storageClassName, claim: object.spec.claimRef?.name, capacity: object.spec.capacity };
    case 'persistentvolumeclaims':
      return { class: object.spec.storageClassName, volume: object.spec.volumeName, phase: object.status?.phase };
    default:
      return { spec: object.spec ? withoutFinalizers(object.spec) : undefined };
  }
}

function withoutFinalizers(spec: Json): Json {
  const { finalizers: _, ...rest } = spec;
  return rest;
}

/** Which images the pods of each service really run: a pod may be changed without its Deployment. */
async function podImages(kube: KubeClient, app: DeployedApp): Promise<Json> {
  const images: Record<string, string[]> = {};
  for (const pod of await kube.list('pods', app.namespace)) {
    if (pod.metadata.deletionTimestamp) continue;
    const service = pod.metadata.labels?.[app.serviceLabel] ?? '';
    images[service] = [
      ...(images[service] ?? []),
      ...pod.spec.containers.map((container: Json) => container.image),
    ].sort();
  }
  return images;
}

async function probeState(kube: KubeClient, app: DeployedApp, profile: ApplicationProfile): Promise<Json> {
  const state: Record<string, string> = {};
  for (const { service, command } of profile.stateProbes) {
    const [pod] = await kube.list('pods', app.namespace, `${app.serviceLabel}=${service}`);
    const result = pod && (await kube.exec(app.namespace, pod.metadata.name, [...command]));
    state[service] = result?.exitCode === 0 ? result.stdout.trim() : 'unreachable';
  }
  return state;
}

/** What a repair must not have broken: things gone, fewer replicas, Services that select something else, nodes closed. */
export function brokenSince(before: Snapshot, now: Snapshot): string[] {
  const broken: string[] = [];
  for (const [key, old] of Object.entries(before.objects)) {
    if (key === 'pods' || key === 'state') continue;
    const current = now.objects[key];
    if (current === undefined) broken.push(`${key} is gone`);
    else if (key.startsWith('deployments/') || key.startsWith('statefulsets/')) {
      if ((current.replicas ?? 1) < (old.replicas ?? 1))
        broken.push(`${key} has ${current.replicas} replicas, had ${old.replicas}`);
    } else if (key.startsWith('services/') || key.startsWith('nodes/')) {
      if (canonical(current) !== canonical(old)) broken.push(`${key} was ${canonical(old)}, is ${canonical(current)}`);
    }
  }
  return broken;
}

/** Keys whose state differs, for reports and for the proof that recovery restores it. */
export function differences(a: Snapshot, b: Snapshot): string[] {
  const keys = [...new Set([...Object.keys(a.objects), ...Object.keys(b.objects)])].sort();
  return keys.filter((key) => canonical(a.objects[key]) !== canonical(b.objects[key]));
}

/** JSON with sorted keys and without undefined. */
export function canonical(value: Json): string {
  if (value === undefined) return 'undefined';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
