/**
 * What the Go types know and the OpenAPI document does not: which fields are pointers (a zero value is kept) and which
 * are plain structs (present, empty, in an object that was just made). From the public k8s.io/api type definitions.
 */

/** Booleans and numbers behind a pointer: false and 0 are values, not absence. */
const POINTER_SCALARS = new Set([
  'activeDeadlineSeconds',
  'allocateLoadBalancerNodePorts',
  'allowPrivilegeEscalation',
  'allowVolumeExpansion',
  'attachRequired',
  'automountServiceAccountToken',
  'averageUtilization',
  'backoffLimit',
  'backoffLimitPerIndex',
  'blockOwnerDeletion',
  'controller',
  'completions',
  'defaultMode',
  'deletionGracePeriodSeconds',
  'enableServiceLinks',
  'expirationSeconds',
  'failedJobsHistoryLimit',
  'fsGroup',
  'gracePeriodSeconds',
  'hostUsers',
  'immutable',
  'leaseDurationSeconds',
  'leaseTransitions',
  'manualSelector',
  'maxFailedIndexes',
  'minDomains',
  'minReplicas',
  'mode',
  'nominalConcurrencyShares',
  'lendablePercent',
  'optional',
  'orphanDependents',
  'parallelism',
  'partition',
  'podInfoOnMount',
  'priority',
  'privileged',
  'progressDeadlineSeconds',
  'readOnlyRootFilesystem',
  'requiresRepublish',
  'revisionHistoryLimit',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'seLinuxMount',
  'serving',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'stabilizationWindowSeconds',
  'started',
  'startingDeadlineSeconds',
  'storageCapacity',
  'successfulJobsHistoryLimit',
  'suspend',
  'terminating',
  'terminatingReplicas',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
  'ttlSecondsAfterFinished',
  'hostProcess',
  'endPort',
]);

/** Fields whose pointer-ness depends on the type that holds them: `Type.field`. */
const POINTER_OF_TYPE = new Set([
  'DeploymentSpec.replicas',
  'ReplicaSetSpec.replicas',
  'StatefulSetSpec.replicas',
  'ReplicationControllerSpec.replicas',
  'EndpointPort.port',
  'EndpointConditions.ready',
  'JobStatus.ready',
  'ClientIPConfig.timeoutSeconds',
  'RollingUpdateStatefulSetStrategy.partition',
  'WebhookClientConfig.port',
  'ServiceReference.port',
  'GRPCAction.service',
  'MetricTarget.averageUtilization',
  'KeyToPath.mode',
]);

/** Numbers that are not omitted when zero although no pointer. */
const ALWAYS_PRINTED = new Set([
  'ContainerStatus.restartCount',
  'ContainerStatus.ready',
  'ContainerStateTerminated.exitCode',
  'PodDisruptionBudgetStatus.disruptionsAllowed',
  'PodDisruptionBudgetStatus.currentHealthy',
  'PodDisruptionBudgetStatus.desiredHealthy',
  'PodDisruptionBudgetStatus.expectedPods',
  'ReplicaSetStatus.replicas',
  'StatefulSetStatus.replicas',
  'ReplicationControllerStatus.replicas',
  'StatefulSetStatus.availableReplicas',
  'DaemonSetStatus.currentNumberScheduled',
  'DaemonSetStatus.numberMisscheduled',
  'DaemonSetStatus.desiredNumberScheduled',
  'DaemonSetStatus.numberReady',
  'HorizontalPodAutoscalerStatus.desiredReplicas',
  'ScaleStatus.replicas',
  'PriorityClass.value',
  'ControllerRevision.revision',
  'SubjectAccessReviewStatus.allowed',
  'SubjectRulesReviewStatus.incomplete',
  'HorizontalPodAutoscalerSpec.maxReplicas',
  'DaemonEndpoint.Port',
]);

/** Strings behind a pointer: '' is a value (`storageClassName: ""` asks for no class). */
const POINTER_STRINGS = new Set([
  'storageClassName',
  'volumeMode',
  'volumeAttributesClassName',
  'service',
  'ingressClassName',
  'holderIdentity',
  'preferredHolder',
]);

/** Plain structs inside structs: an empty one is there without being set, so that nobody owns it by making it. */
const PLAIN_STRUCTS: Record<string, Set<string>> = {
  DeploymentSpec: new Set(['strategy', 'template']),
  DaemonSetSpec: new Set(['updateStrategy', 'template']),
  StatefulSetSpec: new Set(['updateStrategy', 'template']),
  ReplicaSetSpec: new Set(['template']),
  JobSpec: new Set(['template']),
  CronJobSpec: new Set(['jobTemplate']),
  JobTemplateSpec: new Set(['metadata', 'spec']),
  PodTemplateSpec: new Set(['metadata', 'spec']),
  // A list without omitempty: null in a new object, so present.
  PodSpec: new Set(['containers']),
  NetworkPolicySpec: new Set(['podSelector']),
  ServiceStatus: new Set(['loadBalancer']),
  IngressStatus: new Set(['loadBalancer']),
  PersistentVolumeClaimSpec: new Set(['resources']),
  NodeStatus: new Set(['daemonEndpoints', 'nodeInfo']),
  NodeDaemonEndpoints: new Set(['kubeletEndpoint']),
  HorizontalPodAutoscalerSpec: new Set(['scaleTargetRef']),
  CustomResourceDefinitionSpec: new Set(['names']),
};
const ROOT_STRUCTS = new Set([
  'metadata',
  'spec',
  'status',
  'source',
  'involvedObject',
  'regarding',
  'roleRef',
  'target',
]);
/** Kinds whose spec or status is a pointer or a list of its own. */
const ROOT_EXCEPTIONS = new Set(['IngressClass.parameters']);

/** Whether a false, 0 or '' of this field is kept when the object is read in. */
export function keepsZero(typeName: string, field: string, value: unknown): boolean {
  const key = `${typeName}.${field}`;
  if (typeof value === 'string') return POINTER_STRINGS.has(field) || POINTER_OF_TYPE.has(key);
  return POINTER_SCALARS.has(field) || POINTER_OF_TYPE.has(key) || ALWAYS_PRINTED.has(key);
}

/** Whether this field of a new object is an empty struct from the start; `root` for the object itself. */
export function isPlainStruct(typeName: string, field: string, root: boolean): boolean {
  if (root) return ROOT_STRUCTS.has(field) && !ROOT_EXCEPTIONS.has(`${typeName}.${field}`);
  return PLAIN_STRUCTS[typeName]?.has(field) ?? false;
}
