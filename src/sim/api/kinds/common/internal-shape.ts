import type { Json } from '../../../../kube/object.ts';

/**
 * The server's own (internal) types, whose fields and their order differ from v1's. Facts of k8s.io/kubernetes/pkg/apis/core/types.go at 1.35.
 * A field is `Name:shape`; the JSON name is the Go name with a small first letter unless `json=` says otherwise.
 * Shapes: `s` text, `b` boolean, `n` number, `-` anything that is null when unset (pointers, lists, maps of plain values),
 * `m` a map whose keys stay as they are, `{T}` a struct that is always written, `*T` a pointer to one, `[T]` a list of them.
 */
const SHAPES: Record<string, string> = {
  PodSpec:
    'Volumes:[Volume] InitContainers:[Container] Containers:[Container] EphemeralContainers:[EphemeralContainer] RestartPolicy:s ' +
    'TerminationGracePeriodSeconds:- ActiveDeadlineSeconds:- DNSPolicy:s:dnsPolicy NodeSelector:m ServiceAccountName:s ' +
    'AutomountServiceAccountToken:- NodeName:s SecurityContext:*PodSecurityContext ImagePullSecrets:[Reference] Hostname:s Subdomain:s ' +
    'SetHostnameAsFQDN:- Affinity:*Affinity SchedulerName:s Tolerations:[Toleration] HostAliases:[HostAlias] PriorityClassName:s ' +
    'Priority:- PreemptionPolicy:- DNSConfig:*PodDNSConfig:dnsConfig ReadinessGates:[ReadinessGate] RuntimeClassName:- Overhead:m ' +
    'EnableServiceLinks:- TopologySpreadConstraints:[TopologySpread] OS:*OS:os SchedulingGates:[Named] ResourceClaims:[ResourceClaim] ' +
    'Resources:*Resources HostnameOverride:- WorkloadRef:-',
  Volume:
    'Name:s HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk:-:gcePersistentDisk AWSElasticBlockStore:-:awsElasticBlockStore ' +
    'GitRepo:- Secret:*SecretVolume NFS:*NFS:nfs ISCSI:-:iscsi Glusterfs:- PersistentVolumeClaim:*ClaimVolume RBD:-:rbd Quobyte:- ' +
    'FlexVolume:- Cinder:- CephFS:-:cephfs Flocker:- DownwardAPI:*DownwardVolume:downwardAPI FC:-:fc AzureFile:- ConfigMap:*ConfigMapVolume ' +
    'VsphereVolume:- AzureDisk:- PhotonPersistentDisk:- Projected:*Projected PortworxVolume:- ScaleIO:-:scaleIO StorageOS:-:storageos ' +
    'CSI:-:csi Ephemeral:- Image:-',
  HostPath: 'Path:s Type:-',
  EmptyDir: 'Medium:s SizeLimit:-',
  NFS: 'Server:s Path:s ReadOnly:b',
  SecretVolume: 'SecretName:s Items:[KeyToPath] DefaultMode:- Optional:-',
  ConfigMapVolume: 'Name:s Items:[KeyToPath] DefaultMode:- Optional:-',
  ClaimVolume: 'ClaimName:s ReadOnly:b',
  KeyToPath: 'Key:s Path:s Mode:-',
  DownwardVolume: 'Items:[DownwardFile] DefaultMode:-',
  DownwardFile: 'Path:s FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef Mode:-',
  FieldRef: 'APIVersion:s:apiVersion FieldPath:s',
  ResourceFieldRef: 'ContainerName:s Resource:s Divisor:q',
  Projected: 'Sources:[ProjectedSource] DefaultMode:-',
  ProjectedSource:
    'Secret:*ProjectedKeys DownwardAPI:*ProjectedDownward:downwardAPI ConfigMap:*ProjectedKeys ServiceAccountToken:*TokenSource ' +
    'ClusterTrustBundle:- PodCertificate:-',
  ProjectedKeys: 'Name:s Items:[KeyToPath] Optional:-',
  ProjectedDownward: 'Items:[DownwardFile]',
  TokenSource: 'Audience:s ExpirationSeconds:n Path:s',
  Container:
    'Name:s Image:s Command:- Args:- WorkingDir:s Ports:[Port] EnvFrom:[EnvFrom] Env:[Env] Resources:{Resources} ' +
    'ResizePolicy:[ResizePolicy] RestartPolicy:- RestartPolicyRules:[RestartRule] VolumeMounts:[VolumeMount] VolumeDevices:[VolumeDevice] ' +
    'LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s ' +
    'TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b:tty',
  Port: 'Name:s HostPort:n ContainerPort:n Protocol:s HostIP:s:hostIP',
  EnvFrom: 'Prefix:s ConfigMapRef:*OptionalRef SecretRef:*OptionalRef',
  OptionalRef: 'Name:s Optional:-',
  Env: 'Name:s Value:s ValueFrom:*EnvSource',
  EnvSource:
    'FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef ConfigMapKeyRef:*KeyRef SecretKeyRef:*KeyRef FileKeyRef:-',
  KeyRef: 'Name:s Key:s Optional:-',
  Resources: 'Limits:m Requests:m Claims:-',
  ResizePolicy: 'ResourceName:s RestartPolicy:s',
  RestartRule: 'Action:s ExitCodes:*ExitCodes',
  ExitCodes: 'Operator:s Values:-',
  VolumeMount: 'Name:s ReadOnly:b RecursiveReadOnly:- MountPath:s SubPath:s MountPropagation:- SubPathExpr:s',
  VolumeDevice: 'Name:s DevicePath:s',
  Probe:
    'Exec:*Exec HTTPGet:*HttpGet:httpGet TCPSocket:*TcpSocket:tcpSocket GRPC:*Grpc:grpc InitialDelaySeconds:n TimeoutSeconds:n ' +
    'PeriodSeconds:n SuccessThreshold:n FailureThreshold:n TerminationGracePeriodSeconds:-',
  Exec: 'Command:-',
  HttpGet: 'Path:s Port:i Host:s Scheme:s HTTPHeaders:[Header]:httpHeaders',
  Header: 'Name:s Value:s',
  TcpSocket: 'Port:i Host:s',
  Grpc: 'Port:n Service:-',
  Lifecycle: 'PostStart:*Handler PreStop:*Handler StopSignal:-',
  Handler: 'Exec:*Exec HTTPGet:*HttpGet:httpGet TCPSocket:*TcpSocket:tcpSocket Sleep:*Sleep',
  Sleep: 'Seconds:n',
  SecurityContext:
    'Capabilities:*Capabilities Privileged:- SELinuxOptions:-:seLinuxOptions WindowsOptions:- RunAsUser:- RunAsGroup:- RunAsNonRoot:- ' +
    'ReadOnlyRootFilesystem:- AllowPrivilegeEscalation:- ProcMount:- SeccompProfile:*Seccomp AppArmorProfile:-',
  Capabilities: 'Add:- Drop:-',
  Seccomp: 'Type:s LocalhostProfile:-',
  EphemeralContainer: 'TargetContainerName:s',
  PodSecurityContext:
    'HostNetwork:b HostPID:b:hostPID HostIPC:b:hostIPC ShareProcessNamespace:- HostUsers:- SELinuxOptions:-:seLinuxOptions ' +
    'WindowsOptions:- RunAsUser:- RunAsGroup:- RunAsNonRoot:- SupplementalGroups:- SupplementalGroupsPolicy:- FSGroup:-:fsGroup ' +
    'FSGroupChangePolicy:-:fsGroupChangePolicy Sysctls:- SeccompProfile:*Seccomp AppArmorProfile:- SELinuxChangePolicy:-:seLinuxChangePolicy',
  Reference: 'Name:s',
  Named: 'Name:s',
  Affinity: 'NodeAffinity:- PodAffinity:- PodAntiAffinity:-',
  Toleration: 'Key:s Operator:s Value:s Effect:s TolerationSeconds:-',
  HostAlias: 'IP:s:ip Hostnames:-',
  PodDNSConfig: 'Nameservers:- Searches:- Options:[DnsOption]',
  DnsOption: 'Name:s Value:-',
  ReadinessGate: 'ConditionType:s',
  TopologySpread:
    'MaxSkew:n TopologyKey:s WhenUnsatisfiable:s LabelSelector:- MinDomains:- NodeAffinityPolicy:- NodeTaintsPolicy:- MatchLabelKeys:-',
  OS: 'Name:s',
  ResourceClaim: 'Name:s ResourceClaimName:- ResourceClaimTemplateName:-',
  PersistentVolumeClaimSpec:
    'AccessModes:- Selector:m Resources:{ClaimResources} VolumeName:s StorageClassName:- VolumeMode:- DataSource:- DataSourceRef:- ' +
    'VolumeAttributesClassName:-',
  ClaimResources: 'Limits:m Requests:m',
  PersistentVolumeSource:
    'GCEPersistentDisk:-:gcePersistentDisk AWSElasticBlockStore:-:awsElasticBlockStore HostPath:*HostPath Glusterfs:- NFS:*NFS:nfs RBD:-:rbd ' +
    'Quobyte:- ISCSI:-:iscsi FlexVolume:- Cinder:- CephFS:-:cephfs FC:-:fc Flocker:- AzureFile:- VsphereVolume:- AzureDisk:- ' +
    'PhotonPersistentDisk:- PortworxVolume:- ScaleIO:-:scaleIO Local:*Local StorageOS:-:storageos CSI:-:csi',
  Local: 'Path:s FSType:-:fsType',
  ClaimSpec: 'Devices:{DeviceClaim}',
  DeviceClaim: 'Requests:[DeviceRequest] Constraints:- Config:-',
  DeviceRequest: 'Name:s Exactly:*ExactRequest FirstAvailable:[SubRequest]',
  ExactRequest: 'DeviceClassName:s Selectors:- AllocationMode:s Count:n AdminAccess:- Tolerations:- Capacity:-',
  SubRequest: 'Name:s DeviceClassName:s Selectors:- AllocationMode:s Count:n Tolerations:- Capacity:-',
};
SHAPES['EphemeralContainer'] = `${SHAPES['Container']} ${SHAPES['EphemeralContainer']}`;

