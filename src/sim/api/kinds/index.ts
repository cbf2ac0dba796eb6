import type { KindDef } from '../kind.ts';
import { apiService } from './api-service.ts';
import { certificateSigningRequest } from './certificate-signing-request.ts';
import { clusterRole } from './cluster-role.ts';
import { clusterRoleBinding } from './cluster-role-binding.ts';
import { configMap } from './config-map.ts';
import { controllerRevision } from './controller-revision.ts';
import { cronJob } from './cron-job.ts';
import { csiDriver } from './csi-driver.ts';
import { csiNode } from './csi-node.ts';
import { csiStorageCapacity } from './csi-storage-capacity.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import { deviceClass } from './device-class.ts';
import { endpointSlice } from './endpoint-slice.ts';
import { endpoints } from './endpoints.ts';
import { event, eventsV1Event } from './event.ts';
import { flowSchema } from './flow-schema.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { ingress } from './ingress.ts';
import { ingressClass } from './ingress-class.ts';
import { ipAddress } from './ip-address.ts';
import { job } from './job.ts';
import { lease } from './lease.ts';
import { limitRange } from './limit-range.ts';
import { mutatingWebhookConfiguration } from './mutating-webhook-configuration.ts';
import { namespace } from './namespace.ts';
import { networkPolicy } from './network-policy.ts';
import { node } from './node.ts';
import { persistentVolume } from './persistent-volume.ts';
import { persistentVolumeClaim } from './persistent-volume-claim.ts';
import { pod } from './pod.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { podTemplate } from './pod-template.ts';
import { priorityClass } from './priority-class.ts';
import { priorityLevelConfiguration } from './priority-level-configuration.ts';
import { replicaSet } from './replica-set.ts';
import { replicationController } from './replication-controller.ts';
import { resourceClaim } from './resource-claim.ts';
import { resourceClaimTemplate } from './resource-claim-template.ts';
import { resourceQuota } from './resource-quota.ts';
import { resourceSlice } from './resource-slice.ts';
import { role } from './role.ts';
import { roleBinding } from './role-binding.ts';
import { runtimeClass } from './runtime-class.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';
import { serviceCidr } from './service-cidr.ts';
import { statefulSet } from './stateful-set.ts';
import { storageClass } from './storage-class.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';
import { validatingAdmissionPolicyBinding } from './validating-admission-policy-binding.ts';
import { validatingWebhookConfiguration } from './validating-webhook-configuration.ts';
import { volumeAttachment } from './volume-attachment.ts';
import { volumeAttributesClass } from './volume-attributes-class.ts';

/** All built-in kinds that have strategies. Kinds of the API data that are missing here are stored as they come. */
export const kinds: KindDef[] = [
  certificateSigningRequest,
  deviceClass,
  mutatingWebhookConfiguration,
  resourceClaimTemplate,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
  clusterRoleBinding,
  clusterRole,
  configMap,
  controllerRevision,
  cronJob,
  csiDriver,
  csiNode,
  customResourceDefinition,
  daemonSet,
  deployment,
  endpointSlice,
  endpoints,
  event,
  eventsV1Event,
  horizontalPodAutoscaler,
  ingressClass,
  ingress,
  job,
  lease,
  limitRange,
  namespace,
  networkPolicy,
  node,
  persistentVolumeClaim,
  persistentVolume,
  podDisruptionBudget,
  podTemplate,
  pod,
  priorityClass,
  replicaSet,
  replicationController,
  resourceQuota,
  roleBinding,
  role,
  runtimeClass,
  secret,
  serviceAccount,
  service,
  statefulSet,
  storageClass,
  apiService,
  ipAddress,
  serviceCidr,
  volumeAttributesClass,
  csiStorageCapacity,
  flowSchema,
  priorityLevelConfiguration,
  resourceClaim,
  resourceSlice,
  volumeAttachment,
];
