import type { DeployedApp } from '../apps/index.ts';
import type { Json, KubeClient, Resource } from '../cluster/client.ts';
import type { ApplicationProfile } from './application.ts';
import { execIn } from './state.ts';

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
  'rolebindings',
  'roles',
  'secrets',
  'services',
  'statefulsets',
];

export async function takeSnapshot(kube: KubeClient, app: DeployedApp, profile: ApplicationProfile): Promise<Snapshot> {
  const objects: Record<string, Json> = {};
  for (const namespace of [app.namespace, 'kube-system']) {
    const listed = new Map<Resource, Json[]>();
    for (const resource of NAMESPACED) listed.set(resource, await kube.list(resource, namespace));
    const workloads = WORKLOADS.flatMap((resource) => listed.get(resource) ?? []);
    for (const [resource, found] of listed) {
      for (const object of found) {
        if (isBookkeeping(resource, object)) continue;
        const known = normalise(resource, object);
        if (resource === 'services') known.backends = backendsOf(object, workloads);
        objects[`${resource}/${namespace}/${object.metadata.name}`] = known;
      }
    }
  }
  for (const resource of ['nodes', 'namespaces', 'persistentvolumes'] as const) {
    for (const object of await kube.list(resource)) {
      if (isElsewhere(resource, object, app)) continue;
      objects[`${resource}/${object.metadata.name}`] = normalise(resource, object);
    }
  }
  objects['pods'] = await podImages(kube, app);
  objects['state'] = await probeState(kube, app, profile);
  return { objects };
}

/** Kinds whose pods are replaced when they are lost. */
export const WORKLOADS = ['deployments', 'statefulsets', 'daemonsets'] as const;

/** Names of the workloads whose pods a Service selects, whether there are any at the moment or not. */
function backendsOf(service: Json, workloads: readonly Json[]): string[] {
  const selector = Object.entries(service.spec.selector ?? {});
  if (selector.length === 0) return [];
  const chosen = workloads.filter(({ spec }) =>
    selector.every(([key, value]) => spec.template.metadata.labels?.[key] === value),
  );
  return chosen.map(({ metadata }) => metadata.name).sort();
}

/**
 * What is not the application's on a cluster that others use as well: their namespaces and volumes come and go. Volumes that a
 * provisioner has made are as good as any that it makes anew.
 */
function isElsewhere(resource: Resource, { metadata, spec }: Json, app: DeployedApp): boolean {
  if (resource === 'namespaces')
    return metadata.name !== app.namespace && metadata.name !== 'default' && metadata.name !== 'kube-system';
  if (resource !== 'persistentvolumes') return false;
  const provisioned = metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined;
  return provisioned || (spec.claimRef !== undefined && spec.claimRef.namespace !== app.namespace);
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
        claimed: claimedPaths(object.spec.template.spec),
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
    case 'roles':
      return { rules: object.rules };
    case 'rolebindings':
      return { role: object.roleRef, subjects: object.subjects };
    case 'persistentvolumes':
      return { class: object.spec.storageClassName, claim: object.spec.claimRef?.name, capacity: object.spec.capacity };
    case 'persistentvolumeclaims':
      return {
        class: object.spec.storageClassName,
        volume: isProvisioned(object) ? 'provisioned' : object.spec.volumeName,
        phase: object.status?.phase,
      };
    default:
      return { spec: object.spec ? withoutFinalizers(object.spec) : undefined };
  }
}

/** Where the containers of a pod have volumes that outlive it. */
function claimedPaths({ volumes = [], containers }: Json): string[] {
  const claims = new Set(volumes.filter((one: Json) => one.persistentVolumeClaim).map((one: Json) => one.name));
  const mounts = containers.flatMap((container: Json) => container.volumeMounts ?? []);
  return mounts
    .filter((mount: Json) => claims.has(mount.name))
    .map((mount: Json) => mount.mountPath)
    .sort();
}

function isProvisioned(claim: Json): boolean {
  return Object.keys(claim.metadata.annotations ?? {}).some((key) => key.endsWith('/storage-provisioner'));
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
    state[service] = (await execIn(kube, app, service, command))?.trim() ?? 'unreachable';
  }
  return state;
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