export type InternalType =
  | 'PodSpec'
  | 'EphemeralContainer'
  | 'PersistentVolumeClaimSpec'
  | 'PersistentVolumeSource'
  | 'ClaimSpec';

/** A value with Go's field names and all fields of its type, the unset ones with their zero values. */
export function internalShape(type: InternalType | undefined, value: Json): Json {
  return type === undefined ? capitalised(value) : struct(type, type === 'PodSpec' ? withHostNamespaces(value) : value);
}

/** The internal pod keeps the host's namespaces in its security context. */
function withHostNamespaces(spec: Json): Json {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec;
  return {
    ...spec,
    securityContext: { ...spec.securityContext, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers },
  };
}

function struct(type: string, value: Json): Json {
  const out: Record<string, Json> = {};
  for (const field of (SHAPES[type] as string).split(' ')) {
    const [name = '', shape = '-', json = name.charAt(0).toLowerCase() + name.slice(1)] = field.split(':');
    out[name] = shaped(shape, value?.[json]);
  }
  return out;
}

function shaped(shape: string, value: Json): Json {
  const inner = shape.replace(/^[*[{]|[\]}]$/g, '');
  switch (shape.charAt(0)) {
    case 's':
      return value ?? '';
    case 'b':
      return value ?? false;
    case 'n':
      return value ?? 0;
    case 'q':
      return value ?? '0';
    case 'i':
      return value ?? 0;
    case 'm':
      return value ?? null;
    case '{':
      return struct(inner, value);
    case '*':
      return value === undefined || value === null ? null : struct(inner, value);
    case '[':
      return value === undefined || value === null ? null : value.map((item: Json) => struct(inner, item));
    default:
      return value === undefined ? null : capitalised(value);
  }
}

/** Field names in Go's case, of what has no table here. */
function capitalised(value: Json): Json {
  if (Array.isArray(value)) return value.map(capitalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.charAt(0).toUpperCase() + key.slice(1), capitalised(item)]),
  );
}
