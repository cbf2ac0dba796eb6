import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';

/** One machine of the cluster, as kind makes them (Docker's network 172.18.0.0/16, one /24 of pod addresses each). */
export interface NodeSpec {
  name: string;
  ip: string;
  podCIDR: string;
  controlPlane: boolean;
}

export const NODES: readonly NodeSpec[] = [
  { name: 'kind-control-plane', ip: '172.18.0.2', podCIDR: '10.244.0.0/24', controlPlane: true },
  { name: 'kind-worker', ip: '172.18.0.3', podCIDR: '10.244.1.0/24', controlPlane: false },
  { name: 'kind-worker2', ip: '172.18.0.4', podCIDR: '10.244.2.0/24', controlPlane: false },
];

/** Of each machine: 16 processors and 32 GB, the size of the hosts the reference system is run on. */
export const MACHINE = {
  cpus: 16,
  memoryKi: 32_137_248,
  ephemeralStorageKi: 1_014_642_144,
  kernel: '6.14.0-1010-aws',
};

export const KUBELET_VERSION = 'v1.35.4';
const LEASE_NAMESPACE = 'kube-node-lease';

/** Creates the Node objects, as kubeadm and the kubelets' registration leave them. */
export function registerNodes(options: { world: World; api: ApiClient; nodes?: readonly NodeSpec[] }): void {
  for (const spec of options.nodes ?? NODES) {
    const { name } = spec;
    if (options.api.get('v1/Node', undefined, name)) continue;
    options.api.create(nodeObject(spec));
    const write = (draft: KubeObject): void => {
      draft.status = nodeStatus(options.world, spec, []);
    };
    options.api.modify('v1/Node', undefined, name, write, 'status');
  }
}

function nodeObject(spec: NodeSpec): Json {
  const role = 'node-role.kubernetes.io/control-plane';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: spec.name,
      annotations: {
        'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///run/containerd/containerd.sock',
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': spec.name,
        'kubernetes.io/os': 'linux',
        ...(spec.controlPlane ? { [role]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
      },
    },
    spec: {
      podCIDR: spec.podCIDR,
      podCIDRs: [spec.podCIDR],
      providerID: `kind://docker/kind/${spec.name}`,
      ...(spec.controlPlane ? { taints: [{ effect: 'NoSchedule', key: role }] } : {}),
    },
  };
}

const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** The status a healthy kubelet reports. */
export function nodeStatus(world: World, spec: NodeSpec, images: Json[], old: Json = {}): Json {
  const capacity = {
    cpu: String(MACHINE.cpus),
    'ephemeral-storage': `${MACHINE.ephemeralStorageKi}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${MACHINE.memoryKi}Ki`,
    pods: '110',
  };
  const machineId = (kind: string): string => world.rng(`node/${spec.name}/${kind}`).hex(32);
  const dashed = (hex: string): string =>
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return {
    addresses: [
      { address: spec.ip, type: 'InternalIP' },
      { address: spec.name, type: 'Hostname' },
    ],
    allocatable: capacity,
    capacity,
    conditions: CONDITIONS.map(([type, status, reason, message]) => {
      const before = (old.conditions ?? []).find((c: Json) => c.type === type);
      return {
        lastHeartbeatTime: world.nowIso,
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : world.nowIso,
        message,
        reason,
        status,
        type,
      };
    }),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    images,
    nodeInfo: old.nodeInfo ?? {
      architecture: 'amd64',
      bootID: dashed(machineId('boot')),
      containerRuntimeVersion: 'containerd://1.7.24',
      kernelVersion: MACHINE.kernel,
      kubeProxyVersion: '',
      kubeletVersion: KUBELET_VERSION,
      machineID: machineId('machine'),
      operatingSystem: 'linux',
      osImage: 'Debian GNU/Linux 12 (bookworm)',
      systemUUID: dashed(machineId('system')),
    },
  };
}

/** Renews the node's Lease, making it when it is missing (as on a new cluster). */
export function renewLease(world: World, api: ApiClient, nodeName: string): void {
  const ref = 'coordination.k8s.io/v1/Lease';
  const renewed = api.modify(ref, LEASE_NAMESPACE, nodeName, (draft) => {
    draft.spec.renewTime = world.nowIsoMicro;
  });
  if (renewed || !api.get('v1/Namespace', undefined, LEASE_NAMESPACE)) return;
  const node = api.get('v1/Node', undefined, nodeName);
  api.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: nodeName,
      namespace: LEASE_NAMESPACE,
      ownerReferences: node ? [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid }] : [],
    },
    spec: { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime: world.nowIsoMicro },
  });
}
