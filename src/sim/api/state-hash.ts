import type { Json, KubeObject } from '../../kube/object.ts';
import type { Store } from './store.ts';

/** Storages that say how the cluster is doing, not what it was told to be. */
const SKIPPED = new Set([
  'events',
  'coordination.k8s.io/leases',
  'discovery.k8s.io/endpointslices',
  'endpoints',
  'nodes',
  'apps/controllerrevisions',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/volumeattachments',
]);
/** Values that the cluster draws or allocates. */
const ALLOCATED = new Set([
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'healthCheckNodePort',
  'volumeName',
  'nodeName',
  'uid',
  'resourceVersion',
  'token',
]);
const REVISION = 'deployment.kubernetes.io/revision';

function normalised(value: Json): Json {
  if (Array.isArray(value)) return value.map(normalised);
  if (value === null || typeof value !== 'object') return value;
  const out: Record<string, Json> = {};
  for (const key of Object.keys(value).sort()) {
    // `None` is a choice (a headless Service), not an allocation.
    if (ALLOCATED.has(key) && !(key === 'clusterIP' && value[key] === 'None')) continue;
    if (key === 'kubectl.kubernetes.io/restartedAt') continue;
    out[key] = normalised(value[key]);
  }
  return out;
}

/** Objects made by controllers follow from their owners and are named at random. */
function isOwned(object: KubeObject): boolean {
  return object.metadata.ownerReferences?.some((ref) => ref.controller) ?? false;
}

function summary(object: KubeObject): Json {
  const { metadata, status: _, kind, apiVersion, ...rest } = object;
  const { [REVISION]: __, ...annotations } = metadata.annotations ?? {};
  return {
    kind,
    apiVersion,
    namespace: metadata.namespace,
    name: metadata.name,
    labels: normalised(metadata.labels ?? {}),
    annotations: normalised(annotations),
    deleting: metadata.deletionTimestamp !== undefined,
    ...normalised(rest),
  };
}

/** 128 bits (4 × FNV-like lanes) over specs and data of what people made; equal for two healthy deployments of one app. */
export function hashState(store: Store): string {
  const parts: string[] = [];
  for (const storage of store.storages()) {
    if (SKIPPED.has(storage)) continue;
    for (const { object } of store.list(storage)) if (!isOwned(object)) parts.push(JSON.stringify(summary(object)));
  }
  const text = parts.sort().join('\n');
  const lanes = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    for (let lane = 0; lane < 4; lane++)
      lanes[lane] = Math.imul((lanes[lane] as number) ^ (code + lane), 0x01000193 + lane * 2);
  }
  return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
