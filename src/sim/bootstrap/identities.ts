import type { Json } from '../../kube/object.ts';
import type { UserInfo } from '../api/admission.ts';
import { CLUSTER_ADMIN } from './system.ts';

/** Who may hold a kubeconfig of a served cluster, by the name of the context. */
export const IDENTITIES: Readonly<Record<'admin' | 'viewer' | 'agent', UserInfo>> = {
  admin: CLUSTER_ADMIN,
  viewer: { username: 'viewer', groups: ['viewers', 'system:authenticated'] },
  agent: { username: 'agent', groups: ['agents', 'system:authenticated'] },
};

const READ = ['get', 'list', 'watch'];
const WRITE = [...READ, 'create', 'update', 'patch', 'delete'];

function role(name: string, rules: Json[]): Json {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
}

function binding(name: string, group: string, roleName: string): Json {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
  };
}

/** What belongs to no namespace and people look at: machines, disks, classes, definitions, numbers. */
const CLUSTER_READ: Json[] = [
  { apiGroups: [''], resources: ['nodes', 'persistentvolumes', 'componentstatuses'], verbs: READ },
  { apiGroups: ['storage.k8s.io', 'scheduling.k8s.io', 'node.k8s.io'], resources: ['*'], verbs: READ },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
  { apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list'] },
];

/**
 * What the viewer and the agent may do beside what everybody may. The viewer reads, without Secrets. The agent works on every
 * namespace as its administrator would, and mends machines, disks and roles; it may not become somebody else, nor change what
 * admits requests.
 */
export const IDENTITY_RBAC: readonly Json[] = [
  role('cluster-viewer', CLUSTER_READ),
  role('cluster-operator', [
    ...CLUSTER_READ,
    { apiGroups: [''], resources: ['nodes', 'namespaces', 'persistentvolumes'], verbs: WRITE },
    { apiGroups: [''], resources: ['resourcequotas', 'limitranges', 'events'], verbs: WRITE },
    { apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] },
    { apiGroups: ['storage.k8s.io', 'scheduling.k8s.io'], resources: ['*'], verbs: WRITE },
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: READ },
  ]),
  binding('viewers', 'viewers', 'view'),
  binding('cluster-viewers', 'viewers', 'cluster-viewer'),
  binding('agents', 'agents', 'admin'),
  binding('cluster-operators', 'agents', 'cluster-operator'),
];
