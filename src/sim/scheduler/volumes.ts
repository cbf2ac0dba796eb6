import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import { findMatchingVolume } from '../controllers/lib/volumes.ts';
import { matchesNodeSelector } from './filters/node.ts';

const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** What the claims of one pod ask of a node. */
export interface ClaimPlan {
  /** Why no node can take the pod yet, e.g. `persistentvolumeclaim "x" not found`. */
  blocked?: string;
  /** Names of ReadWriteOncePod claims. */
  exclusive: string[];
  conflicts(node: KubeObject): string[];
  /** Claims that are bound only once the node is known. */
  delayed: KubeObject[];
}

/** Names of the claims a pod uses; generic ephemeral volumes have one named `<pod>-<volume>`. */
export function claimNames(pod: KubeObject): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume: Json) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName as string];
    return volume.ephemeral ? [`${pod.metadata.name}-${volume.name}`] : [];
  });
}

/** Whether a claim belongs to a generic ephemeral volume of the pod. */
function isOwn(pod: KubeObject, claimName: string): boolean {
  return (pod.spec.volumes ?? []).some((v: Json) => v.ephemeral && `${pod.metadata.name}-${v.name}` === claimName);
}

export function isBound(claim: KubeObject): boolean {
  return Boolean(claim.spec.volumeName) && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

export function planClaims(api: ApiClient, pod: KubeObject): ClaimPlan {
  const namespace = pod.metadata.namespace;
  const plan: ClaimPlan = { exclusive: [], delayed: [], conflicts: () => [] };
  const bound: KubeObject[] = [];
  for (const name of claimNames(pod)) {
    const claim = api.get('v1/PersistentVolumeClaim', namespace, name);
    const own = isOwn(pod, name);
    if (!claim && own) {
      return {
        ...plan,
        blocked: `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`,
      };
    }
    if (!claim) return { ...plan, blocked: `persistentvolumeclaim "${name}" not found` };
    if (own && !claim.metadata.ownerReferences?.some((ref) => ref.controller && ref.uid === pod.metadata.uid)) {
      const podKey = `${namespace}/${pod.metadata.name}`;
      return { ...plan, blocked: `PVC ${namespace}/${name} was not created for pod ${podKey} (pod is not owner)` };
    }
    if (claim.metadata.deletionTimestamp) {
      return { ...plan, blocked: `persistentvolumeclaim "${name}" is being deleted` };
    }
    if (claim.spec.accessModes?.includes('ReadWriteOncePod')) plan.exclusive.push(name);
    if (isBound(claim)) bound.push(claim);
    else if (isDelayed(api, claim)) plan.delayed.push(claim);
    else plan.blocked ??= 'pod has unbound immediate PersistentVolumeClaims';
  }
  plan.conflicts = (node) => conflicts(api, node, bound, plan.delayed);
  return plan;
}

function isDelayed(api: ApiClient, claim: KubeObject): boolean {
  const name = claim.spec.storageClassName;
  const storageClass = name ? api.get('storage.k8s.io/v1/StorageClass', undefined, name) : undefined;
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.spec.volumeName;
}

function conflicts(api: ApiClient, node: KubeObject, bound: KubeObject[], delayed: KubeObject[]): string[] {
  const reasons: string[] = [];
  for (const claim of bound) {
    const volume = api.get('v1/PersistentVolume', undefined, claim.spec.volumeName);
    if (!volume) return ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'];
    const required = volume.spec.nodeAffinity?.required;
    if (required && !matchesNodeSelector(required, node)) {
      reasons.push("node(s) didn't match PersistentVolume's node affinity");
      break;
    }
  }
  if (delayed.some((claim) => !staticVolume(api, claim, node) && !canProvision(api, claim))) {
    reasons.push("node(s) didn't find available persistent volumes to bind");
  }
  return reasons;
}

/** An existing volume that this claim could take on that node. */
export function staticVolume(api: ApiClient, claim: KubeObject, node: KubeObject): KubeObject | undefined {
  const reachable = api.list('v1/PersistentVolume').filter((volume) => {
    const required = volume.spec.nodeAffinity?.required;
    return !required || matchesNodeSelector(required, node);
  });
  return findMatchingVolume(claim, reachable);
}

function canProvision(api: ApiClient, claim: KubeObject): boolean {
  const storageClass = api.get('storage.k8s.io/v1/StorageClass', undefined, claim.spec.storageClassName);
  return Boolean(storageClass?.provisioner) && storageClass?.provisioner !== NO_PROVISIONER;
}
