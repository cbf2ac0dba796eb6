import type { KubeObject } from '../../../kube/object.ts';
import type { ApiClient, WatchType } from '../../api/api.ts';

/** A kind that the API serves and that can be deleted. */
export interface ServedKind {
  ref: string;
  group: string;
  /** Plural, e.g. `pods`. */
  resource: string;
}

const CRD = 'apiextensions.k8s.io/v1/CustomResourceDefinition';

const kind = (ref: string, resource: string): ServedKind => ({
  ref,
  group: ref.split('/').length === 3 ? (ref.split('/')[0] as string) : '',
  resource,
});

/** Built-in kinds with content of a namespace; each object once, in its preferred version. */
const NAMESPACED: readonly ServedKind[] = [
  kind('v1/Pod', 'pods'),
  kind('v1/ConfigMap', 'configmaps'),
  kind('v1/Endpoints', 'endpoints'),
  kind('v1/Event', 'events'),
  kind('v1/LimitRange', 'limitranges'),
  kind('v1/PersistentVolumeClaim', 'persistentvolumeclaims'),
  kind('v1/PodTemplate', 'podtemplates'),
  kind('v1/ReplicationController', 'replicationcontrollers'),
  kind('v1/ResourceQuota', 'resourcequotas'),
  kind('v1/Secret', 'secrets'),
  kind('v1/ServiceAccount', 'serviceaccounts'),
  kind('v1/Service', 'services'),
  kind('apps/v1/ControllerRevision', 'controllerrevisions'),
  kind('apps/v1/DaemonSet', 'daemonsets'),
  kind('apps/v1/Deployment', 'deployments'),
  kind('apps/v1/ReplicaSet', 'replicasets'),
  kind('apps/v1/StatefulSet', 'statefulsets'),
  kind('autoscaling/v2/HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  kind('batch/v1/CronJob', 'cronjobs'),
  kind('batch/v1/Job', 'jobs'),
  kind('coordination.k8s.io/v1/Lease', 'leases'),
  kind('discovery.k8s.io/v1/EndpointSlice', 'endpointslices'),
  kind('networking.k8s.io/v1/Ingress', 'ingresses'),
  kind('networking.k8s.io/v1/NetworkPolicy', 'networkpolicies'),
  kind('policy/v1/PodDisruptionBudget', 'poddisruptionbudgets'),
  kind('rbac.authorization.k8s.io/v1/RoleBinding', 'rolebindings'),
  kind('rbac.authorization.k8s.io/v1/Role', 'roles'),
];

const CLUSTER: readonly ServedKind[] = [
  kind('v1/Node', 'nodes'),
  kind('v1/PersistentVolume', 'persistentvolumes'),
  kind('rbac.authorization.k8s.io/v1/ClusterRole', 'clusterroles'),
  kind('rbac.authorization.k8s.io/v1/ClusterRoleBinding', 'clusterrolebindings'),
  kind('storage.k8s.io/v1/StorageClass', 'storageclasses'),
];

function custom(api: ApiClient, scope: string): ServedKind[] {
  return api.list(CRD).flatMap((crd) => {
    const stored = crd.spec.versions?.find((version: { storage: boolean }) => version.storage);
    if (crd.spec.scope !== scope || !stored) return [];
    const ref = `${crd.spec.group}/${stored.name}/${crd.spec.names.kind}`;
    return [{ ref, group: crd.spec.group, resource: crd.spec.names.plural }];
  });
}

export function namespacedKinds(api: ApiClient): ServedKind[] {
  return [...NAMESPACED, ...custom(api, 'Namespaced')];
}

export function clusterKinds(api: ApiClient): ServedKind[] {
  return [...CLUSTER, ...custom(api, 'Cluster')];
}

/** Whether the API serves that `group/version/Kind` as one of the kinds known here; asking it for others is an error. */
export function isServed(api: ApiClient, ref: string): boolean {
  return [...namespacedKinds(api), ...clusterKinds(api)].some((it) => it.ref === ref);
}

/** Follows all objects of those kinds, and of custom kinds as they come. Events and Leases have no owners: left out. */
export function watchKinds(
  api: ApiClient,
  kinds: () => ServedKind[],
  onChange: (ref: string, type: WatchType, object: KubeObject) => void,
): void {
  const watched = new Set(['v1/Event', 'coordination.k8s.io/v1/Lease']);
  const follow = (): void => {
    for (const { ref } of kinds()) {
      if (watched.has(ref)) continue;
      watched.add(ref);
      api.watch(ref, (type, object) => onChange(ref, type, object));
    }
  };
  api.watch(CRD, (type) => type !== 'DELETED' && follow());
  follow();
}
