import type { AdmissionPlugin } from '../admission.ts';
import { mutatingWebhooks, validatingWebhooks } from '../webhooks/plugins.ts';
import { validatingPolicies } from '../webhooks/policies.ts';
import { certificateSigning } from './certificate-signing.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeTaint } from './node-taint.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { podSecurity } from './pod-security.ts';
import { priority } from './priority.ts';
import { resourceQuotaAdmission } from './resource-quota.ts';
import { runtimeClassAdmission } from './runtime-class.ts';
import { serviceAccountAdmission } from './service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';

/** In the order of kube-apiserver's default-enabled plugins; the quota goes last. */
export const admissionPlugins: AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccountAdmission,
  nodeTaint,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClassAdmission,
  defaultIngressClass,
  certificateSigning,
  mutatingWebhooks,
  validatingPolicies,
  validatingWebhooks,
  resourceQuotaAdmission,
];
