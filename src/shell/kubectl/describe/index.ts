import type { Resource } from '../client.ts';
import * as addresses from './addresses.ts';
import * as config from './config.ts';
import { certificateSigningRequest } from './csr.ts';
import { generic } from './generic.ts';
import { node } from './node.ts';
import { pod } from './pod.ts';
import * as policy from './policy.ts';
import * as services from './services.ts';
import * as storage from './storage.ts';
import * as workloads from './workloads.ts';
import type { Describer } from './writer.ts';

/** Describers by `Kind.group`; everything else is shown field by field. */
const DESCRIBERS: Record<string, Describer> = {
  'Pod.': pod,
  'ReplicationController.': workloads.replicaSet,
  'ReplicaSet.apps': workloads.replicaSet,
  'Deployment.apps': workloads.deployment,
  'StatefulSet.apps': workloads.statefulSet,
  'DaemonSet.apps': workloads.daemonSet,
  'Job.batch': workloads.job,
  'CronJob.batch': workloads.cronJob,
  'Service.': services.service,
  'Endpoints.': services.endpoints,
  'EndpointSlice.discovery.k8s.io': services.endpointSlice,
  'Ingress.networking.k8s.io': services.ingress,
  'ConfigMap.': config.configMap,
  'Secret.': config.secret,
  'CertificateSigningRequest.certificates.k8s.io': certificateSigningRequest,
  'ServiceCIDR.networking.k8s.io': addresses.serviceCidr,
  'IPAddress.networking.k8s.io': addresses.ipAddress,
  'CSINode.storage.k8s.io': addresses.csiNode,
  'ServiceAccount.': config.serviceAccount,
  'Namespace.': config.namespace,
  'ResourceQuota.': config.resourceQuota,
  'LimitRange.': config.limitRange,
  'PersistentVolume.': storage.persistentVolume,
  'PersistentVolumeClaim.': storage.persistentVolumeClaim,
  'IngressClass.networking.k8s.io': services.ingressClass,
  'StorageClass.storage.k8s.io': storage.storageClass,
  'VolumeAttributesClass.storage.k8s.io': storage.volumeAttributesClass,
  'Node.': node,
  'NetworkPolicy.networking.k8s.io': policy.networkPolicy,
  'PodDisruptionBudget.policy': policy.podDisruptionBudget,
  'HorizontalPodAutoscaler.autoscaling': policy.horizontalPodAutoscaler,
  'PriorityClass.scheduling.k8s.io': policy.priorityClass,
  'Role.rbac.authorization.k8s.io': policy.role,
  'ClusterRole.rbac.authorization.k8s.io': policy.role,
  'RoleBinding.rbac.authorization.k8s.io': policy.roleBinding,
  'ClusterRoleBinding.rbac.authorization.k8s.io': policy.roleBinding,
};

export function describerOf(resource: Resource): Describer {
  return DESCRIBERS[`${resource.kind}.${resource.group}`] ?? generic;
}
