import { createHash } from 'node:crypto';
import type { Json } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import { KUBELET_VERSION, type NodeSpec } from './node.ts';
import { accepted } from './refused.ts';

/**
 * The control plane's static pods as kubeadm writes them. Their files are on the node, out of reach; what the API shows are
 * mirror pods, which the kubelet makes again when somebody deletes them.
 */
interface StaticPod {
  component: string;
  image: string;
  cpu: string;
  memory?: string;
  args: (ip: string) => string[];
}

const PODS: readonly StaticPod[] = [
  {
    component: 'etcd',
    image: 'registry.k8s.io/etcd:3.6.6-0',
    cpu: '100m',
    memory: '100Mi',
    args: (ip) => [
      `--advertise-client-urls=https://${ip}:2379`,
      '--data-dir=/var/lib/etcd',
      `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`,
      '--listen-metrics-urls=http://127.0.0.1:2381',
    ],
  },
  {
    component: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${KUBELET_VERSION}`,
    cpu: '250m',
    args: (ip) => [
      `--advertise-address=${ip}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--etcd-servers=https://127.0.0.1:2379',
      '--secure-port=6443',
      '--service-cluster-ip-range=10.96.0.0/16',
    ],
  },
  {
    component: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${KUBELET_VERSION}`,
    cpu: '200m',
    args: () => [
      '--allocate-node-cidrs=true',
      '--bind-address=127.0.0.1',
      '--cluster-cidr=10.244.0.0/16',
      '--cluster-name=kind',
      '--controllers=*,bootstrapsigner,tokencleaner',
      '--leader-elect=true',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--use-service-account-credentials=true',
    ],
  },
  {
    component: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${KUBELET_VERSION}`,
    cpu: '100m',
    args: () => ['--bind-address=127.0.0.1', '--kubeconfig=/etc/kubernetes/scheduler.conf', '--leader-elect=true'],
  },
];

/** Time after which the kubelet sees that a mirror pod is gone (its sync period for static pods). */
const SYNC_MS = 1_000;

function mirrorPod(world: World, node: NodeSpec, owner: Json, pod: StaticPod): Json {
  const { component, image, cpu, memory, args } = pod;
  const hash = createHash('md5').update(`${component}/${node.name}`).digest('hex');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${component}-${node.name}`,
      namespace: 'kube-system',
      labels: { component, tier: 'control-plane' },
      annotations: {
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.mirror': hash,
        'kubernetes.io/config.seen': world.nowIso,
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{ apiVersion: 'v1', controller: true, kind: 'Node', name: node.name, uid: owner.metadata.uid }],
    },
    spec: {
      nodeName: node.name,
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
      containers: [
        {
          name: component,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: [component, ...args(node.ip)],
          resources: { requests: { cpu, ...(memory ? { memory } : {}) } },
        },
      ],
    },
  };
}

/** Makes the control-plane node's mirror pods, and keeps making them. */
export function startStaticPods(options: { world: World; api: ApiClient; node: NodeSpec }): void {
  const { world, api, node } = options;
  const ensure = (pod: StaticPod): void => {
    const owner = api.get('v1/Node', undefined, node.name);
    const there = api.get('v1/Pod', 'kube-system', `${pod.component}-${node.name}`);
    if (!owner || there) return;
    if (!accepted(() => api.create(mirrorPod(world, node, owner, pod)))) world.after(SYNC_MS, () => ensure(pod));
  };
  for (const pod of PODS) ensure(pod);
  api.watch('v1/Pod', (type, pod) => {
    if (type !== 'DELETED' || pod.metadata.namespace !== 'kube-system') return;
    const lost = PODS.find(({ component }) => pod.metadata.name === `${component}-${node.name}`);
    if (lost) world.after(SYNC_MS, () => ensure(lost));
  });
}
